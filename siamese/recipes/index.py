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

from siamese.bundle.files import write_whole
from siamese.bundle.format import save
from siamese.bundle.sprite import MOST, thumbnails
from siamese.data.folder import PictureFiles, find_pictures, pictures_below
from siamese.inputs.preparing import prepare
from siamese.matcher import Matcher
from siamese.retrieval.gallery import Gallery
from siamese.retrieval.projection import tsne

PORTION = 200  # pictures between two savings
PARTIAL = "index.safetensors"  # in the folder of the result, until it is whole
UNLABELLED = "unlabelled"


def find_files(folder: Path) -> PictureFiles:
    """The pictures of a folder, labelled by its sub-folders; by none of them if there are no sub-folders with pictures.

    Raises:
        ValueError: there is no such folder, or no picture in it, or more than a sheet of thumbnails holds.
    """
    if not folder.is_dir():
        raise ValueError(f"There is no folder {str(folder)!r}.")
    if any(path.is_dir() and pictures_below(path) for path in folder.iterdir() if not path.name.startswith(".")):
        files = find_pictures(folder)
    else:
        paths = pictures_below(folder)
        files = PictureFiles(folder, tuple(paths), (0,) * len(paths), (UNLABELLED,))
    if not files:
        raise ValueError(f"{str(folder)!r} holds no pictures.")
    if len(files) > MOST:
        raise ValueError(
            f"{str(folder)!r} holds {len(files)} pictures; a gallery holds at most {MOST}. Index a part of it."
        )
    return files


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
    files = find_files(folder)
    out.mkdir(parents=True, exist_ok=True)
    marks = [_mark(files, number) for number in range(len(files))]
    model = hashlib.sha256((matcher.folder / "model.safetensors").read_bytes()).hexdigest()
    done = _partial(out / PARTIAL, model)
    failed: list[tuple[str, str]] = []
    for start in tqdm(range(0, len(files), PORTION), "Embedding", mininterval=1):
        numbers = [n for n in range(start, min(start + PORTION, len(files))) if marks[n] not in done]
        prepared = {}
        for number in numbers:
            try:
                prepared[number] = prepare(files.paths[number], matcher.input)
            except ValueError as error:
                failed.append((files.name_of(number), str(error)))
        if not prepared:
            continue
        rows = matcher.embed(np.stack(list(prepared.values())))
        small = thumbnails(np.stack(list(prepared.values())), matcher.input)
        done |= {marks[n]: (row, picture) for n, row, picture in zip(prepared, rows, small, strict=True)}
        _keep(out / PARTIAL, done, model)
    kept = [number for number in range(len(files)) if marks[number] in done]
    if not kept:
        raise ValueError(f"None of the pictures of {str(folder)!r} can be read.")
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
    made = (
        f"The gallery was made by `{command}` from {len(files)} pictures of {len(files.names)} classes in "
        f"{files.root.resolve().name}; nothing was trained, and the figures are those of the model."
    )
    measurements = matcher.bundle.measurements
    provenance = " ".join(filter(None, (measurements.provenance, made)))
    save(
        replace(
            matcher.bundle,
            gallery=gallery,
            labels=files.names,
            measurements=replace(measurements, provenance=provenance),
        ),
        out,
    )


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
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is left from a stopped run and cannot be read: delete it to begin anew.") from error
