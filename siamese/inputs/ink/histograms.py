"""Histograms of 256 levels, and what is read from them."""

from __future__ import annotations

import numpy as np
from PIL import Image

LEVELS = np.arange(256) / 255


def histogram(values: np.ndarray) -> np.ndarray:
    """(256,) counts of bytes, or of values in [0, 1]. Pillow counts bytes twice as fast as NumPy."""
    levels = values if values.dtype == np.uint8 else (values * 255 + 0.5).astype(np.uint8)
    return np.array(Image.fromarray(np.ascontiguousarray(levels)).histogram())


def mode(counts: np.ndarray) -> int:
    """The most frequent level, from a histogram smoothed over 5 levels."""
    return int(np.convolve(counts, np.ones(5), mode="same").argmax())


def otsu(counts: np.ndarray) -> float:
    """The threshold in [0, 1] that minimises the variance within the two classes it separates (Otsu, 1979)."""
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * LEVELS)
    # A threshold with all values on one side separates nothing: its variance between the classes is 0.
    mean_below, mean_above = sums / np.maximum(below, 1), (sums[-1] - sums) / np.maximum(above, 1)
    return (int((below * above * (mean_below - mean_above) ** 2).argmax()) + 0.5) / 255


def quantile(values: np.ndarray, share: float) -> float:
    """`np.quantile` of a one-dimensional float32 array, up to rounding, in a fifth of the time."""
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    low, high = np.partition(values, (below, above))[[below, above]]
    return float(np.float32(low + (high - low) * (place - below)))
