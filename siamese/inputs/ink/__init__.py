"""Any picture of a symbol -> 28x28 ink, made the way MNIST was made.

MNIST's digits were cut out, scaled into a 20x20 box with their aspect kept, and placed in a 28x28
field with their centre of mass in the middle (LeCun et al., 1998). A network that learned from them
reads a drawing only as well as the drawing was brought into the same form, so everything that enters
the system enters through `to_ink`, and what it does lies in four modules, none of which needs another:

- `reading`: a file, bytes, a Pillow picture or an array -> grey;
- `finding`: grey -> darkness, 1 where there is ink, be it dark or light;
- `cleaning`: darkness -> the symbol alone, without specks, frames and ruled lines;
- `normalising`: the symbol alone -> MNIST's form, in stroke, size and place.

Ink is white (255) on black (0).
"""

from __future__ import annotations

import os

import numpy as np
from PIL import Image

from siamese.inputs.decode import read_gray
from siamese.inputs.errors import BlankImageError
from siamese.inputs.ink.cleaning import clean
from siamese.inputs.ink.finding import find_ink
from siamese.inputs.ink.normalising import BOX, SIDE, STROKE_WIDTHS, cut, fit, is_ink, normalise_stroke

__all__ = ["BOX", "SIDE", "STROKE_WIDTHS", "BlankImageError", "fit", "is_ink", "normalise_stroke", "to_ink"]


def to_ink(image: Image.Image | np.ndarray | str | os.PathLike | bytes) -> np.ndarray:
    """Find the symbol in a picture and bring it into MNIST's form.

    Args:
        image: a PIL image, a path, the bytes of an image file, or an array: (H, W), (H, W, 1), (H, W, 3)
            or (H, W, 4); booleans, integers of 8 or 16 bits, or floats in [0, 1], [-1, 1] or [0, 255].

    Returns:
        (28, 28) uint8, white ink on black. A picture that already has this form is returned unchanged.

    Raises:
        BlankImageError: nothing stands out from the ground.
        ValueError: no readable image, or one of more than `reading.MAX_PIXELS` pixels.
    """
    gray = read_gray(image)
    if gray.shape == (SIDE, SIDE):
        for candidate in (gray, 1.0 - gray):
            ink = np.rint(candidate * 255).astype(np.uint8)
            if is_ink(ink):
                return ink
    darkness, photographed = find_ink(gray)
    symbol = cut(*clean(darkness, photographed))
    return fit(normalise_stroke(symbol))
