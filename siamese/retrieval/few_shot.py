"""Name a symbol from a few examples of each candidate: no training, one look is enough.

Each candidate is as near as its nearest example. The calibration turns that distance into how much more
often pairs of one symbol lie so near than pairs of two (a likelihood ratio); with equal beliefs
beforehand in each candidate and in "none of these", Bayes' rule gives the probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese.retrieval.calibration import Calibration


@dataclass(frozen=True)
class Recognition:
    """What a query is taken for.

    Attributes:
        probabilities: of each label, in the order in which the labels first came; with `none` they add up to 1.
        none: the probability that it is none of them.
        label: the most probable one, or None where "none of these" is more probable than each.
        support: index of the example that decided it: the nearest one of the most probable label.
        distance: to that example.
    """

    probabilities: dict[str, float]
    none: float
    label: str | None
    support: int
    distance: float


def recognise(support: np.ndarray, labels: Sequence[str], query: np.ndarray, calibration: Calibration) -> Recognition:
    """Compare a query with labelled examples.

    Args:
        support: (N, dim) embeddings of the examples, rows of length 1.
        labels: N names; examples of one symbol share theirs.
        query: (dim,) embedding.
        calibration: of pairs of symbols such as these.

    Raises:
        ValueError: there is no example, or not one label for each.
    """
    if not len(support) or len(support) != len(labels):
        raise ValueError(
            f"Recognition takes one label for each example, got {len(support)} examples, {len(labels)} labels."
        )
    distances = np.linalg.norm(support - query, axis=1)
    nearest: dict[str, int] = {}
    for index, label in enumerate(labels):
        if label not in nearest or distances[index] < distances[nearest[label]]:
            nearest[label] = index
    chance = calibration.probability(distances[list(nearest.values())])
    ratio = chance / np.maximum(1 - chance, 1e-9)
    total = ratio.sum() + 1.0
    probabilities = {label: float(r / total) for label, r in zip(nearest, ratio, strict=True)}
    best = min(nearest, key=lambda label: distances[nearest[label]])
    none = float(1.0 / total)
    decided = nearest[best]
    return Recognition(
        probabilities, none, best if probabilities[best] >= none else None, decided, float(distances[decided])
    )
