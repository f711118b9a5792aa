"""Pixels -> darkness: tells ink from ground, and how far each pixel differs from the ground.

"Ground" is the background: paper, board or canvas.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from siamese.inputs.errors import BlankImageError
from siamese.inputs.ink.blocks import without_blocks
from siamese.inputs.ink.even import (
    SAMPLED_SIDE,
    deviation,
    even_ground,
    ground_level,
    has_two_values,
    ink_is_light,
    sampled,
)
from siamese.inputs.ink.histograms import histogram, otsu, quantile
from siamese.inputs.ink.levelling import has_pale_ink, levelled
from siamese.inputs.ink.masks import coarsened, widest
from siamese.inputs.ink.uneven import ink_on_uneven_ground
from siamese.inputs.ranges import MIN_CONTRAST

PHOTO_LEAST = 64  # pixels a side; smaller pictures are scans of a symbol, not photographs
SHADE = 0.1  # of the ink's darkness, above which a shadow would show
WIDEST_INK = 0.17  # of the longer side: radius of the largest disc that a stroke holds; a wider one is a shadow


def find_ink(pixels: np.ndarray) -> tuple[np.ndarray, bool]:
    """Separate ink from ground.

    Args:
        pixels: (H, W) or (H, W, 3) uint8.

    Returns:
        darkness: (H', W') float32 in [0, 1], 0 for ground and about 1 for ink. Same size as the input, except that a
            photograph is reduced, and a picture enlarged in blocks is brought back to one pixel a block.
        photographed: whether the ground is uneven, so that stains and ruled lines have to be expected.

    Raises:
        BlankImageError: nothing stands out from the ground.
    """
    pixels = without_blocks(_gray_if_grey(pixels))
    ground = even_ground(pixels)
    if ground is not None:
        apart = deviation(pixels, ground)
        if _is_strokes(apart > MIN_CONTRAST * 255):
            return _on_even_ground(apart), False
    gray = most_contrast(sampled(pixels))
    if np.ptp(gray) < MIN_CONTRAST * 255:
        raise BlankImageError
    scan = min(pixels.shape[:2]) < PHOTO_LEAST
    if scan or has_two_values(histogram(gray)):
        darkness, apart = _of_two_values(most_contrast(pixels).astype(np.float32) / 255)
        if scan or _is_strokes(apart > SHADE):
            return darkness, False
    darkness, noise = ink_on_uneven_ground(pixels)
    strength = _strength(darkness, darkness / max(float(darkness.max()), 1e-6))
    if strength < MIN_CONTRAST or strength < 6 * noise:
        raise BlankImageError
    return np.minimum(darkness / np.float32(strength), 1), True


def _on_even_ground(apart: np.ndarray) -> np.ndarray:
    seen = sampled(apart)
    if min(apart.shape) >= SAMPLED_SIDE and int(seen.max()) <= 0.8 * int(apart.max()):
        seen = apart  # a very thin line would be missed
    inside = seen[seen > otsu(histogram(seen)) * 255]
    strength = quantile(inside.astype(np.float32), 0.8) if inside.size else 0.0
    least = MIN_CONTRAST * 255
    if strength < least:
        raise BlankImageError
    if has_pale_ink(apart, strength, least):
        return levelled(apart, strength, least)
    return np.minimum(apart / np.float32(strength), 1)


def _is_strokes(mask: np.ndarray) -> bool:
    """Whether a mask holds no large disc, as a shadow does. A mask that is small enough holds none."""
    if min(mask.shape) < PHOTO_LEAST or np.count_nonzero(mask) < 3 * (WIDEST_INK * min(mask.shape)) ** 2:
        return True
    return widest(coarsened(mask)) < WIDEST_INK


def _of_two_values(gray: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Darkness on the ink's side of the ground, up to 1, and how far each pixel is from the ground on either side."""
    seen = sampled(gray)
    counts = histogram(seen)
    light = ink_is_light(seen, counts)
    ground = ground_level(seen, counts, light=not light)
    signed, seen = (values - ground if light else ground - values for values in (gray, seen))
    seen = np.maximum(seen, 0)
    strength = _strength(seen, seen)
    if strength < MIN_CONTRAST:
        raise BlankImageError
    signed = signed / np.float32(strength)
    return signed.clip(0, 1), np.abs(signed)


def _strength(darkness: np.ndarray, scaled: np.ndarray) -> float:
    """How dark the ink is: a high quantile of what is ink by Otsu's threshold of values scaled to [0, 1]."""
    inside = darkness[scaled > otsu(histogram(scaled))]
    return quantile(inside, 0.8) if inside.size else 0.0


def _gray_if_grey(pixels: np.ndarray) -> np.ndarray:
    """One channel of three that are the same."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = (pixels[..., channel] for channel in range(3))
    return np.ascontiguousarray(red) if np.array_equal(red, green) and np.array_equal(green, blue) else pixels


def most_contrast(pixels: np.ndarray) -> np.ndarray:
    """Grey of colours: the luminance, or the channel of most contrast if it has over twice as much.

    The latter is for yellow on white, red on green and the like, which hardly show in the luminance.

    Args:
        pixels: (H, W, 3) uint8, or (H, W), which is grey already.

    Returns:
        (H, W) uint8.
    """
    if pixels.ndim == 2:
        return pixels
    luminance = np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).convert("L"))
    spread, spreads = np.std(luminance), pixels[::2, ::2].std(axis=(0, 1), dtype=np.float32)
    best = int(spreads.argmax())
    return np.ascontiguousarray(pixels[..., best]) if spreads[best] > 2 * spread else luminance
