"""UCI pendigits: digits as the trajectories of a pen.

Alpaydin and Alimoglu (1998) recorded 44 people writing digits on a tablet. The original, unnormalised recordings are
in UNIPEN format: https://archive.ics.uci.edu/dataset/81 (CC BY 4.0), files `pendigits-orig.tra` (7,494 digits by 30
people, in mixed order) and `pendigits-orig.tes` (by 14 others). `synthetic.pen` draws them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import numpy as np

from siamese.data.location import find_data_dir

TABLET = 500  # side of the box that people wrote into, in tablet units


@dataclass(frozen=True)
class Recording:
    """One digit as a pen recorded it.

    Attributes:
        label: the digit, 0 to 9.
        writer: number of the person who drew it; 0 if unknown.
        strokes: (points, 2) arrays of x and y in tablet units, from pen down to pen up; y grows downwards.
    """

    label: int
    writer: int
    strokes: tuple[np.ndarray, ...]


def load_pendigits(data_dir: str | os.PathLike | None = None) -> list[Recording]:
    """The recordings of `data_dir/pendigits/pendigits-orig.tra`, in the file's order.

    Args:
        data_dir: the folder that holds `pendigits`; None for `$SIAMESE_DATA`, or `./data`.

    Raises:
        ValueError: the file is not there, or is no UNIPEN file.
    """
    path = find_data_dir(data_dir) / "pendigits" / "pendigits-orig.tra"
    if not path.is_file():
        raise ValueError(f"No pen strokes in {str(path)!r}. They are at https://archive.ics.uci.edu/dataset/81.")
    recordings = parse_unipen(path.read_text(encoding="latin-1"))
    if not recordings:
        raise ValueError(f"{str(path)!r} holds no digits in UNIPEN format.")
    return recordings


def parse_unipen(text: str) -> list[Recording]:
    """Read UNIPEN: `.SEGMENT DIGIT ... "label"`, then points between `.PEN_DOWN` and `.PEN_UP`.

    Args:
        text: of a UNIPEN file. Segments without a label or without a stroke are skipped.

    Raises:
        ValueError: what stands between `.PEN_DOWN` and `.PEN_UP` is not pairs of numbers.
    """
    recordings = []
    for segment in re.split(r"^\.SEGMENT\s+DIGIT", text, flags=re.MULTILINE)[1:]:
        label = re.search(r'"(\d)"', segment)
        comment = re.search(r"^\.COMMENT\s+\d+\s+(\d+)", segment, re.MULTILINE)  # digit, writer, sample
        strokes = []
        for stroke in re.findall(r"^\.PEN_DOWN(.*?)^\.PEN_UP", segment, flags=re.MULTILINE | re.DOTALL):
            points = np.array(stroke.split(), dtype=np.float32).reshape(-1, 2)
            if len(points):
                strokes.append(points * (1, -1) + (0, TABLET))
        if label and strokes:
            recordings.append(Recording(int(label[1]), int(comment[1]) if comment else 0, tuple(strokes)))
    return recordings


def split_by_writer(recordings: list[Recording]) -> tuple[list[Recording], list[Recording]]:
    """(to fit, held out): all that every sixth writer drew is held out."""
    held = set(sorted({recording.writer for recording in recordings})[5::6])
    return (
        [recording for recording in recordings if recording.writer not in held],
        [recording for recording in recordings if recording.writer in held],
    )


def split_writers_in_half(recordings: list[Recording]) -> tuple[list[Recording], list[Recording]]:
    """Two halves of the writers, the first the smaller where their number is odd."""
    writers = sorted({recording.writer for recording in recordings})
    first = set(writers[: len(writers) // 2])
    return (
        [recording for recording in recordings if recording.writer in first],
        [recording for recording in recordings if recording.writer not in first],
    )
