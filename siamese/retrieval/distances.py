"""Euclidean distances between unit vectors, and how often each occurs among the pairs of a set.

`1 = same`, `0 = different`; distances lie in [0, 2]. Distances are counted in `BINS` narrow bins, so that all 50 million
pairs of 10,000 pictures need no memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

BINS = 20_000  # over [0, 2]: rates are exact to a distance of 0.0001
BLOCK = 250  # rows whose distances are counted at a time

Array = TypeVar("Array", bound=Any)  # a NumPy array or a torch tensor


def distance_of(similarity: Array) -> Array:
    """sqrt(2 - 2 s): the distance between unit vectors whose inner product is s, for an array or a tensor."""
    squared: Any = 2 - 2 * similarity
    return squared.clip(0) ** 0.5


@dataclass(frozen=True)
class PairDistances:
    """How often each distance occurs among the same and among the different pairs.

    Attributes:
        same: (BINS,) int64 counts of pairs of one class; bin b holds distances from 2 b / BINS to 2 (b + 1) / BINS.
        different: likewise, of pairs of two classes.
    """

    same: np.ndarray
    different: np.ndarray

    @property
    def edges(self) -> np.ndarray:
        """(BINS + 1,) distances between the bins."""
        return np.linspace(0, 2, BINS + 1)

    @property
    def centres(self) -> np.ndarray:
        """(BINS,) the distance in the middle of each bin."""
        return (self.edges[:-1] + self.edges[1:]) / 2

    def __add__(self, other: PairDistances) -> PairDistances:
        return PairDistances(self.same + other.same, self.different + other.different)

    def rates(self) -> tuple[np.ndarray, np.ndarray]:
        """(true accept, false accept) at each of the edges: the share of pairs at or below that distance."""
        same = np.concatenate([[0], np.cumsum(self.same)]) / max(self.same.sum(), 1)
        different = np.concatenate([[0], np.cumsum(self.different)]) / max(self.different.sum(), 1)
        return same, different

    def histogram(self, bins: int) -> tuple[np.ndarray, np.ndarray]:
        """(same, different): the share of the pairs in each of `bins` equal steps from 0 to 2; no pairs give zeros.

        Args:
            bins: a divisor of `BINS`, typically 50 or 100.
        """
        same, different = (counts.reshape(bins, -1).sum(axis=1) for counts in (self.same, self.different))
        return same / max(same.sum(), 1), different / max(different.sum(), 1)


def bins_of(distances: np.ndarray) -> np.ndarray:
    """The bin of each distance, int32, of the shape of the distances."""
    return np.minimum((distances * np.float32(BINS / 2)).astype(np.int32), BINS - 1)


def pair_distances(embeddings: Any, labels: Any) -> PairDistances:
    """Count the distances of all N (N - 1) / 2 pairs.

    Args:
        embeddings: (N, dim) unit vectors, a NumPy array or a torch tensor on the CPU.
        labels: (N,) the class of each.
    """
    rows = np.asarray(embeddings, np.float32)
    return count_pairs(lambda block, others: distance_of(rows[block] @ rows[others].T), labels)


def count_pairs(between: Callable[[slice, slice], np.ndarray], labels: Any) -> PairDistances:
    """Count the distances of all N (N - 1) / 2 pairs, by any distance in [0, 2].

    Args:
        between: gives the distances of one slice of the pictures to another.
        labels: (N,) the class of each.
    """
    classes = np.asarray(labels)
    counts = np.zeros(2 * BINS, np.int64)
    for start in range(0, len(classes), BLOCK):
        block = slice(start, start + BLOCK)
        bins = bins_of(between(block, slice(start, None)))
        bins += BINS * (classes[block, None] != classes[None, start:])
        later = np.arange(bins.shape[1]) > np.arange(len(bins))[:, None]
        counts += np.bincount(bins[later], minlength=2 * BINS)
    return PairDistances(counts[:BINS], counts[BINS:])
