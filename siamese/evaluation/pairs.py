"""Verification on a list of pairs: the protocol of LFW, of signatures with forgeries, of anyone's own.

A list is a CSV table with the columns first, second and same, and perhaps fold. Distances are counted exactly, one by one.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamese.bundle.metrics import Metric, metric
from siamese.evaluation.leaks import pair_leaks, warnings
from siamese.evaluation.scores import verification
from siamese.retrieval.calibration import Calibration
from siamese.retrieval.distances import BINS, PairDistances, bins_of

FALSE_ACCEPT_RATES = (1e-2, 1e-3)
YES, NO = {"1", "1.0", "true", "t", "yes", "y", "same"}, {"0", "0.0", "false", "f", "no", "n", "different"}
LEAST_PAIRS = 10  # of each kind: among fewer a statistic separates them by chance


@dataclass(frozen=True)
class PairList:
    """Pairs of pictures.

    Attributes:
        paths: of the different pictures.
        first: (P,) int64, indices into `paths`.
        second: likewise.
        same: (P,) bool.
        folds: (P,) names of the folds for cross-validation; empty where there are none.
    """

    paths: tuple[Path, ...]
    first: np.ndarray
    second: np.ndarray
    same: np.ndarray
    folds: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.same)

    def without(self, paths: set[int]) -> PairList:
        """The pairs that show none of some pictures. `paths` stay as they are.

        Raises:
            ValueError: no pair of one kind is left.
        """
        keep = ~(np.isin(self.first, list(paths)) | np.isin(self.second, list(paths)))
        folds = tuple(fold for fold, kept in zip(self.folds, keep, strict=True) if kept) if self.folds else ()
        left = PairList(self.paths, self.first[keep], self.second[keep], self.same[keep], folds)
        _check_kinds(left.same)
        return left


def read_pairs(table: Path) -> PairList:
    """Read a list of pairs.

    Args:
        table: a CSV file with a header; `same` is 1 or 0, true or false, yes or no. Paths are relative to its folder.

    Raises:
        ValueError: it cannot be read, lacks a column or pairs of one kind, or a value makes no sense; with its line.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            names = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
            rows = [(reader.line_num, row) for row in reader if any(_cell(row, name) for name in names.values())]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{str(table)!r} cannot be read as a CSV table: {error}") from error
    missing = [name for name in ("first", "second", "same") if name not in names]
    if missing:
        raise ValueError(f"{str(table)!r} has no column {missing[0]!r}; it takes the columns first, second, same.")
    numbers: dict[Path, int] = {}
    first, second, same, folds = list[int](), list[int](), list[bool](), list[str]()
    for line, row in rows:
        for column, indices in (("first", first), ("second", second)):
            name = _cell(row, names[column])
            if not name:
                raise ValueError(f"{str(table)!r}, line {line}: {column} is empty.")
            indices.append(numbers.setdefault(table.parent / name, len(numbers)))
        word = _cell(row, names["same"]).lower()
        if word not in YES | NO:
            raise ValueError(f"{str(table)!r}, line {line}: same is {word!r}; write 1 for the same, 0 for different.")
        same.append(word in YES)
        if "fold" in names:
            if not (fold := _cell(row, names["fold"])):
                raise ValueError(f"{str(table)!r}, line {line}: fold is empty.")
            folds.append(fold)
    pairs = PairList(
        tuple(numbers), np.array(first, np.int64), np.array(second, np.int64), np.array(same, bool), tuple(folds)
    )
    _check_kinds(pairs.same)
    return pairs


def _cell(row: dict[str, str | None], name: str) -> str:
    """A cell's text; "" where the row ends before it."""
    return (row[name] or "").strip()


def _check_kinds(same: np.ndarray) -> None:
    if same.all() or not same.any():
        kind = "different" if same.any() else "same"
        raise ValueError(f"There are no {kind} pairs: a measurement takes pairs of both kinds.")


def measure(distances: np.ndarray, pairs: PairList, calibration: Calibration | None = None) -> tuple[Metric, ...]:
    """Every figure of a list of pairs.

    Args:
        distances: (P,) of each pair, in [0, 2].
        pairs: with which of them are the same.
        calibration: whose threshold and probabilities are judged; None for a baseline.
    """
    found = [*verification(counted_pairs(distances, pairs.same), FALSE_ACCEPT_RATES, calibration)]
    if len(set(pairs.folds)) > 1:
        accuracy, error = cross_validated_accuracy(distances, pairs.same, pairs.folds)
        found.append(metric("cross-validated accuracy", accuracy, error=error))
    return tuple(found)


def counted_pairs(distances: np.ndarray, same: np.ndarray) -> PairDistances:
    """(P,) distances and whether each is of a same pair, as counts."""
    bins = bins_of(distances)
    return PairDistances(np.bincount(bins[same], minlength=BINS), np.bincount(bins[~same], minlength=BINS))


def cross_validated_accuracy(distances: np.ndarray, same: np.ndarray, folds: Sequence[str]) -> tuple[float, float]:
    """Accuracy by the threshold that is best on the other folds (Huang et al., 2007): mean and standard error over folds."""
    names = np.array(folds, dtype=object)
    accuracies = []
    for name in sorted(set(folds)):
        inside = names == name
        threshold = best_threshold(distances[~inside], same[~inside])
        accuracies.append(float(((distances[inside] <= threshold) == same[inside]).mean()))
    return float(np.mean(accuracies)), float(np.std(accuracies, ddof=1) / len(accuracies) ** 0.5)


def best_threshold(distances: np.ndarray, same: np.ndarray) -> float:
    """The distance up to which calling pairs the same is right most often."""
    order = np.argsort(distances, kind="stable")
    ordered, right = distances[order], np.cumsum(np.where(same[order], 1, -1))
    # Equal distances are accepted together: only the last of them is a threshold.
    last = np.flatnonzero(np.append(np.diff(ordered) > 0, True))
    best = last[right[last].argmax()]
    return float(ordered[best]) if right[best] > 0 else -1.0


def leak_warnings(pairs: PairList, statistics: np.ndarray) -> list[str]:
    """What a single statistic of the files tells of the pairs: a sentence each; of few pairs none.

    Args:
        pairs: of these files.
        statistics: (paths, 6), `leaks.file_statistics` of each.
    """
    if min(pairs.same.sum(), (~pairs.same).sum()) < LEAST_PAIRS:
        return []
    return warnings(pair_leaks(statistics[pairs.first], statistics[pairs.second], pairs.same))
