"""What a matcher finds: a picture that was read, its neighbours, how two compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Comparison:
    """How two pictures compare.

    Attributes:
        distance: Euclidean, between unit vectors, in [0, 2].
        probability: that both show the same symbol, where same and different are equally likely beforehand.
        same: whether the distance is at most the threshold, which is where the probability is one half.
        note: empty, or which picture looks like nothing in the gallery: the probability then says little.
    """

    distance: float
    probability: float
    same: bool
    note: str = ""


@dataclass(frozen=True)
class Neighbour:
    """A picture of the gallery, seen from a query."""

    index: int
    label: int
    distance: float
    probability: float


@dataclass(frozen=True)
class Symbol:
    """A picture that a matcher has read, so that nothing about it need be found out twice.

    Attributes:
        ink: (28, 28) uint8.
        embedding: (dim,) of length 1; None if it is only to be recognised.
        near: its nearest of that matcher's gallery, if they were looked up.
    """

    ink: np.ndarray
    embedding: np.ndarray | None = None
    near: tuple[Neighbour, ...] = ()


def vote(neighbours: Sequence[Neighbour]) -> int:
    """The most frequent label among neighbours; of several, the one that stands nearest."""
    labels = [neighbour.label for neighbour in neighbours]
    return max(labels, key=lambda label: (labels.count(label), -labels.index(label)))
