"""Few-shot classification: name a symbol from one or a few examples of each candidate, without training.

The calibration turns the distance to an example into a likelihood ratio: how much more often two pictures of one symbol
lie at that distance than pictures of two symbols. The ratio of a candidate is the mean of those of its examples, as in
kernel density estimation (Parzen, 1962). So a candidate with many examples, one of which is near by chance, gains
nothing by their number, and one that is written in two ways is known by either. With equal prior probabilities for each
candidate and for "none of these", Bayes' rule gives the posterior probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese.retrieval.calibration import Calibration


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


def recognise(support: np.ndarray, labels: Sequence[str], query: np.ndarray, calibration: Calibration) -> Recognition:
    """Classify a query by labelled examples.

    Args:
        support: (N, dim) embeddings of the examples, rows of length 1.
        labels: N names; examples of one symbol have the same.
        query: (dim,) embedding of length 1.
        calibration: fitted to pairs of unseen symbols.

    Raises:
        ValueError: there is no example, or not one label for each.
    """
    if not len(support) or len(support) != len(labels):
        raise ValueError(
            f"Recognition takes one label for each example, got {len(support)} examples, {len(labels)} labels."
        )
    distances = np.linalg.norm(support - query, axis=1)
    same = calibration.probability(distances)
    ratios = same / np.maximum(1 - same, 1e-9)
    members: dict[str, list[int]] = {}
    for index, label in enumerate(labels):
        members.setdefault(label, []).append(index)
    candidates = {label: float(ratios[examples].mean()) for label, examples in members.items()}
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
