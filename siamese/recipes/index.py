"""A folder of pictures as the gallery of a trained model: no training, only embedding. It goes on where it was stopped.

What memory holds beside a portion of the pictures is the list of their paths, and a few bytes of each. Under torchrun each
process embeds its share of them, on a GPU of its own where there are any.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from siamese.bundle import sprite, tiles
from siamese.bundle.card import INDEXED
from siamese.bundle.format import save
from siamese.config import to_json
from siamese.data.folder import PictureFiles, readable
from siamese.inputs.preparing import to_batch
from siamese.matcher import Matcher
from siamese.models.inference import embed
from siamese.models.processes import is_main, local_rank, rank, world_size
from siamese.recipes.indexing.files import find_files, marks_of
from siamese.recipes.indexing.joining import joined, rows_of
from siamese.recipes.indexing.portions import read_portions
from siamese.recipes.indexing.share import Share, appending, read_share
from siamese.retrieval import gallery as galleries
from siamese.retrieval.index_building import INSTALL, can_build

WORK = "index.partial"  # in the folder of the result, until it is whole
FAILED = "failed.jsonl"
BEFORE = " With the gallery that it had before, it was said of the model: "


def index(
    matcher: Matcher,
    folder: Path,
    out: Path,
    command: str,
    device: str = "cpu",
    wait: Callable[[], None] = lambda: None,
) -> tuple[int, list[tuple[str, str]]]:
    """Write a bundle with the model of a matcher and the pictures of a folder.

    Args:
        matcher: the trained model.
        folder: of the pictures.
        out: folder of the bundle. What is done is kept there while the work goes on.
        command: that makes the same bundle again.
        device: that embeds: cpu, cuda or mps.
        wait: for the other processes, as `indexing.together` gives it.

    Returns:
        how many pictures the gallery has, and the name of each that was left out, with the reason. A process that is not
        the main one has embedded its share, and knows neither.

    Raises:
        ValueError: there is nothing to index, or faiss is missing where an index will be needed.
    """
    files, loose = find_files(folder, out)
    if len(files) > galleries.EXACT_UP_TO and not can_build():
        raise ValueError(
            f"{len(files)} pictures are searched by an index, which faiss builds. Install it: {INSTALL}. Then start again."
        )
    work, encoded = out / WORK, len(files) > sprite.MOST
    model = hashlib.sha256((matcher.folder / "model.safetensors").read_bytes()).hexdigest()
    form = {
        "model": model,
        "input": to_json(matcher.input),
        "network": to_json(matcher.net.config),
        "views": to_json(matcher.inference.views),
        "dim": matcher.net.config.embedding_dim,
        "encoded": encoded,
    }
    if is_main():
        for left in out.glob(".unfinished-*"):  # of a run that was killed as it wrote its result
            shutil.rmtree(left)
        wait()  # as the others do before they begin: what is wrong by now is said once
    _embed_share(matcher, files, work, form, device)
    wait()
    if not is_main():
        return 0, []

    marks = marks_of(files, range(len(files)))
    shares = _shares(work, form)
    rows = rows_of(marks, shares)
    kept = np.flatnonzero(rows >= 0).tolist()
    failed = [(name, "It lies beside the folders of the classes, so that it has no label.") for name in loose]
    failed += _failures(files, np.flatnonzero(rows < 0).tolist(), work)
    if not kept:
        shutil.rmtree(work)
        name, why = failed[-1]
        raise ValueError(f"None of the {len(files)} pictures of {str(folder)!r} can be read, such as {name}: {why}")
    files = files.only(kept)
    labels = np.array(files.labels, np.int64)
    gallery = joined(shares, rows[kept], labels, matcher.input, encoded, work, _told)
    _write(matcher, files, gallery, out, command)
    del gallery, shares  # which read from the files there: Windows removes none that is in use
    shutil.rmtree(work)
    return len(kept), failed


def _told(step: str) -> None:
    print(step, "...", flush=True)


def _embed_share(matcher: Matcher, files: PictureFiles, work: Path, form: dict[str, Any], device: str) -> None:
    """Embed those of this process's pictures that no process has embedded yet; the others' runs may have had another number of them."""
    mine = np.arange(rank(), len(files), world_size())
    marks = marks_of(files, mine)
    done = _shares(work, form)
    waiting = np.flatnonzero(rows_of(marks, done) < 0)
    if device == "cuda" and world_size() > 1:
        device = f"cuda:{local_rank() % torch.cuda.device_count()}"
    net = matcher.net if device == "cpu" else deepcopy(matcher.net).to(device)
    store = partial(tiles.encode, input=matcher.input) if form["encoded"] else np.ndarray.tobytes
    portions = read_portions([files.paths[mine[number]] for number in waiting], matcher.input, store)
    own, at = work / share_name(rank()), 0
    with (
        appending(own, form) as append,
        (own / FAILED).open("w", encoding="utf-8") as failures,
        tqdm(
            total=len(mine),
            desc="Embedding",
            unit=" pictures",
            initial=len(mine) - len(waiting),
            mininterval=1,
            disable=not is_main(),
        ) as bar,
    ):
        for portion in portions:
            numbers = waiting[at : at + len(portion.read) + len(portion.failed)]
            if portion.read:
                batch = to_batch(portion.pixels, matcher.input)
                rows = embed(net, batch, views=matcher.inference.views).numpy()
                append(marks[numbers[portion.read]], rows, portion.stored)
            for place, why in portion.failed.items():
                failures.write(json.dumps([files.name_of(mine[numbers[place]]), why]) + "\n")
            failures.flush()
            at += len(numbers)
            bar.update(len(numbers))


def share_name(number: int) -> str:
    """The folder of what a process has done."""
    return f"share-{number:03d}"


def _shares(work: Path, form: dict[str, Any]) -> list[Share]:
    """What all processes have done, those of an earlier run with another number of them too."""
    found = (read_share(path, form) for path in sorted(work.glob("share-*")))
    return [share for share in found if share]


def _failures(files: PictureFiles, missing: Sequence[int], work: Path) -> list[tuple[str, str]]:
    """The name of each picture that no share has, and why."""
    # Of this run's processes, each of which has tried again what it could not read before.
    paths = [work / share_name(number) / FAILED for number in range(world_size())]
    lines = [line for path in paths for line in path.read_text("utf-8").splitlines()]
    reasons = dict(json.loads(line) for line in lines)
    names = [files.name_of(number) for number in missing]
    return [(name, reasons.get(name, "It was changed while it was indexed.")) for name in names]


def _write(matcher: Matcher, files: PictureFiles, gallery: galleries.Gallery, out: Path, command: str) -> None:
    measurements = matcher.bundle.measurements
    before = measurements.provenance
    if before.startswith(INDEXED):  # an indexed gallery gives way to this one
        before = before.partition(BEFORE)[2]
    classes = f"{len(files.names)} classes" if len(files.names) > 1 else "one class"
    provenance = (
        f"{INDEXED} `{command}` from {len(files)} pictures of {classes} in "
        f"{readable(files.root.resolve().name)}; nothing was trained, and the figures are those of the model."
    )
    if gallery.index:
        searched = (
            f" Its index looks into {gallery.index.probes} of {len(gallery.index.centroids)} lists, and finds "
            f"{gallery.index.recall:.2%} of the 10 nearest that an exact search finds."
        )
        print(searched.strip())
        provenance += searched
    bundle = replace(
        matcher.bundle,
        gallery=gallery,
        labels=files.names,
        measurements=replace(measurements, provenance=provenance + (BEFORE + before if before else ""), layout="t-sne"),
    )
    save(bundle, out)
