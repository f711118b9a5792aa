"""Telling pairs of any gallery: the hardest that are right, and some that are wrong."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from siamese.matcher import Matcher
from siamese.retrieval.distances import distance_of

MOST = 1500  # pictures that pairs are looked for among, as the page is laid out
MOST_OF_LABEL = 1200  # pictures of a label that pairs are looked for among when they are asked for
# How far from the threshold an example should lie, so that it stays one when the pad sends it again.
MARGIN = 0.05
MISSED, FOOLED = 1.25, 0.7


@lru_cache(maxsize=4)
def telling_pairs(matcher: Matcher) -> dict[str, tuple[int, int]]:
    """The gallery indices of each example that this gallery has, by the words of its button."""
    gallery, threshold = matcher.gallery, matcher.threshold
    chosen = evenly(np.arange(len(gallery)), MOST)
    labels, embeddings = gallery.labels[chosen], gallery.rows(chosen)
    distances = distance_of(embeddings @ embeddings.T)
    first = np.triu(np.ones(distances.shape, bool), 1)  # each pair once, and none of a picture with itself
    same = (labels[:, None] == labels[None]) & first
    different = ~same & first
    close, far = distances < (1 - MARGIN) * threshold, distances > (1 + MARGIN) * threshold
    scores = {
        "Same, most unlike": (same & close, distances),
        "Different, most alike": (different & far, -distances),
        "Same, but missed": (same & far, -np.abs(distances - MISSED * threshold)),
        "Different, but fooled": (different & close, -np.abs(distances - FOOLED * threshold)),
    }
    pairs: dict[str, tuple[int, int]] = {}
    for name, (fits, score) in scores.items():
        if fits.any():
            a, b = np.unravel_index(np.where(fits, score, -np.inf).argmax(), fits.shape)
            pairs[name] = int(chosen[a]), int(chosen[b])
    return pairs


def pictures_of(matcher: Matcher, label: int) -> np.ndarray:
    """Ascending gallery indices of pictures of a label: all of them, or `MOST_OF_LABEL` of many."""
    return evenly(np.flatnonzero(matcher.gallery.labels == label), MOST_OF_LABEL)


def evenly(indices: np.ndarray, most: int) -> np.ndarray:
    """At most so many of (N,) indices, the first and the last among them, with equal gaps."""
    return indices[np.linspace(0, len(indices) - 1, min(len(indices), most)).astype(int)]
