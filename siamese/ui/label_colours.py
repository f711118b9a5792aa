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
    chosen: list[int] = []
    nearest = np.full((len(DIGITS), count), np.inf)  # squared, from each label to the nearest that has a colour
    for label, centre in enumerate(centres):
        chosen.append(int(nearest[:, label].argmax()))
        taken = nearest[chosen[-1]]
        np.minimum(taken, ((centres - centre) ** 2).sum(axis=1), out=taken)
    return chosen
