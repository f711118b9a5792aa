"""The symbol alone -> MNIST's form: its stroke width, a 20x20 box, centred by mass in 28x28 pixels."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage

from siamese.config import InputConfig
from siamese.inputs.errors import BlankImageError

INPUT = InputConfig()
SIDE = INPUT.size[0]  # of the picture that the network sees, in pixels
BOX = INPUT.box  # side of the box that the symbol is fitted into, in pixels
STROKE_WIDTHS = INPUT.stroke_widths  # thinnest and thickest, in pixels of that box
FINE = 4  # strokes are normalised at this multiple of the final resolution


def is_ink(picture: np.ndarray) -> bool:
    """Whether a picture already has MNIST's form: black rim, 20x20 box, centred by mass.

    Args:
        picture: (28, 28) uint8.
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
    """The part of a picture that holds its ink, with a margin where the picture has room for one.

    Args:
        picture: (H, W), of any data type.
        mask: (H, W) bool, True where there is ink.
        margin: in pixels.

    Raises:
        BlankImageError: the mask is empty.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        raise BlankImageError
    top, bottom = max(rows[0] - margin, 0), rows[-1] + 1 + margin
    left, right = max(columns[0] - margin, 0), columns[-1] + 1 + margin
    return picture[top:bottom, left:right]


def normalise_stroke(symbol: np.ndarray) -> np.ndarray:
    """Bring the symbol to `FINE` times its final size, and its stroke into `STROKE_WIDTHS`.

    The width of a stroke is four times the mean distance of its pixels from its edge: across a long
    bar of width w the distance rises from 0 to w / 2 and falls again, w / 4 on average.

    Args:
        symbol: (h, w) float32 in [0, 1], cropped to the symbol.

    Returns:
        (h', w') float32 in [0, 1], about `FINE` times its final size, and a margin of 2 * `FINE` pixels.
    """
    target = FINE * (BOX - 1)
    scale = target / max(symbol.shape)
    size = tuple(max(1, round(side * scale)) for side in symbol.shape[::-1])
    resized = Image.fromarray(symbol).resize(size, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX)
    margin = 2 * FINE
    fine = _framed(np.asarray(resized), margin)
    mask = fine > 0.5
    if not mask.any():
        return fine
    # One pixel of the margin is enough to measure up to.
    inside = _framed(_distances(mask[margin - 1 : 1 - margin, margin - 1 : 1 - margin]), margin - 1)
    width = stroke_width(inside[mask]) / FINE
    thinnest, thickest = STROKE_WIDTHS
    wanted = min(max(width, thinnest), thickest)
    grow = FINE * (wanted - width) / 2
    if abs(grow) < 0.25:
        return fine
    distance = inside - _distances(~mask)  # positive inside
    return np.clip(distance + grow, -0.5, 0.5).astype(np.float32) + 0.5


def _framed(picture: np.ndarray, margin: int) -> np.ndarray:
    """`np.pad`, in a fifth of the time."""
    height, width = picture.shape
    framed = np.zeros((height + 2 * margin, width + 2 * margin), picture.dtype)
    framed[margin : margin + height, margin : margin + width] = picture
    return framed


def _distances(mask: np.ndarray) -> np.ndarray:
    """How far each pixel of a mask is from its edge; 0 outside.

    The same as `ndimage.distance_transform_edt`, which computes the distance of every pixel. Symbols cover little of
    their field, so that computing it for their pixels alone takes two thirds of the time.
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
        distances: (n,), from each pixel of ink to the nearest that is none, in any unit.

    Returns:
        the width, in the same unit.
    """
    return float(4 * (distances - 0.5).mean())


def fit(symbol: np.ndarray) -> np.ndarray:
    """Fit a symbol into the 20x20 box and put its centre of mass into the middle of the field.

    Args:
        symbol: (h, w) float32 in [0, 1], of any size; empty space around it is cropped away.

    Returns:
        (28, 28) uint8.

    Raises:
        BlankImageError: no pixel exceeds a quarter.
    """
    tight = crop_to_ink(symbol, symbol > 0.25)
    scale = BOX / max(tight.shape)
    size = tuple(max(1, round(side * scale)) for side in tight.shape[::-1])
    small = np.asarray(Image.fromarray(np.ascontiguousarray(tight)).resize(size, Image.Resampling.BOX))
    small = np.clip(small / max(float(small.max()), 1e-6), 0, 1)
    height, width = small.shape
    total = small.sum()
    down, across = ((small * places).sum() / total for places in (np.arange(height)[:, None], np.arange(width)))
    top = min(max(round(SIDE / 2 - down), 0), SIDE - height)
    left = min(max(round(SIDE / 2 - across), 0), SIDE - width)
    field = np.zeros((SIDE, SIDE), dtype=np.uint8)
    field[top : top + height, left : left + width] = np.rint(small * 255)
    return field
