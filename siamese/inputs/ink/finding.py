"""Grey -> darkness: decides whether the ink is dark or light, and how far each pixel differs from the background.

"Ground" is the background: paper, board or canvas.
"""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage

from siamese.inputs.errors import BlankImageError

PHOTO_SIDE = 200  # pixels; photographs are reduced further, to at most this side
SAMPLED_SIDE = 128  # pixels; the values of a larger drawing are sampled from every other row and column
MIN_CONTRAST = 0.07  # between ink and ground, as a share of the full range; a picture with less is blank


def find_ink(gray: np.ndarray) -> tuple[np.ndarray, bool]:
    """Separate ink from ground.

    Args:
        gray: (H, W) float32 in [0, 1].

    Returns:
        darkness: (H', W') float32 in [0, 1], 0 for ground and about 1 for ink. Same size as the input, except that a
            photograph is reduced to at most `PHOTO_SIDE` pixels on a side.
        photographed: whether the ground is uneven, so that stains and ruled lines have to be expected.

    Raises:
        BlankImageError: nothing stands out from the ground.
    """
    low, high = float(gray.min()), float(gray.max())
    if high - low < MIN_CONTRAST:
        raise BlankImageError
    photographed = min(gray.shape) >= 64 and not _is_drawn(_histogram(gray))
    if photographed:
        if max(gray.shape) > PHOTO_SIDE:  # enough to recognise a symbol; averaging also reduces the grain
            gray = np.asarray(Image.fromarray(gray).reduce(-(-max(gray.shape) // PHOTO_SIDE)))
        sample = darkness = _flat_field(gray)
    else:
        sample = _sample(gray, high - low)
        counts = _histogram(sample)
        light = _ink_is_light(sample, counts)
        ground = _ground(sample, counts, light=not light)
        sample, darkness = (_beyond(values, ground, light) for values in (sample, gray))
    inside = sample[sample > _otsu(_histogram(sample))]
    strength = _quantile(inside, 0.8) if inside.size else 0.0
    if strength < MIN_CONTRAST or (photographed and strength < 6 * _noise(darkness)):
        raise BlankImageError
    return np.minimum(darkness / strength, 1.0), photographed


def _sample(gray: np.ndarray, contrast: float) -> np.ndarray:
    """Every other row and column of a large drawing, or all of it if a very thin line would be missed."""
    if min(gray.shape) < SAMPLED_SIDE:
        return gray
    sample = np.ascontiguousarray(gray[::2, ::2])
    return sample if float(np.ptp(sample)) > 0.8 * contrast else gray


def _beyond(gray: np.ndarray, ground: float, light: bool) -> np.ndarray:
    """How much lighter (or darker, for dark ink) than the ground each pixel is; never below 0."""
    return np.maximum(gray - ground if light else ground - gray, 0)


def _histogram(values: np.ndarray) -> np.ndarray:
    """(256,) counts of values in [0, 1]. Pillow counts bytes twice as fast as NumPy."""
    return np.array(Image.fromarray((values * 255 + 0.5).astype(np.uint8)).histogram())


def _quantile(values: np.ndarray, share: float) -> float:
    """`np.quantile` of a one-dimensional float32 array, up to rounding, in a fifth of the time."""
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    low, high = np.partition(values, (below, above))[[below, above]]
    return float(np.float32(low + (high - low) * (place - below)))


def _is_drawn(counts: np.ndarray) -> bool:
    """Whether more than 70 % of the pixels have one of two values, ground and ink, as on a drawing canvas."""
    near = np.convolve(counts, np.ones(7), mode="same")  # within 3 levels of 256
    first = int(near.argmax())
    apart = np.abs(np.arange(256) - first) > 16
    return float(near[first] + (near * apart).max()) > 0.7 * int(counts.sum())


def _mode(counts: np.ndarray) -> float:
    """The most frequent value in [0, 1], from a histogram smoothed over 5 levels."""
    return int(np.convolve(counts, np.ones(5), mode="same").argmax()) / 255


def _ground(gray: np.ndarray, counts: np.ndarray, light: bool) -> float:
    """The value of an even ground: the mode, if on the ground's side of mid-range; else that side's median."""
    mode, middle = _mode(counts), (float(gray.min()) + float(gray.max())) / 2
    if (mode > middle) == light:
        return mode
    return float(np.median(gray[gray > middle] if light else gray[gray <= middle]))


def _otsu(counts: np.ndarray) -> float:
    """The threshold in [0, 1] that minimises the variance within the two classes it separates (Otsu, 1979)."""
    levels = np.arange(256) / 255
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * levels)
    # A threshold with all values on one side separates nothing: its variance between the classes is 0.
    mean_below, mean_above = sums / np.maximum(below, 1), (sums[-1] - sums) / np.maximum(above, 1)
    return (int((below * above * (mean_below - mean_above) ** 2).argmax()) + 0.5) / 255


def _ink_is_light(gray: np.ndarray, counts: np.ndarray) -> bool:
    """Whether light pixels are the ink, in a picture with an even ground.

    This is a vote of four cues, because a tightly cropped digit can contradict any one of them. Ink covers less area
    than the ground. It covers little of the edge of the picture, and few of its corners. And it consists of strokes,
    so that the largest disc that fits into the ink is smaller than the largest that fits into the ground.
    """
    light = gray > _otsu(counts)
    rim = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    corners = light[[0, 0, -1, -1], [0, -1, 0, -1]]
    step = max(1, max(gray.shape) // 70)
    coarse = light[::step, ::step]
    votes = 2.0 * (_share(light) - 0.5) + (_share(rim) - 0.5) + 0.5 * (_share(corners) - 0.5)
    # Measuring discs is slow, so it is skipped if they cannot change the result.
    if votes > 2.0 * _widest_at_most(~coarse):
        return False
    if votes < -2.0 * _widest_at_most(coarse):
        return True
    return bool(votes + 2.0 * (_widest(coarse) - _widest(~coarse)) < 0)


def _share(mask: np.ndarray) -> float:
    return np.count_nonzero(mask) / mask.size


def _widest(mask: np.ndarray) -> float:
    """Radius of the largest disc inside the mask, as a share of the longer side. The disc may extend past the edge."""
    if mask.all():
        return 1.0
    return float(ndimage.distance_transform_edt(mask).max()) / max(mask.shape)


def _widest_at_most(mask: np.ndarray) -> float:
    """An upper bound of `_widest` from the area: at least a quarter of the disc is inside the picture."""
    radius = 2 * np.sqrt(np.count_nonzero(mask) / np.pi) + 2
    return float(radius) / max(mask.shape) if radius < min(mask.shape) else np.inf


def _flat_field(gray: np.ndarray) -> np.ndarray:
    """Flat-field correction: the darkness of strokes relative to unevenly lit paper.

    The paper is estimated by a grey closing with a window wider than any stroke. It removes dark strokes and keeps the
    edges of shadows in place. Light is multiplied, so the darkness is a ratio. A grey opening estimates a dark board
    in the same way. The ink is dark or light, whichever stands out more.

    Args:
        gray: (H, W) float32 in [0, 1].

    Returns:
        (H, W) float32 in [0, 1].
    """
    smooth = ndimage.gaussian_filter(gray, max(gray.shape) / 250)
    window = max(3, max(gray.shape) // 5)
    paper = ndimage.grey_closing(smooth, (window, window), mode="nearest")
    board = ndimage.grey_opening(smooth, (window, window), mode="nearest")
    if float(((smooth - board) ** 3).sum()) > 3 * float(((paper - smooth) ** 3).sum()):
        chosen = (smooth - board) / np.maximum(1 - board, 0.05)
    else:
        chosen = 1 - smooth / np.maximum(paper, 0.05)
    # Grain is always below its own closing. The median of that difference is paper, not ink.
    return np.clip(chosen - np.median(chosen), 0, 1).astype(np.float32)


def _noise(darkness: np.ndarray) -> float:
    """Standard deviation of the grain, estimated from the median absolute deviation, which is robust to strokes."""
    return 1.4826 * float(np.median(np.abs(darkness - np.median(darkness))))
