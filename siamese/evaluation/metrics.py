"""Everything that is measured, from embeddings and labels.

`1 = same`, `0 = different`; distances are Euclidean between unit vectors, in [0, 2]. Verification is
exact over all pairs: distances fall into `BINS` narrow bins, so that 50 million pairs need no memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

BINS = 20_000  # over [0, 2]: rates are exact to a distance of 0.0001


def nearest(queries: Tensor, gallery: Tensor, k: int, exclude_self: bool = False) -> tuple[Tensor, Tensor]:
    """The k nearest rows of the gallery for each query, by cosine, which orders unit vectors as distance does.

    Returns:
        (similarities, indices), both (Q, k), nearest first. With `exclude_self`, query i is gallery row i
        and is left out.
    """
    k = min(k, len(gallery) - int(exclude_self))
    found = []
    for start in range(0, len(queries), 500):
        similarity = queries[start : start + 500] @ gallery.T
        if exclude_self:
            rows = torch.arange(len(similarity))
            similarity[rows, rows + start] = -2
        found.append(similarity.topk(k, dim=1))
    return torch.cat([f.values for f in found]), torch.cat([f.indices for f in found])


def agreement(embeddings: Tensor, labels: Tensor, k: int = 10) -> Tensor:
    """How many of its k nearest others have the label of each picture: (N,) from 0 to k."""
    _, indices = nearest(embeddings, embeddings, k, exclude_self=True)
    return (labels[indices] == labels[:, None]).sum(1)


def vote(labels: Tensor) -> Tensor:
    """The most frequent label of each row (Q, k); of several, the one that stands nearest."""
    counts = (labels[:, :, None] == labels[:, None, :]).sum(2)
    return labels.gather(1, counts.argmax(1, keepdim=True)).squeeze(1)


def knn_accuracy(fit: Tensor, fit_labels: Tensor, queries: Tensor, labels: Tensor, k: int = 5) -> float:
    """Share of queries whose k nearest fitted embeddings vote for their label."""
    _, indices = nearest(queries, fit, k)
    return float((vote(fit_labels[indices]) == labels).float().mean())


def retrieval(embeddings: Tensor, labels: Tensor, ks: tuple[int, ...] = (1, 5)) -> dict[str, float]:
    """Recall@k, and MAP@R (Musgrave, Belongie and Lim, 2020), each picture a query to all the others.

    Recall@k: a picture of the same class is among the k nearest. MAP@R: precision at each rank that holds
    a hit, summed over the first R ranks and divided by R, with R the number of others of the class.
    """
    counts = torch.bincount(labels)
    deepest = int(counts.max()) - 1
    _, indices = nearest(embeddings, embeddings, max(deepest, *ks), exclude_self=True)
    hits = labels[indices] == labels[:, None]
    result = {f"recall@{k}": float(hits[:, :k].any(1).float().mean()) for k in ks}
    relevant = (counts[labels] - 1)[:, None]
    ranks = torch.arange(1, hits.shape[1] + 1)
    counted = hits & (ranks <= relevant)
    precision = counted.cumsum(1) / ranks
    average = (precision * counted).sum(1) / relevant.squeeze(1).clamp(min=1)
    result["map@r"] = float(average[relevant.squeeze(1) > 0].mean())
    return result


@dataclass(frozen=True)
class PairDistances:
    """How often each distance occurs among the same and among the different pairs.

    Attributes:
        same, different: (BINS,) int64 counts; bin b holds distances from 2 b / BINS to 2 (b + 1) / BINS.
    """

    same: np.ndarray
    different: np.ndarray

    @property
    def edges(self) -> np.ndarray:
        """(BINS + 1,) distances between the bins."""
        return np.linspace(0, 2, BINS + 1)

    @property
    def centres(self) -> np.ndarray:
        return (self.edges[:-1] + self.edges[1:]) / 2

    def __add__(self, other: PairDistances) -> PairDistances:
        return PairDistances(self.same + other.same, self.different + other.different)

    def rates(self) -> tuple[np.ndarray, np.ndarray]:
        """(true accept, false accept) at each of the edges: the share of pairs at or below that distance."""
        same = np.concatenate([[0], np.cumsum(self.same)]) / max(self.same.sum(), 1)
        different = np.concatenate([[0], np.cumsum(self.different)]) / max(self.different.sum(), 1)
        return same, different


def pair_distances(embeddings: Tensor, labels: Tensor) -> PairDistances:
    """Distances of all N (N - 1) / 2 pairs."""
    same, different = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
    for start in range(0, len(labels), 1000):
        rows = embeddings[start : start + 1000]
        distance = (2 - 2 * rows @ embeddings[start:].T).clamp(min=0).sqrt()
        bins = (distance * (BINS / 2)).long().clamp(max=BINS - 1)
        later = torch.arange(len(rows))[:, None] < torch.arange(bins.shape[1])[None]
        alike = labels[start : start + 1000, None] == labels[None, start:]
        same += torch.bincount(bins[later & alike], minlength=BINS).numpy()
        different += torch.bincount(bins[later & ~alike], minlength=BINS).numpy()
    return PairDistances(same, different)


def roc_auc(pairs: PairDistances) -> float:
    """Chance that a same pair is nearer than a different one; a tie counts a half."""
    accept, false = pairs.rates()
    return float(np.trapezoid(accept, false))


def equal_error_rate(pairs: PairDistances) -> tuple[float, float]:
    """(rate, distance) where false accepts and false rejects are equally frequent."""
    accept, false = pairs.rates()
    gap = false - (1 - accept)
    after = int(np.argmax(gap >= 0))
    if after == 0:
        return float(false[0]), 0.0
    share = -gap[after - 1] / (gap[after] - gap[after - 1])
    rate = false[after - 1] + share * (false[after] - false[after - 1])
    return float(rate), float((after - 1 + share) * 2 / BINS)


def true_accept_rate(pairs: PairDistances, false_accept_rate: float) -> float:
    """Share of same pairs accepted at the largest distance with at most this false accept rate."""
    accept, false = pairs.rates()
    return float(accept[np.flatnonzero(false <= false_accept_rate)[-1]])


def balanced_accuracy(pairs: PairDistances, threshold: float) -> float:
    """Accuracy of `distance <= threshold`, same and different pairs weighing alike."""
    accept, false = pairs.rates()
    at = round(threshold * BINS / 2)
    return float((accept[at] + 1 - false[at]) / 2)


def calibration_curve(pairs: PairDistances, probability: np.ndarray, bins: int = 15) -> list[dict[str, float]]:
    """What was said and what was so, where same and different pairs weigh 50 to 50.

    Args:
        probability: (BINS,) P(same) at each bin's centre.

    Returns:
        for each occupied bin of probability {weight, said, so}; weights add up to 1.
    """
    same = pairs.same / max(pairs.same.sum(), 1) / 2
    different = pairs.different / max(pairs.different.sum(), 1) / 2
    where = np.minimum((probability * bins).astype(int), bins - 1)
    curve = []
    for b in range(bins):
        inside = where == b
        weight = float((same[inside] + different[inside]).sum())
        if weight > 0:
            said = float(((same + different)[inside] * probability[inside]).sum() / weight)
            curve.append({"weight": weight, "said": said, "so": float(same[inside].sum() / weight)})
    return curve


def calibration_error(pairs: PairDistances, probability: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error (Naeini, Cooper and Hauskrecht, 2015) over balanced pairs."""
    return sum(b["weight"] * abs(b["said"] - b["so"]) for b in calibration_curve(pairs, probability, bins))
