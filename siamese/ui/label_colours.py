"""Which of the ten colours each label gets on the map."""

from __future__ import annotations

import numpy as np

from siamese.ui.theme import DIGITS


def colours_of(xy: np.ndarray, labels: np.ndarray, count: int) -> list[int]:
    """A colour's number for each label: its own for up to ten, else greedily, so that near labels differ.

    Each label in turn takes the colour whose nearest label, by the centroids on the map, lies farthest.

    Args:
        xy: (N, 2) places.
        labels: (N,) label of each.
        count: of labels.
    """
    if count <= len(DIGITS):
        return list(range(count))
    sizes = np.maximum(np.bincount(labels, minlength=count), 1)
    centres = np.stack([np.bincount(labels, xy[:, axis], count) / sizes for axis in (0, 1)], axis=1)
    chosen = np.full(count, -1)
    for label, centre in enumerate(centres):
        squared = ((centres[:label] - centre) ** 2).sum(axis=1)
        nearest = np.full(len(DIGITS), np.inf)
        np.minimum.at(nearest, chosen[:label], squared)
        chosen[label] = nearest.argmax()
    return chosen.tolist()
