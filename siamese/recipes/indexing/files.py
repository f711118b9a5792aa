"""The pictures that are indexed, and what each is known by again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from siamese.bundle.gallery_files import MOST_PICTURES
from siamese.data.folder import PictureFiles, labelled, pictures_below, readable

UNLABELLED = "unlabelled"


def find_files(folder: Path, out: Path) -> tuple[PictureFiles, list[str]]:
    """The pictures of a folder, labelled by its sub-folders; by none of them if there are no sub-folders with pictures.

    Args:
        folder: to look through.
        out: where the result is written. What lies there is no picture of the folder, wherever it is.

    Returns:
        the pictures, and the names of those that lie beside the sub-folders and so have no label.

    Raises:
        ValueError: there is no such folder, or no picture in it, or more than a gallery holds.
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
    if len(files) > MOST_PICTURES:
        raise ValueError(
            f"{str(folder)!r} holds {len(files)} pictures; a gallery holds at most {MOST_PICTURES}. Index a part of it."
        )
    return files, [readable(path.name) for path in loose]


def marks_of(files: PictureFiles, numbers: Iterable[int]) -> np.ndarray:
    """What some of the pictures are known by again: (n,) uint64 digests of path within the folder, size and time of last change.

    Eight bytes each, since there may be millions: that two of ten million are alike has a probability of 0.000003. A file that is
    gone has the mark 0; that it cannot be read is told where it is read.
    """
    return np.fromiter((_mark(files, number) for number in numbers), np.uint64)


def _mark(files: PictureFiles, number: int) -> int:
    try:
        found = files.paths[number].stat()
    except FileNotFoundError:
        return 0
    told = json.dumps([files.name_of(number), found.st_size, found.st_mtime_ns])
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=8).digest(), "little")
