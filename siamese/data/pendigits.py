"""UCI pendigits: digits recorded as pen trajectories.

Alpaydin and Alimoglu (1998) recorded 44 people writing digits on a tablet. The original, unnormalised recordings are
in UNIPEN format at https://archive.ics.uci.edu/dataset/81 (CC BY 4.0): `pendigits-orig.tra` has 7,494 digits by 30
people, in mixed order, and `pendigits-orig.tes` the digits of the 14 others. `synthetic.pen` renders them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import numpy as np

from siamese.data.location import find_data_dir

TABLET = 500  # side of the square that people wrote in, in tablet units


@dataclass(frozen=True)
class Recording:
    """One digit as a pen trajectory.

    Attributes:
        label: the digit, 0 to 9.
        writer: the number of the person who wrote it; 0 if unknown.
        strokes: (points, 2) arrays of x and y in tablet units, from pen down to pen up; y grows downwards.
    """

    label: int
    writer: int
    strokes: tuple[np.ndarray, ...]


def load_pendigits(data_dir: str | os.PathLike | None = None) -> list[Recording]:
    """The recordings of `pendigits/pendigits-orig.tra` in the data folder, in the order of the file.

    Args:
        data_dir: the folder that contains `pendigits`; None for `$SIAMESE_DATA`, or `./data`.

    Raises:
        ValueError: the file is missing, or has no digits in UNIPEN format.
    """
    path = find_data_dir(data_dir) / "pendigits" / "pendigits-orig.tra"
    if not path.is_file():
        raise ValueError(f"No pen strokes in {str(path)!r}. They are at https://archive.ics.uci.edu/dataset/81.")
    recordings = parse_unipen(path.read_text(encoding="latin-1"))
    if not recordings:
        raise ValueError(f"{str(path)!r} holds no digits in UNIPEN format.")
    return recordings


def parse_unipen(text: str) -> list[Recording]:
    """Parse UNIPEN: `.SEGMENT DIGIT ... "label"`, then one stroke between each `.PEN_DOWN` and `.PEN_UP`.

    Args:
        text: the content of a UNIPEN file. Segments without a label or without a stroke are skipped.

    Raises:
        ValueError: a stroke is not pairs of numbers; its segment is named.
    """
    recordings = []
    for number, segment in enumerate(re.split(r"^\.SEGMENT\s+DIGIT", text, flags=re.MULTILINE)[1:], start=1):
        label = re.search(r'"(\d)"', segment)
        comment = re.search(r"^\.COMMENT\s+\d+\s+(\d+)", segment, re.MULTILINE)  # digit, writer, sample
        strokes = []
        for stroke in re.findall(r"^\.PEN_DOWN(.*?)^\.PEN_UP", segment, flags=re.MULTILINE | re.DOTALL):
            try:
                points = np.array(stroke.split(), dtype=np.float32).reshape(-1, 2)
            except ValueError as error:
                raise ValueError(
                    f"A stroke of segment {number} is not pairs of numbers: {stroke.strip()[:40]!r}."
                ) from error
            if len(points):
                strokes.append(points * (1, -1) + (0, TABLET))
        if label and strokes:
            recordings.append(Recording(int(label[1]), int(comment[1]) if comment else 0, tuple(strokes)))
    return recordings


def split_by_writer(recordings: list[Recording]) -> tuple[list[Recording], list[Recording]]:
    """Hold out all recordings of every sixth writer, so that no writer is in both parts.

    Args:
        recordings: of any number of writers.

    Returns:
        the recordings to fit, and those held out, each in their original order.
    """
    held = set(sorted({recording.writer for recording in recordings})[5::6])
    return (
        [recording for recording in recordings if recording.writer not in held],
        [recording for recording in recordings if recording.writer in held],
    )


def split_writers_in_half(recordings: list[Recording]) -> tuple[list[Recording], list[Recording]]:
    """Split recordings in two, with half of the writers in each part.

    Args:
        recordings: of any number of writers. If it is odd, the first part has one writer fewer.

    Returns:
        the recordings of the writers with lower numbers, and those of the others, each in their original order.
    """
    writers = sorted({recording.writer for recording in recordings})
    first = set(writers[: len(writers) // 2])
    return (
        [recording for recording in recordings if recording.writer in first],
        [recording for recording in recordings if recording.writer not in first],
    )
