"""Leaks: what a file or a single statistic of a picture tells, so that a network need not look at what it shows.

In one famous set of signatures the paper's grey alone tells forged from genuine. A figure measured on such pairs says
little of what was learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from siamese.inputs.decode import FORMATS, decode

STATISTICS = ("mean grey", "median grey", "width", "height", "file size", "file type")
MOST_AUC = 0.9  # beyond it a statistic separates same from different pairs well enough to be told of
SAMPLE = 1000  # pictures, or pairs of each kind


def file_statistics(path: Path) -> np.ndarray:
    """(6,) the `STATISTICS` of a picture file; the file type as a number.

    Raises:
        ValueError: it cannot be read as a picture.
    """
    pixels = decode(path)
    with Image.open(path, formats=FORMATS) as image:
        width, height, kind = image.width, image.height, FORMATS.index(image.format) if image.format in FORMATS else -1
    return np.array([pixels.mean(), np.median(pixels), width, height, path.stat().st_size, kind], np.float64)


def pair_leaks(first: np.ndarray, second: np.ndarray, same: np.ndarray) -> dict[str, float]:
    """How well the difference of each statistic tells same pairs from different ones.

    Args:
        first: (P, 6) statistics of the first picture of each pair.
        second: of the second, likewise.
        same: (P,) bool.

    Returns:
        the area under the ROC curve of each of `STATISTICS`: 0.5 says nothing, 1 all; of those above `MOST_AUC`.
    """
    differences = np.abs(first - second)
    found = {}
    for name, column in zip(STATISTICS, differences.T, strict=True):
        auc = _auc(column[same], column[~same])
        if auc > MOST_AUC:
            found[name] = auc
    return found


def class_leaks(paths: Sequence[Path], labels: np.ndarray, seed: int = 0) -> dict[str, float]:
    """`pair_leaks` of all pairs among some labelled files; of more than `SAMPLE` a random part."""
    rows, chosen = [], []
    for index in np.random.default_rng(seed).permutation(len(paths))[:SAMPLE]:
        try:
            rows.append(file_statistics(paths[index]))
        except (ValueError, OSError):  # it is gone since it was read, which shall not cost a whole run its figures
            continue
        chosen.append(index)
    i, j = np.triu_indices(len(chosen), 1)
    same = labels[chosen][i] == labels[chosen][j]
    if same.all() or not same.any():
        return {}
    table = np.stack(rows)
    return pair_leaks(table[i], table[j], same)


def warnings(leaks: dict[str, float]) -> list[str]:
    """A sentence for each statistic that separates."""
    return [
        f"Leak: the {name} alone tells same pairs from different ones (AUC {auc:.2f}), so these figures may flatter."
        for name, auc in leaks.items()
    ]


def _auc(same: np.ndarray, different: np.ndarray) -> float:
    """The probability that a same pair differs less than a different one, a tie counting a half."""
    if not len(same) or not len(different):
        return 0.5
    ordered = np.sort(different)
    above = len(ordered) - np.searchsorted(ordered, same, "right")
    ties = np.searchsorted(ordered, same, "right") - np.searchsorted(ordered, same, "left")
    return float((above + ties / 2).mean() / len(ordered))
