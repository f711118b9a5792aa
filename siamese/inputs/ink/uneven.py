"""Uneven grounds, as in photographs: the ground is estimated everywhere, whether the ink is darker or lighter than it.

A median over a window much wider than any stroke leaves no ink of either sign, and keeps the edges of shadows in place.
It tells which sign and which colour show ink. With that ink filled in, a narrower median follows the ground closely. Near
an edge of light the ground is an interval, from the darkest to the lightest in a small neighbourhood: a pixel between
is ground, so that the edge, blurred as it is, is no stroke.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage

from siamese.inputs.decode import reduced

SIDE = 200  # pixels; photographs are reduced to at most this side
COARSE, WIDE = 24, 13  # side at which the ground is first estimated, and the median's window, in pixels of it
FINE, NARROW = 48, 7  # the same once the ink is filled in
FLOOR = 0.04  # of the full range, added to all values: in the dark, ratios are noise
BIAS = 1.5  # ink is taken to be darker than its ground unless lighter ink has this many times the evidence
PLAIN = 1.25  # and that it shows in the luminance unless a colour has this many times the evidence
COLOUR = 20  # levels between a channel and the luminance, beyond what is so of most pixels
CLEAR = 5  # standard deviations of the grain, above which a deviation is evidence
INK = 0.3  # of the strongest ink, above which a pixel is filled in


def ink_on_uneven_ground(pixels: np.ndarray) -> tuple[np.ndarray, float]:
    """How far each pixel of a photograph is from its ground, on the side on which its ink is.

    Args:
        pixels: (H, W) or (H, W, 3) uint8.

    Returns:
        darkness: (h, w) float32, 0 or more, as a logarithm of the ratio to the ground; at most `SIDE` pixels a side.
        noise: the standard deviation of the grain, in the same unit.
    """
    channels = _channels(np.asarray(reduced(Image.fromarray(pixels), SIDE)))
    best, evidence = (channels[0], 1, np.zeros((2, 2), bool)), 0.0
    for index, channel in enumerate(channels):
        levels = _levels(channel[::2, ::2])
        ground, noise = _ground(channel[::2, ::2], COARSE, WIDE), _noise(levels)
        for sign in (1, -1):
            deviation = _beyond(levels, ground, sign)
            clear = np.maximum(deviation - CLEAR * noise, 0)
            shown = float(np.square(clear).sum()) * (BIAS if sign > 0 else 1) * (1 if index else PLAIN)
            if shown > evidence:
                best, evidence = (channel, sign, clear > INK * np.quantile(clear[clear > 0], 0.9)), shown
    channel, sign, ink = best
    smooth = ndimage.gaussian_filter(channel.astype(np.float32), max(channel.shape) / 250)
    levels = _levels(smooth)
    return _beyond(levels, _ground(_filled(channel, ink), FINE, NARROW), sign), _noise(levels)


def _channels(pixels: np.ndarray) -> list[np.ndarray]:
    """The luminance, and the three colours where something has another hue than most: paper may be tinted as a whole."""
    if pixels.ndim == 2:
        return [pixels]
    luminance = np.asarray(Image.fromarray(pixels).convert("L"))
    hue = pixels[::4, ::4].astype(np.int16) - luminance[::4, ::4, None]
    apart = np.abs(hue - np.median(hue, axis=(0, 1)).astype(np.int16)).max(axis=2)
    coloured = np.count_nonzero(apart > COLOUR) > 0.01 * apart.size
    return [luminance, *(pixels[..., channel] for channel in range(3))] if coloured else [luminance]


def _levels(values: np.ndarray) -> np.ndarray:
    return np.log(values.astype(np.float32) / 255 + FLOOR)


def _beyond(levels: np.ndarray, ground: tuple[np.ndarray, np.ndarray], sign: int) -> np.ndarray:
    """How much darker than its ground each pixel is, or how much lighter if the sign is negative: (H, W) float32."""
    low, high = ground
    return np.maximum(low - levels if sign > 0 else levels - high, 0)


def _filled(gray: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """The picture with its ink, a mask of half the size, and the soft edge of it replaced by the nearest ground."""
    mask = ndimage.binary_dilation(ink, np.ones((3, 3)), 2).repeat(2, axis=0).repeat(2, axis=1)
    mask = mask[: gray.shape[0], : gray.shape[1]]
    if mask.all() or not mask.any():
        return gray
    rows, columns = ndimage.distance_transform_edt(mask, return_distances=False, return_indices=True)
    return gray[rows, columns]


def _ground(gray: np.ndarray, side: int, window: int) -> tuple[np.ndarray, np.ndarray]:
    """The darkest and the lightest that the ground may be at each pixel, as levels: two (H, W) float32."""
    picture = Image.fromarray(np.ascontiguousarray(gray))
    scale = min(1.0, side / max(picture.size))
    size = max(3, round(picture.width * scale)), max(3, round(picture.height * scale))
    coarse = np.asarray(picture.resize(size, Image.Resampling.BOX), np.float32)
    margin = min(window // 2, min(size) - 1)
    # Continued beyond the rim as it is before it, so that a gradient goes on.
    framed = np.pad(coarse, margin, mode="reflect", reflect_type="odd").clip(0, 255).round().astype(np.uint8)
    median = Image.fromarray(framed).filter(ImageFilter.MedianFilter(2 * margin + 1))
    ground = _levels(np.asarray(median)[margin:-margin, margin:-margin])
    low, high = (
        np.asarray(Image.fromarray(edge(ground, 3, mode="nearest")).resize(picture.size, Image.Resampling.BILINEAR))
        for edge in (ndimage.minimum_filter, ndimage.maximum_filter)
    )
    return low, high


def _noise(levels: np.ndarray) -> float:
    """Standard deviation of the grain: most pixels differ from one that is three rows or columns away by it alone."""
    down, across = np.abs(levels[3:] - levels[:-3]), np.abs(levels[:, 3:] - levels[:, :-3])
    return 1.4826 / 2**0.5 * float(min(np.median(down), np.median(across)))
