"""Inks of several strengths in one symbol: each pixel is measured by the ink nearest to it, not by the strongest.

Half a symbol in black and half in yellow is one symbol. A threshold between ground and black would drop the yellow half.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from siamese.inputs.ink.even import sampled
from siamese.inputs.ink.masks import parts_on_rim

FLAT = 0.95  # of the strongest next to it: a pixel of at least this is the middle of a stroke, not its soft edge
PALE = 0.6  # of the strong ink: below it, an ink is another, paler one
SOME = 0.06  # of all strokes: less pale ink than this is no part of a symbol
REACH = 13  # pixels; within this window, an ink paler than `FAINT` of the strongest is its halo
FAINT = 0.25


def has_pale_ink(deviation: np.ndarray, strength: float, least: float) -> bool:
    """Whether a part of the strokes is much paler than the rest.

    Args:
        deviation: (H, W) uint8, from the ground.
        strength: of the strong ink, in levels.
        least: levels, below which nothing is ink.
    """
    seen = sampled(deviation)
    middle = (seen > least) & (seen >= FLAT * _strongest_beside(seen))
    pale = middle & (seen < PALE * strength)
    return bool(np.count_nonzero(pale) > SOME * np.count_nonzero(middle))


def levelled(deviation: np.ndarray, strength: float, least: float) -> np.ndarray:
    """Darkness, with pale inks as dark as strong ones.

    Pale marks that reach the rim of the picture are ruled lines, or shades of the ground: they stay pale.

    Args:
        deviation: (H, W) uint8, from the ground.
        strength: of the strong ink, in levels.
        least: levels, below which nothing is ink.

    Returns:
        (H, W) float32 in [0, 1].
    """
    strongest = ndimage.maximum_filter(deviation, REACH)
    middle = (deviation > np.maximum(least, FAINT * strongest)) & (deviation >= FLAT * _strongest_beside(deviation))
    pale = middle & (deviation < PALE * strength)
    middle &= ~parts_on_rim(pale)
    if not middle.any():
        return np.minimum(deviation / np.float32(strength), 1)
    nearest = ndimage.distance_transform_edt(~middle, return_distances=False, return_indices=True)
    level = deviation[nearest[0], nearest[1]].astype(np.float32)
    return np.minimum(deviation / np.maximum(np.minimum(level, strength), 1), 1).astype(np.float32)


def _strongest_beside(values: np.ndarray) -> np.ndarray:
    """The maximum over each pixel and its eight neighbours."""
    tall = values.copy()
    np.maximum(tall[1:], values[:-1], out=tall[1:])
    np.maximum(tall[:-1], values[1:], out=tall[:-1])
    square = tall.copy()
    np.maximum(square[:, 1:], tall[:, :-1], out=square[:, 1:])
    np.maximum(square[:, :-1], tall[:, 1:], out=square[:, :-1])
    return square
