"""A folder of pictures as the gallery of a trained model: no training, only embedding. It goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file
from tqdm import tqdm

from siamese.bundle.card import INDEXED
from siamese.bundle.files import write_whole
from siamese.bundle.format import save
from siamese.bundle.sprite import MOST, thumbnails
from siamese.data.folder import PictureFiles, labelled, pictures_below, readable
from siamese.data.reading import read_pictures
from siamese.inputs.preparing import to_pixels
from siamese.matcher import Matcher
from siamese.retrieval.gallery import Gallery
from siamese.retrieval.projection import tsne

PORTION = 200  # pictures that are read and embedded at a time
GROWTH = 0.1  # of the work that is kept, by which it grows before it is kept again: a long run is not spent on writing
PARTIAL = "index.safetensors"  # in the folder of the result, until it is whole
UNLABELLED = "unlabelled"
BEFORE = " With the gallery that it had before, it was said of the model: "


def find_files(folder: Path, out: Path) -> tuple[PictureFiles, list[str]]:
    """The pictures of a folder, labelled by its sub-folders; by none of them if there are no sub-folders with pictures.

    Args:
        folder: to look through.
        out: where the result is written. What lies there is no picture of the folder, wherever it is.

    Returns:
        the pictures, and the names of those that lie beside the sub-folders and so have no label.

    Raises:
        ValueError: there is no such folder, or no picture in it, or more than a sheet of thumbnails holds.
    """
    if not folder.is_dir():
        raise ValueError(f"There is no folder {str(folder)!r}.")
    if out.resolve() == folder.resolve():
        raise ValueError(f"{str(folder)!r} holds the pictures: write the result to another folder.")
    found = [path for path in pictures_below(folder) if not path.resolve().is_relative_to(out.resolve())]
    loose = [path for path in found if path.parent == folder]
    if len(loose) < len(found):
        files = labelled(folder, [path for path in found if path.parent != folder])
    else:
        files, loose = PictureFiles(folder, tuple(found), (0,) * len(found), (UNLABELLED,)), []
    if not files:
        raise ValueError(f"{str(folder)!r} holds no pictures.")
    if len(files) > MOST:
        raise ValueError(
            f"{str(folder)!r} holds {len(files)} pictures; a gallery holds at most {MOST}. Index a part of it."
        )
    return files, [readable(path.name) for path in loose]


def index(matcher: Matcher, folder: Path, out: Path, command: str) -> tuple[int, list[tuple[str, str]]]:
    """Write a bundle with the model of a matcher and the pictures of a folder.

    Args:
        matcher: the trained model.
        folder: of the pictures.
        out: folder of the bundle. Embeddings are kept there while the work goes on.
        command: that makes the same bundle again.

    Returns:
        how many pictures the gallery has, and the name of each that was left out, with the reason.

    Raises:
        ValueError: there is nothing to index.
    """
    files, loose = find_files(folder, out)
    marks = [_mark(files, number) for number in range(len(files))]
    model = hashlib.sha256((matcher.folder / "model.safetensors").read_bytes()).hexdigest()
    left = _partial(out / PARTIAL, model)
    done = {mark: left[mark] for mark in marks if mark in left}
    written = len(done)
    failed = [(name, "It lies beside the folders of the classes, so that it has no label.") for name in loose]
    try:
        with tqdm(total=len(files), desc="Embedding", unit=" pictures", initial=written, mininterval=1) as bar:
            waiting = [number for number, mark in enumerate(marks) if mark not in done]
            for start in range(0, len(waiting), PORTION):
                numbers = waiting[start : start + PORTION]
                reading = read_pictures([files.paths[number] for number in numbers], matcher.input)
                failed += [(files.name_of(numbers[place]), why) for place, why in reading.failed.items()]
                if reading.read:
                    pixels = to_pixels(reading.images, matcher.input)
                    rows = zip(matcher.embed(pixels), thumbnails(pixels, matcher.input), strict=True)
                    done |= zip((marks[numbers[place]] for place in reading.read), rows, strict=True)
                bar.update(len(numbers))
                if len(done) - written > GROWTH * written:
                    _keep(out / PARTIAL, done, model)
                    written = len(done)
    finally:
        if len(done) > written:
            _keep(out / PARTIAL, done, model)
    kept = [number for number in range(len(files)) if marks[number] in done]
    if not kept:
        name, why = failed[-1]
        raise ValueError(f"None of the {len(files)} pictures of {str(folder)!r} can be read, such as {name}: {why}")
    _write(matcher, files.only(kept), [done[marks[number]] for number in kept], out, command)
    (out / PARTIAL).unlink(missing_ok=True)
    return len(kept), failed


def _write(
    matcher: Matcher, files: PictureFiles, done: Sequence[tuple[np.ndarray, np.ndarray]], out: Path, command: str
) -> None:
    embeddings = np.stack([row for row, _ in done])
    gallery = Gallery(
        np.stack([picture for _, picture in done]), np.array(files.labels, np.int64), embeddings, tsne(embeddings)
    )
    measurements = matcher.bundle.measurements
    before = measurements.provenance
    if before.startswith(INDEXED):  # an indexed gallery gives way to this one
        before = before.partition(BEFORE)[2]
    classes = f"{len(files.names)} classes" if len(files.names) > 1 else "one class"
    provenance = (
        f"{INDEXED} `{command}` from {len(files)} pictures of {classes} in "
        f"{readable(files.root.resolve().name)}; nothing was trained, and the figures are those of the model."
        + (BEFORE + before if before else "")
    )
    bundle = replace(
        matcher.bundle,
        gallery=gallery,
        labels=files.names,
        measurements=replace(measurements, provenance=provenance),
    )
    save(bundle, out)


def _mark(files: PictureFiles, number: int) -> str:
    """What a picture is known by again: its path within the folder, size and time of its last change."""
    found = files.paths[number].stat()
    return json.dumps([files.name_of(number), found.st_size, found.st_mtime_ns])


def _keep(path: Path, done: dict[str, tuple[np.ndarray, np.ndarray]], model: str) -> None:
    arrays = {
        "embeddings": np.stack([row for row, _ in done.values()]),
        "pictures": np.stack([picture for _, picture in done.values()]),
    }
    write_whole(path, lambda temporary: save_file(arrays, temporary, {"marks": json.dumps(list(done)), "model": model}))


def _partial(path: Path, model: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What a stopped run left behind; nothing if it is of another model."""
    if not path.is_file():
        return {}
    try:
        with safe_open(path, "np") as file:
            written = file.metadata()
        if written["model"] != model:
            return {}
        arrays = load_file(path)
        rows = zip(arrays["embeddings"], arrays["pictures"], strict=True)
        return dict(zip(json.loads(written["marks"]), rows, strict=True))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is left from a stopped run and cannot be read: delete it to begin anew.") from error
