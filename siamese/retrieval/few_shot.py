"""Few-shot classification: name a symbol from one or a few examples of each candidate, without training.

The calibration turns the distance to an example into a likelihood ratio: how much more often two pictures of one symbol
lie at that distance than pictures of two symbols. The ratio of a candidate is the power mean of those of its examples. It
lies between the arithmetic mean, a kernel density (Parzen, 1962), by which one example that is near by chance makes up for
many that are far, and the geometric mean, by which a candidate that is written in two ways is not known by either. With
equal prior probabilities for each candidate and for "none of these", Bayes' rule gives the posterior probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese.retrieval.calibration import Calibration
from siamese.retrieval.distortion import distortions, gradients

POWER = 0.5  # of that mean; 1 is the arithmetic one, 0 the geometric one. Chosen by the log loss of symbols held out.


@dataclass(frozen=True)
class Recognition:
    """How a query is classified.

    Attributes:
        probabilities: of each label, in the order of their first examples; together with `none` they add up to 1.
        none: the probability that the query shows none of the candidates.
        label: the most probable one, or None where "none of these" is more probable than each.
        support: index of the nearest example of the most probable label.
        distance: to that example, in [0, 2].
    """

    probabilities: dict[str, float]
    none: float
    label: str | None
    support: int
    distance: float


def squared_distances(
    queries: np.ndarray,
    support: np.ndarray,
    query_pixels: np.ndarray,
    support_pixels: np.ndarray,
    distortion: float,
) -> np.ndarray:
    """By the embeddings and, as a second opinion that tells look-alikes apart, by the image distortion model.

    Args:
        queries: (Q, dim) embeddings, rows of length 1.
        support: (S, dim) likewise.
        query_pixels: (Q, H, W) uint8 the pictures that they are of.
        support_pixels: (S, H, W) uint8 likewise.
        distortion: weight of the image distortion model, which is for ink; 0 for none.

    Returns:
        (Q, S) squared distances; 0 for a picture and itself, within rounding.
    """
    squared = 2 - 2 * queries @ support.T
    if not distortion:
        return squared
    fields = gradients(support_pixels)
    return squared + distortion * np.stack([distortions(field[None], fields) for field in gradients(query_pixels)])


def recognise(distances: np.ndarray, labels: Sequence[str], calibration: Calibration) -> Recognition:
    """Classify a query by labelled examples.

    Args:
        distances: (N,) of the query to each example, in [0, 2].
        labels: N names; examples of one symbol have the same.
        calibration: fitted to pairs of unseen symbols, by the same distance.

    Raises:
        ValueError: there is no example, or not one label for each.
    """
    if not len(distances) or len(distances) != len(labels):
        raise ValueError(
            f"Recognition takes one label for each example, got {len(distances)} examples, {len(labels)} labels."
        )
    same = calibration.probability(distances)
    roots = (same / np.maximum(1 - same, 1e-9)) ** POWER
    members: dict[str, list[int]] = {}
    for index, label in enumerate(labels):
        members.setdefault(label, []).append(index)
    candidates = {label: float(roots[examples].mean() ** (1 / POWER)) for label, examples in members.items()}
    nearest = {label: examples[int(distances[examples].argmin())] for label, examples in members.items()}
    total = sum(candidates.values()) + 1.0
    # Where the calibration does not tell two candidates apart, the distance does.
    best = max(candidates, key=lambda label: (candidates[label], -distances[nearest[label]]))
    return Recognition(
        {label: ratio / total for label, ratio in candidates.items()},
        1.0 / total,
        best if candidates[best] >= 1.0 else None,
        nearest[best],
        float(distances[nearest[best]]),
    )
