"""The symbol alone -> MNIST's form: stroke width, a 20x20 box, centred by its mass in 28x28 pixels; or finer, in proportion."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage

from siamese.config import InputConfig
from siamese.inputs.errors import BlankImageError
from siamese.inputs.ink.masks import box_of, line_width

INPUT = InputConfig()
assert INPUT.box and INPUT.stroke_widths, "ink has both"
SIDE = INPUT.size[0]  # of the network's input, in pixels
BOX = INPUT.box  # side of the box that the symbol is scaled to, in pixels
STROKE_WIDTHS = INPUT.stroke_widths  # smallest and largest, in pixels
THINNEST = 1.3  # pixels at FINE times the final size, of a line that reducing leaves whole
FINE = 4  # stroke widths are normalised at this multiple of the final resolution


def is_ink(picture: np.ndarray) -> bool:
    """Whether a picture already has MNIST's form: a black border, a 20x20 box, centred by its mass.

    Args:
        picture: (28, 28) uint8.

    Returns:
        True if the border pixels are 0, the brightest pixel is at least 128, the ink's longer side is between 17 and
        21 pixels, and its centre of mass is within 1.6 pixels of the middle.
    """
    if picture[[0, -1]].any() or picture[:, [0, -1]].any():
        return False
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    if not rows.size or picture.max() < 128:
        return False
    longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    offset = np.abs(np.array(ndimage.center_of_mass(picture)) - SIDE / 2)
    return BOX - 3 <= longest <= BOX + 1 and offset.max() <= 1.6


def crop_to_ink(picture: np.ndarray, mask: np.ndarray, margin: int = 1) -> np.ndarray:
    """Crop a picture to its ink.

    Args:
        picture: (H, W), of any data type.
        mask: (H, W) bool, True for ink.
        margin: pixels to keep on each side, as far as the picture extends.

    Returns:
        (h, w), a view of the picture.

    Raises:
        BlankImageError: the mask is empty.
    """
    box = box_of(mask)
    if box is None:
        raise BlankImageError
    rows, columns = (slice(max(part.start - margin, 0), part.stop + margin) for part in box)
    return picture[rows, columns]


def normalise_stroke(symbol: np.ndarray) -> np.ndarray:
    """Scale the symbol to `FINE` times its final size, and bring its stroke width into the range `STROKE_WIDTHS`.

    The stroke width is estimated as four times the mean distance of the stroke's pixels from its edge. Across a long
    bar of width w, this distance rises from 0 to w / 2 and falls again, so its mean is w / 4.

    Args:
        symbol: (h, w) float32 in [0, 1], cropped to the symbol.

    Returns:
        (h', w') float32 in [0, 1], about `FINE` times the final size, plus a margin of 2 * `FINE` pixels on each side.
    """
    target = FINE * (BOX - 1)
    scale = target / max(symbol.shape)
    symbol = _thickened(symbol, scale)
    size = tuple(max(1, round(side * scale)) for side in symbol.shape[::-1])
    resized = Image.fromarray(symbol).resize(size, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX)
    margin = 2 * FINE
    return with_stroke_width(_framed(np.asarray(resized), margin), margin, STROKE_WIDTHS)


def _thickened(symbol: np.ndarray, scale: float) -> np.ndarray:
    """The symbol with strokes that are still there when it is reduced by `scale`: a line that is thinner then is a shade."""
    if scale >= 0.7:
        return symbol
    width = line_width(symbol > 0.5)
    if width * scale >= THINNEST:
        return symbol
    size = 2 * round((2 * THINNEST / scale - width) / 2) + 1
    return ndimage.maximum_filter(np.pad(symbol, size), size)


def with_stroke_width(fine: np.ndarray, margin: int, widths: tuple[float, float]) -> np.ndarray:
    """Thicken or thin all strokes by as much as brings their mean width into a range.

    Args:
        fine: (h, w) float32 in [0, 1], at `FINE` times the final size.
        margin: pixels without ink on each side, more than the widest change.
        widths: smallest and largest mean width, in pixels of the final size.

    Returns:
        (h, w) float32 in [0, 1].
    """
    mask = fine > 0.5
    if not mask.any():
        return fine
    # One pixel of margin is enough for the distances; it saves time to leave out the rest.
    inside = _framed(_distances(mask[margin - 1 : 1 - margin, margin - 1 : 1 - margin]), margin - 1)
    width = stroke_width(inside[mask]) / FINE
    thinnest, thickest = widths
    wanted = min(max(width, thinnest), thickest)
    grow = FINE * (wanted - width) / 2
    if abs(grow) < 0.25:
        return fine
    distance = inside - _distances(~mask)  # signed: positive inside the stroke
    return np.clip(distance + grow, -0.5, 0.5).astype(np.float32) + 0.5


def _framed(picture: np.ndarray, margin: int) -> np.ndarray:
    """The picture with a margin of zeros, as `np.pad` makes it in five times the time."""
    height, width = picture.shape
    framed = np.zeros((height + 2 * margin, width + 2 * margin), picture.dtype)
    framed[margin : margin + height, margin : margin + width] = picture
    return framed


def _distances(mask: np.ndarray) -> np.ndarray:
    """The distance of each pixel of a mask from the nearest pixel outside it; 0 outside.

    Equal to `ndimage.distance_transform_edt`, which computes a distance for every pixel of the picture. A symbol
    covers a small part of it, so computing distances for the symbol's pixels only takes two thirds of the time.
    """
    nearest = ndimage.distance_transform_edt(mask, return_distances=False, return_indices=True)
    rows, columns = np.nonzero(mask)
    down, across = nearest[0, rows, columns] - rows, nearest[1, rows, columns] - columns
    distances = np.zeros(mask.shape)
    distances[rows, columns] = np.sqrt(down * down + across * across)
    return distances


def stroke_width(distances: np.ndarray) -> float:
    """Mean stroke width.

    Args:
        distances: (n,), from each ink pixel to the nearest pixel without ink, in pixels.

    Returns:
        the width, in pixels.
    """
    return float(4 * (distances - 0.5).mean())


def fit(symbol: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Scale a symbol into the 20x20 box and move its centre of mass to the middle of the 28x28 field.

    Args:
        symbol: (h, w) float32 in [0, 1], of any size. Empty space around the symbol is cropped.
        side: of the field, in pixels, to which the box is in proportion. `normalise_stroke` leaves enough for 56.

    Returns:
        (side, side) uint8, white ink on black.

    Raises:
        BlankImageError: no pixel exceeds 0.25.
    """
    tight = crop_to_ink(symbol, symbol > 0.25)
    scale = BOX * side / SIDE / max(tight.shape)
    size = tuple(max(1, round(length * scale)) for length in tight.shape[::-1])
    small = np.asarray(Image.fromarray(np.ascontiguousarray(tight)).resize(size, Image.Resampling.BOX))
    small = np.clip(small / max(float(small.max()), 1e-6), 0, 1)
    height, width = small.shape
    total = small.sum()
    down, across = ((small * places).sum() / total for places in (np.arange(height)[:, None], np.arange(width)))
    top = min(max(round(side / 2 - down), 0), side - height)
    left = min(max(round(side / 2 - across), 0), side - width)
    field = np.zeros((side, side), dtype=np.uint8)
    field[top : top + height, left : left + width] = np.rint(small * 255)
    return field
