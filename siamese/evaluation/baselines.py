"""Baselines that were measured before: the same network on the same pictures comes out the same, so it is looked up.

They lie in the user's cache, `$XDG_CACHE_HOME/siamese/baselines` or `~/.cache/siamese/baselines`. Those of the presets on the whole
of MNIST come with the package, in `baselines.json`; `python benchmarks/baselines.py` measures them anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from siamese.bundle.files import write_text
from siamese.bundle.metrics import Metric
from siamese.config import from_json, to_json
from siamese.data.images import LabeledImages

VERSION = 1  # of how figures are computed; a change of a metric changes it
SHIPPED = Path(__file__).parent / "baselines.json"

Measured = tuple[Metric, ...]


def folder() -> Path:
    """Where they are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "siamese" / "baselines"


def key_of(pictures: Iterable[LabeledImages], what: str) -> str:
    """What a measurement is known by: all pictures and labels, and what was done with them."""
    digest = hashlib.sha256(f"{VERSION} {what}".encode())
    for part in pictures:
        digest.update(str(tuple(part.images[:0].shape)).encode())
        digest.update(part.images[:].numpy().tobytes())
        digest.update(part.labels.numpy().tobytes())
    return digest.hexdigest()[:32]


def measured_once(pictures: Iterable[LabeledImages], what: str, measure: Callable[[], Measured]) -> Measured:
    """The figures of a baseline, looked up where they are known, and else measured and kept.

    Args:
        pictures: sets that it is measured on.
        what: is measured, so that no two baselines share their figures.
        measure: measures it.
    """
    key = key_of(pictures, what)
    kept = folder() / f"{key}.json"
    known = shipped().get(key) or _read(kept)
    if known:
        return known
    found = measure()
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_text(kept, json.dumps([to_json(metric) for metric in found]))
    except OSError as error:  # such as a home that cannot be written: the next run measures again
        print(f"The baseline's figures cannot be kept in {kept.parent}: {error}")
    return found


@cache
def shipped() -> dict[str, Measured]:
    """What comes with the package, by key."""
    entries = json.loads(SHIPPED.read_text("utf-8"))
    return {entry["key"]: _metrics(entry["metrics"]) for entry in entries}


def _read(path: Path) -> Measured | None:
    try:
        return _metrics(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):  # there is none, or it is damaged: it is measured, and written anew
        return None


def _metrics(values: list[object]) -> Measured:
    return tuple(from_json(Metric, value) for value in values)
