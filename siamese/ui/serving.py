"""Serve bundles whatever the Hub does: those that are wanted, or else the one that ships with the code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeGuard

import numpy as np
from cachetools import LRUCache

from siamese import inputs
from siamese.bundle.format import Bundle, load
from siamese.bundle.hub_errors import first_line
from siamese.bundle.locating import PRETRAINED, SHIPPED, find_bundle, ships
from siamese.config import InputConfig
from siamese.inputs.decode import pixels_of
from siamese.matcher import Matcher, Picture, Query
from siamese.ui.decoding_gate import LIGHT, DecodingGate
from siamese.ui.worker_pool import WorkerPool

CACHED = 256  # drawings; a stroke changes one of those on the page, and the others need not be encoded again
LARGEST_CACHED = 50_000  # bytes of a drawing's file; one takes about 6,000, a photograph more


class ServedMatcher(Matcher):
    """A matcher for many visitors: it keeps the last drawings, encodes in worker processes when it is busy, and has a gate
    for large pictures.

    Args:
        bundle: as it was loaded.
        source: where it came from, as visitors are told.
        folder: that holds its files.
        beside: another one, whose worker processes and gate it shares.
    """

    def __init__(self, bundle: Bundle, source: str, folder: Path, beside: ServedMatcher | None = None) -> None:
        super().__init__(bundle, source, folder)
        self.pool: WorkerPool = beside.pool if beside else WorkerPool(folder, super().encode_all)
        self.gate: DecodingGate = beside.gate if beside else DecodingGate()
        self._cache: LRUCache[bytes, Query] = LRUCache(CACHED)
        self._lock = Lock()

    def encode_all(self, pictures: Sequence[Picture]) -> list[Query]:
        """Encode several pictures as `encode` does one; what is neither a query nor in the cache is encoded together.

        Raises:
            ValueError: one of them cannot be read, or is blank.
        """
        with self._lock:
            found = [self._cached(picture) for picture in pictures]
        missing = [picture for picture, query in zip(pictures, found, strict=True) if query is None]
        if not missing:
            return [query for query in found if query is not None]
        # Large pictures stay in this process, where all of them pass the same gate.
        if any(pixels_of(picture) > LIGHT for picture in missing if not isinstance(picture, Query)):
            encoded = super().encode_all(missing)
        else:
            encoded = self.pool.encode_all(missing, self.folder, super().encode_all)
        with self._lock:
            for picture, query in zip(missing, encoded, strict=True):
                if _is_cachable(picture):
                    self._cache[picture] = query
        rest = iter(encoded)
        return [query if query is not None else next(rest) for query in found]

    def prepare_for(self, forms: Sequence[InputConfig], picture: inputs.Picture) -> list[np.ndarray]:
        """As `Matcher.prepare_for` does it, a large picture at the gate.

        Raises:
            BusyError: too many large pictures wait already.
        """
        with self.gate.room(pixels_of(picture)):
            return super().prepare_for(forms, picture)

    def close(self) -> None:
        """End the worker processes."""
        self.pool.close()

    def _cached(self, picture: Picture) -> Query | None:
        if isinstance(picture, Query):
            return picture
        return self._cache.get(picture) if _is_cachable(picture) else None


def _is_cachable(picture: Picture) -> TypeGuard[bytes]:
    return isinstance(picture, bytes) and len(picture) <= LARGEST_CACHED


@dataclass(frozen=True)
class Served:
    """What answers, what was asked for, and why they differ, if they do.

    Attributes:
        matcher: what answers on the main page.
        wanted: what was asked for; empty for what ships with the code.
        problem: one line for visitors; empty if there is none.
        others: what answers on the further pages; all share the worker processes of `matcher`.
    """

    matcher: ServedMatcher
    wanted: str
    problem: str
    others: tuple[ServedMatcher, ...] = ()


def sources(wanted: str | None) -> list[str]:
    """The bundles that are asked for, as a list with commas; an existing folder of the whole name is one bundle."""
    wanted = (wanted or "").strip()
    if not wanted:
        return [name for name, folder in SHIPPED.items() if folder.is_dir()]
    if Path(wanted).expanduser().is_dir():
        return [wanted]
    return list(dict.fromkeys(filter(None, map(str.strip, wanted.split(","))))) or [PRETRAINED.name]


def serve(wanted: str | None, deadline: float = 10.0) -> Served:
    """Load what is wanted, or else the bundle that ships with the code. Call it again to try again.

    Args:
        wanted: "pretrained" for the bundle that ships, a folder, "user/repo" or "user/repo@revision" on the Hub, or
            several of these with commas between them; None for what ships.
        deadline: seconds that the Hub may take, for all of them together.

    Raises:
        ValueError: the bundle that ships is broken; whatever else fails is told in `problem`.
    """
    asked, wanted = sources(wanted), (wanted or "").strip()
    loaded: list[ServedMatcher] = []
    problems, failed = [], []
    for source in asked:
        try:
            # What ships is served by default whatever folder has its name.
            folder, name, problem = (
                find_bundle(source, deadline=deadline / len(asked)) if wanted else (SHIPPED[source], source, "")
            )
            loaded.append(_matcher(folder.absolute(), name, loaded[0] if loaded else None))
            problems.append(problem)
        except Exception as error:
            problems.append(first_line(error))
            failed.append(source)
    if failed and not loaded:
        problems.append(f"The model that ships with the app is served instead of {', '.join(failed)}.")
        loaded.append(_matcher(PRETRAINED, PRETRAINED.name))
    elif failed:
        problems.append(f"The other models are served without {', '.join(failed)}.")
    return Served(loaded[0], wanted, " ".join(filter(None, problems)), tuple(loaded[1:]))


def serve_instead(served: Served, error: Exception) -> Served:
    """What ships with the code, where the page of what was loaded cannot be laid out.

    Raises:
        Exception: `error`, where that is what was loaded.
    """
    if all(ships(matcher.folder) for matcher in (served.matcher, *served.others)):
        raise error
    served.matcher.close()
    problem = f"{served.matcher.source} cannot be shown: {first_line(error)} The model that ships with the app is served instead."
    return Served(_matcher(PRETRAINED, PRETRAINED.name), served.wanted, problem)


def _matcher(folder: Path, source: str, beside: ServedMatcher | None = None) -> ServedMatcher:
    """The bundle of a folder, which visitors are told of by the name of its source."""
    try:
        return ServedMatcher(load(folder, self_check=not ships(folder)), source, folder, beside)
    except ValueError as error:
        # The path of a cache tells nobody anything, least of all a visitor.
        raise ValueError(str(error).replace(str(folder), source)) from error
