"""Ranges: arrays and pictures of any depth -> 8 bits, by the range that their values really have."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

MIN_CONTRAST = 0.07  # between ink and ground, as a share of the full range; a picture with less shows nothing
OUTLYING = 2e-4  # share of the pixels of a deep picture that may lie outside of its range, at either end
SAMPLED = 1_000_000  # values, of a larger picture, that tell its range
HARDLY = 0.5  # of its type's range; a deep picture that fills less of it is taken in its own


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Bring an array of numbers to 8 bits.

    The range is the type's: 0 to 1, -1 to 1 or 0 to 255 of floats, 0 to 255 or to 65535 of integers. An array that fills
    hardly any of it is in a range of its own, as scikit-learn's digits (0 to 16) or a sensor's 12 bits are; it is
    spread from its least to its greatest value.

    Args:
        values: (H, W) or (H, W, channels), of booleans, integers or floats.

    Returns:
        the same shape, uint8.

    Raises:
        ValueError: other types, values that are not finite, or out of every range.
    """
    if values.dtype == bool:
        return values.astype(np.uint8) * 255
    if not np.issubdtype(values.dtype, np.number) or np.iscomplexobj(values):
        raise ValueError(f"Expected an array of numbers, got {values.dtype}.")
    low, high = float(values.min()), float(values.max())
    if np.issubdtype(values.dtype, np.floating):
        if not (np.isfinite(low) and np.isfinite(high)) or low < -1 or high > (255 if low >= 0 else 1):
            raise ValueError(f"Expected finite values in [0, 1], [-1, 1] or [0, 255], got [{low:g}, {high:g}].")
        bottom, top = (-1.0, 1.0) if low < 0 else (0.0, 1.0 if high <= 1 else 255.0)
    else:
        if low < 0 or high > 65535:
            raise ValueError(f"Expected integers from 0 to 255 or to 65535, got {low:g} to {high:g}.")
        bottom, top = 0.0, 255.0 if high <= 255 else 65535.0
    return _scaled(values, *_range(_sample(values, values.size), low, high, bottom, top))


class Deep:
    """The range of a picture of 16 bits, 32 bits or floats, which is read in bands of rows, and brought to 8 bits by it.

    Args:
        bands: (rows, W) each, of integers or floats in any range.
        size: values of all bands together.

    Raises:
        ValueError: some are not finite.
    """

    def __init__(self, bands: Iterable[np.ndarray], size: int) -> None:
        low, high, whole, samples = np.inf, -np.inf, True, []
        for band in bands:
            least, greatest = float(band.min()), float(band.max())
            if not (np.isfinite(least) and np.isfinite(greatest)):
                raise ValueError("The picture has values that are not numbers.")
            low, high = min(low, least), max(high, greatest)
            whole = np.issubdtype(band.dtype, np.integer)
            samples.append(_sample(band, size))
        top = next((bound for bound in ((65535.0,) if whole else (1.0, 255.0, 65535.0)) if high <= bound), high)
        self.bottom, self.top = _range(np.concatenate(samples), low, high, min(low, 0.0), top)

    def to_bytes(self, values: np.ndarray) -> np.ndarray:
        """The values of some rows as uint8."""
        return _scaled(values, self.bottom, self.top)


def _sample(values: np.ndarray, size: int) -> np.ndarray:
    """Every so many of the values of a picture, or of a band of it, of `size` values in all."""
    return values.ravel()[:: 1 + size // SAMPLED]


def _range(sample: np.ndarray, low: float, high: float, bottom: float, top: float) -> tuple[float, float]:
    """What becomes 0 and 255.

    Args:
        sample: of the values.
        low: their least.
        high: their greatest.
        bottom: of their type's range.
        top: likewise.
    """
    deep = top > 255
    if deep and sample.size > 4 / OUTLYING:  # a sensor's hot or dead pixels tell nothing of its range
        inner = np.quantile(sample, (OUTLYING, 1 - OUTLYING))
        low, high = inner.tolist() if inner[0] < inner[1] else (low, high)
    if high > low and (high - low) < (HARDLY if deep else MIN_CONTRAST) * (top - bottom):
        return low, high
    return bottom, top


def _scaled(values: np.ndarray, bottom: float, top: float) -> np.ndarray:
    if (bottom, top) == (0.0, 255.0) and values.dtype == np.uint8:
        return values
    scaled = (values.astype(np.float32) - np.float32(bottom)) * np.float32(255 / (top - bottom))
    return np.rint(scaled.clip(0, 255)).astype(np.uint8)
