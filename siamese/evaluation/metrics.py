"""Metrics of embeddings and labels: classification, retrieval, verification, calibration.

`1 = same`, `0 = different`; distances are Euclidean between unit vectors, in [0, 2]. Embeddings are (N, dim) unit vectors
and labels (N,) integers, NumPy arrays or torch tensors on the CPU. Verification is exact over all pairs, whose distances
`retrieval.distances.pair_distances` counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from siamese.bundle.curves import CalibrationPoint
from siamese.retrieval.distances import BINS, PairDistances
from siamese.retrieval.search import NOT_FINITE, nearest, vote

RANKED = 256  # queries at a time, whose inner products with all others are held at once


def knn_accuracy(fit: Any, fit_labels: Any, queries: Any, labels: Any, k: int = 5) -> float:
    """Share of queries whose k nearest fitted embeddings vote for their label.

    Args:
        fit: (N, dim) embeddings that vote.
        fit_labels: (N,) of these.
        queries: (Q, dim) embeddings that are scored, none of a fitted picture.
        labels: (Q,) of these.
        k: how many vote, typically 1 or 5; of labels as frequent, the nearest wins.
    """
    return knn_accuracies(fit, fit_labels, queries, labels, (k,))[k]


def knn_accuracies(fit: Any, fit_labels: Any, queries: Any, labels: Any, ks: tuple[int, ...]) -> dict[int, float]:
    """As `knn_accuracy`, for several k at once: the neighbours are looked up once."""
    _, indices = nearest(queries, fit, max(ks))
    voters, labels = np.asarray(fit_labels)[indices], np.asarray(labels)
    return {k: float((vote(voters[:, :k]) == labels).mean()) for k in ks}


def retrieval_scores(embeddings: Any, labels: Any, ks: tuple[int, ...] = (1, 5)) -> dict[str, float]:
    """Recall@k and MAP@R (Musgrave, Belongie and Lim, 2020), each picture a query to all the others.

    Recall@k: a picture of the same class is among the k nearest. MAP@R: precision at each rank that holds a picture of
    the same class, summed over the first R ranks and divided by R, with R the number of others of the class. Pictures
    that are alone in their class are left out of it.

    Returns:
        "recall@1" and so on for each of `ks`, and "map@r".

    Raises:
        ValueError: an embedding is not finite.
    """
    rows, labels = torch.as_tensor(embeddings), torch.as_tensor(labels)
    if not torch.isfinite(rows).all():
        raise ValueError(NOT_FINITE)
    relevant = torch.bincount(labels)[labels] - 1
    deepest = min(max(int(relevant.max()), *ks), len(labels) - 1)
    ranks = torch.arange(1, deepest + 1)
    recalled, averages = dict.fromkeys(ks, 0), []
    # By inner products alone: which of two that rounding swaps comes first is of no account among so many ranks.
    for start in range(0, len(rows), RANKED):
        similarity = rows[start : start + RANKED] @ rows.T
        similarity.diagonal(start).fill_(-torch.inf)
        hits = labels[similarity.topk(deepest).indices] == labels[start : start + RANKED, None]
        for k in ks:
            recalled[k] += int(hits[:, :k].any(dim=1).sum())
        own = relevant[start : start + RANKED]
        hits &= ranks <= own[:, None]
        precision = hits.cumsum(dim=1) / ranks * hits
        averages.append(precision.sum(dim=1)[own > 0] / own[own > 0])
    result = {f"recall@{k}": count / len(rows) for k, count in recalled.items()}
    return result | {"map@r": float(torch.cat(averages).mean())}


def roc_auc(pairs: PairDistances) -> float:
    """Area under the ROC curve: the probability that a same pair is nearer than a different one, a tie counting a half."""
    accept, false = pairs.rates()
    return float(np.trapezoid(accept, false))


def equal_error_rate(pairs: PairDistances) -> tuple[float, float]:
    """(rate, distance) at which false accepts and false rejects are equally frequent."""
    accept, false = pairs.rates()
    gap = false - (1 - accept)
    after = int(np.argmax(gap >= 0))
    if after == 0:
        return float(false[0]), 0.0
    fraction = -gap[after - 1] / (gap[after] - gap[after - 1])
    rate = false[after - 1] + fraction * (false[after] - false[after - 1])
    return float(rate), float((after - 1 + fraction) * 2 / BINS)


def true_accept_rate(pairs: PairDistances, false_accept_rate: float) -> float:
    """Share of same pairs accepted at the largest distance with at most this false accept rate."""
    accept, false = pairs.rates()
    return float(accept[np.flatnonzero(false <= false_accept_rate)[-1]])


def balanced_accuracy(pairs: PairDistances, threshold: float) -> float:
    """Accuracy of `distance <= threshold`, same and different pairs having equal weight."""
    accept, false = pairs.rates()
    at = round(threshold * BINS / 2)
    return float((accept[at] + 1 - false[at]) / 2)


def calibration_curve(pairs: PairDistances, probability: np.ndarray, bins: int = 15) -> tuple[CalibrationPoint, ...]:
    """The reliability diagram of predicted probabilities, same and different pairs having equal weight.

    Args:
        pairs: the distances that are judged.
        probability: (BINS,) predicted P(same) at each bin's centre.
        bins: equal steps of probability, typically 10 to 20.

    Returns:
        a point for each occupied step; their weights add up to 1.
    """
    same = pairs.same / max(pairs.same.sum(), 1) / 2
    different = pairs.different / max(pairs.different.sum(), 1) / 2
    steps = np.minimum((probability * bins).astype(int), bins - 1)
    curve = []
    for step in range(bins):
        inside = steps == step
        weight = float((same[inside] + different[inside]).sum())
        if weight > 0:
            confidence = float(((same + different)[inside] * probability[inside]).sum() / weight)
            accuracy = float(same[inside].sum() / weight)
            # Rounding may bring a share a little beyond 1.
            curve.append(CalibrationPoint(*(min(share, 1.0) for share in (weight, confidence, accuracy))))
    return tuple(curve)


def calibration_error(pairs: PairDistances, probability: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error (Naeini, Cooper and Hauskrecht, 2015): the mean gap of `calibration_curve`."""
    curve = calibration_curve(pairs, probability, bins)
    return sum(point.weight * abs(point.confidence - point.accuracy) for point in curve)
