"""What a process has done of an index, in files that grow: a run that was stopped goes on from them, killed or not.

A portion's marks are written last, so that what has a mark is whole; what a killed process left half-written behind that is
cut off.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from siamese.bundle.files import read_json, write_json

FORM, EMBEDDINGS, PICTURES, ENDS, MARKS = "form.json", "embeddings", "pictures", "ends", "marks"


@dataclass(frozen=True)
class Share:
    """The n pictures that a process has embedded.

    Attributes:
        marks: (n,) uint64, what they are known by.
        embeddings: (n, dim) float16, mapped.
        offsets: (n + 1,) int64, where in `pictures` each begins, and the end of the last.
        pictures: uint8, mapped: what is stored of each, one after the other.
    """

    marks: np.ndarray
    embeddings: np.ndarray
    offsets: np.ndarray
    pictures: np.ndarray

    def picture(self, row: int) -> bytes:
        """What is stored of a picture."""
        return self.pictures[self.offsets[row] : self.offsets[row + 1]].tobytes()


def read_share(folder: Path, form: dict[str, Any]) -> Share | None:
    """What lies in a share's folder; None if nothing does, or it is of another form.

    Args:
        folder: of the share.
        form: what the embeddings and pictures depend on, as JSON; "dim" is the number of dimensions.

    Raises:
        ValueError: it cannot be read.
    """
    if not (folder / FORM).is_file():
        return None
    try:
        if read_json(folder / FORM) != form:
            return None
        width = 2 * form["dim"]
        rows = min(_size(folder / MARKS) // 8, _size(folder / ENDS) // 8, _size(folder / EMBEDDINGS) // width)
        ends = np.fromfile(folder / ENDS, np.int64, rows) if rows else np.zeros(0, np.int64)
        # A machine that lost its power may have kept the marks, and not what was written before them.
        rows = int(np.searchsorted(ends, _size(folder / PICTURES), side="right"))
        if not rows:
            nothing = np.zeros((0, form["dim"]), np.float16)
            return Share(np.zeros(0, np.uint64), nothing, np.zeros(1, np.int64), np.zeros(0, np.uint8))
        return Share(
            np.fromfile(folder / MARKS, np.uint64, rows),
            np.memmap(folder / EMBEDDINGS, np.float16, "r", shape=(rows, form["dim"])),
            np.concatenate([[0], ends[:rows]]),
            np.memmap(folder / PICTURES, np.uint8, "r"),
        )
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{folder} is left from a stopped run and cannot be read: delete it to begin anew ({error})."
        ) from error


@contextmanager
def appending(
    folder: Path, form: dict[str, Any]
) -> Iterator[Callable[[np.ndarray, np.ndarray, Sequence[bytes]], None]]:
    """A function that appends pictures to a share: their marks, embeddings, and what is stored of each.

    Args:
        folder: of the share. One of another form gives way.
        form: as of `read_share`.

    Raises:
        ValueError: what lies there cannot be read.
        OSError: it cannot be written.
    """
    share = read_share(folder, form)
    if share is None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_json(folder / FORM, form)
    rows, end = (len(share.marks), int(share.offsets[-1])) if share else (0, 0)
    sizes = {EMBEDDINGS: rows * 2 * form["dim"], PICTURES: end, ENDS: 8 * rows, MARKS: 8 * rows}
    with ExitStack() as stack:
        files = {name: stack.enter_context((folder / name).open("ab")) for name in sizes}
        for name, size in sizes.items():
            files[name].truncate(size)

        def append(marks: np.ndarray, embeddings: np.ndarray, pictures: Sequence[bytes]) -> None:
            nonlocal end
            ends = end + np.cumsum([len(picture) for picture in pictures], dtype=np.int64)
            end = int(ends[-1])
            parts = embeddings.astype(np.float16).tobytes(), b"".join(pictures), ends.tobytes(), marks.tobytes()
            for name, part in zip(sizes, parts, strict=True):
                files[name].write(part)
                files[name].flush()

        yield append


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
