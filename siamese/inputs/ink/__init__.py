"""Ink: any picture of a symbol -> 28x28 pixels in MNIST's form.

MNIST's digits were cropped, scaled into a 20x20 box with their aspect ratio kept, and placed in a 28x28 field with
their centre of mass in the middle (LeCun et al., 1998). A network trained on MNIST is accurate on other drawings
only if they have the same form, so every picture passes through `to_ink`. Its steps are modules:

- `sheets` and `reducing`: a decoded picture -> pixels of a size to work on, thin lines whole;
- `finding`: pixels -> darkness, 1 for ink, by an `even` or an `uneven` ground;
- `cleaning`: darkness -> the symbol alone, without specks, ruled lines and `borders`;
- `normalising`: the symbol alone -> MNIST's stroke width, size and position.

Ink is white (255) on black (0).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from siamese.inputs import Picture
from siamese.inputs.decode import open_picture
from siamese.inputs.errors import BlankImageError
from siamese.inputs.ink.cleaning import clean
from siamese.inputs.ink.finding import find_ink, most_contrast
from siamese.inputs.ink.normalising import BOX, SIDE, STROKE_WIDTHS, crop_to_ink, fit, is_ink, normalise_stroke
from siamese.inputs.ink.reducing import to_work_size
from siamese.inputs.ink.sheets import opaque

__all__ = [
    "BOX",
    "SIDE",
    "STROKE_WIDTHS",
    "BlankImageError",
    "crop_to_ink",
    "fit",
    "ink_of",
    "is_ink",
    "normalise_stroke",
    "to_ink",
    "to_inks",
    "work_pixels",
]


def to_ink(image: Picture) -> np.ndarray:
    """Find the symbol in a picture and normalise it to MNIST's form.

    Args:
        image: a Pillow image, a path, the bytes of an image file, or an array. An array has the shape (H, W),
            (H, W, 1), (H, W, 3) or (H, W, 4), and holds booleans, integers from 0 to 255 or to 65535, or floats in
            [0, 1], [-1, 1] or [0, 255].

    Returns:
        (28, 28) uint8, white ink on black. A 28x28 picture that already has MNIST's form is returned unchanged; if
        it is black on white, it is inverted.

    Raises:
        BlankImageError: nothing stands out from the background.
        ValueError: the input is not a readable picture, is less than 4 pixels on a side, or has more than
            `decode.MAX_PIXELS` pixels.
    """
    (ink,) = to_inks(image, (SIDE,))
    return ink


def to_inks(image: Picture, sides: Sequence[int]) -> list[np.ndarray]:
    """What `to_ink` returns, at several resolutions: (side, side) uint8 for each side.

    The symbol is found once. A 28x28 picture that already has MNIST's form is enlarged.

    Raises:
        BlankImageError, ValueError: as of `to_ink`.
    """
    pixels = work_pixels(image)
    if pixels.shape[:2] == (SIDE, SIDE):
        gray = most_contrast(pixels)
        for ink in (gray, 255 - gray):
            if is_ink(ink):
                return [_enlarged(ink, side) for side in sides]
    symbol = normalise_stroke(ink_of(pixels))
    return [fit(symbol, side) for side in sides]


def _enlarged(ink: np.ndarray, side: int) -> np.ndarray:
    if side == len(ink):
        return ink
    return np.asarray(Image.fromarray(ink).resize((side, side), Image.Resampling.BICUBIC))


def ink_of(pixels: np.ndarray) -> np.ndarray:
    """The ink of a picture alone, cropped to it.

    Args:
        pixels: (H, W) or (H, W, 3) uint8, as `work_pixels` gives them.

    Returns:
        (h, w) float32 in [0, 1], 1 for ink.

    Raises:
        BlankImageError: nothing stands out from the ground.
    """
    return np.ascontiguousarray(crop_to_ink(*clean(*find_ink(pixels))))


def work_pixels(image: Picture) -> np.ndarray:
    """Decode a picture of ink: (H, W) or (H, W, 3) uint8 of a size to work on, thin lines whole, nothing transparent.

    Raises:
        BlankImageError: it is fully transparent, or a blank sheet.
        ValueError: it cannot be read, is too small or too large.
    """
    opened = open_picture(image)
    return to_work_size(opaque(opened) if opened.mode == "RGBA" else opened)
