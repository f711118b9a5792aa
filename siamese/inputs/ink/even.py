"""Even grounds, as on a canvas, a screenshot or a scan: whatever differs from the one colour of the ground is ink.

The ink may be of any colour, darker than the ground, lighter, or both. In a picture without such a ground, two values
are left to choose from, and `ink_is_light` weighs how each of them lies in the picture.
"""

from __future__ import annotations

import numpy as np

from siamese.inputs.ink.histograms import histogram, mode, otsu
from siamese.inputs.ink.masks import coarsened, rim, widest

NEAR = 3  # levels of 256 within which a pixel has the ground's colour
SHARE, RIM_SHARE = 0.6, 0.5  # of the pixels, and of those on the picture's rim, that an even ground takes at least
SAMPLED_SIDE = 128  # pixels; of a larger picture every other row and column is looked at


def even_ground(pixels: np.ndarray) -> np.ndarray | None:
    """The colour of a picture's ground, if it has one that takes most of it and most of its rim.

    Args:
        pixels: (H, W) or (H, W, 3) uint8.

    Returns:
        (1,) or (3,) int16; None where there is no such colour.
    """
    seen = sampled(pixels)
    channels = [seen] if seen.ndim == 2 else [seen[..., channel] for channel in range(3)]
    ground = [mode(histogram(channel)) for channel in channels]
    near = np.ones(seen.shape[:2], bool)
    for channel, level in zip(channels, ground, strict=True):
        near &= (channel >= max(level - NEAR, 0)) & (channel <= min(level + NEAR, 255))
    even = _share(near) > SHARE and _share(rim(near)) > RIM_SHARE
    return np.array(ground, np.int16) if even else None


def deviation(pixels: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """How far each pixel is from the ground's colour, in the channel in which it is farthest: (H, W) uint8."""
    channels = [pixels] if pixels.ndim == 2 else [pixels[..., channel] for channel in range(3)]
    apart = None
    for channel, level in zip(channels, ground.astype(np.uint8), strict=True):
        each = np.maximum(channel, level) - np.minimum(channel, level)
        apart = each if apart is None else np.maximum(apart, each)
    assert apart is not None, "a picture has a channel"
    return apart


def sampled(pixels: np.ndarray) -> np.ndarray:
    """Every other row and column of a large picture."""
    return np.ascontiguousarray(pixels[::2, ::2]) if min(pixels.shape[:2]) >= SAMPLED_SIDE else pixels


def has_two_values(counts: np.ndarray) -> bool:
    """Whether more than 70 % of the pixels have one of two values, ground and ink, as on a drawing canvas."""
    near = np.convolve(counts, np.ones(7), mode="same")  # within 3 levels of 256
    first = int(near.argmax())
    apart = np.abs(np.arange(256) - first) > 16
    return float(near[first] + (near * apart).max()) > 0.7 * int(counts.sum())


def ground_level(gray: np.ndarray, counts: np.ndarray, light: bool) -> float:
    """The value of a ground: the mode, if on the ground's side of mid-range; else that side's median."""
    frequent, middle = mode(counts) / 255, (float(gray.min()) + float(gray.max())) / 2
    if (frequent > middle) == light:
        return frequent
    return float(np.median(gray[gray > middle] if light else gray[gray <= middle]))


def ink_is_light(gray: np.ndarray, counts: np.ndarray) -> bool:
    """Whether the light pixels are the ink, in a picture of two values.

    This is a vote of four cues, because a tightly cropped digit can contradict any one of them. Ink covers less area
    than the ground. It covers little of the edge of the picture, and few of its corners. And it consists of strokes,
    so that the largest disc that fits into the ink is smaller than the largest that fits into the ground.
    """
    light = gray > otsu(counts)
    corners = light[[0, 0, -1, -1], [0, -1, 0, -1]]
    coarse = coarsened(light)
    votes = 2.0 * (_share(light) - 0.5) + (_share(rim(light)) - 0.5) + 0.5 * (_share(corners) - 0.5)
    # Measuring discs is slow, so it is skipped if they cannot change the result.
    if votes > 2.0 * _widest_at_most(~coarse):
        return False
    if votes < -2.0 * _widest_at_most(coarse):
        return True
    return bool(votes + 2.0 * (widest(coarse) - widest(~coarse)) < 0)


def _widest_at_most(mask: np.ndarray) -> float:
    """An upper bound of `widest` from the area: at least a quarter of the disc is inside the picture."""
    radius = 2 * np.sqrt(np.count_nonzero(mask) / np.pi) + 2
    return float(radius) / max(mask.shape) if radius < min(mask.shape) else np.inf


def _share(mask: np.ndarray) -> float:
    return np.count_nonzero(mask) / mask.size
