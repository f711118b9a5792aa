"""Transparent pictures -> opaque ones: where alpha tells ink from ground, nothing has to be guessed."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageOps
from scipy import ndimage

from siamese.inputs.decode import reduced
from siamese.inputs.errors import BlankImageError
from siamese.inputs.ink.masks import box_of, parts_on_rim, rim, widest

CLEAR, OPAQUE = 16, 250  # of 255: alpha below the one shows nothing, above the other hides what is behind
LOOKED_AT = 160  # pixels a side, at which the parts of a picture are told apart
STROKE = 0.16  # of the longer side: radius of the largest disc that strokes hold
SHEET = 0.7  # of the rim of its box, which a sheet takes at least
ALIKE, MOSTLY = 24, 0.97  # levels from the median colour, and the share of the opaque pixels within them


def opaque(image: Image.Image) -> Image.Image:
    """A picture without transparency, on which its ink stands out as it does by its alpha.

    - Opaque strokes on nothing are the ink, in whatever colours.
    - Any opaque shape of one colour is the ink too, but for a sheet, which takes most of the rim of its box. The holes
      in a sheet are the ink.
    - Any other picture is one with an outline of its own. What is transparent takes the colour of its ground.

    Args:
        image: of the mode RGBA.

    Returns:
        a picture of the mode L, black ink on white with a margin, or of the mode RGB.

    Raises:
        BlankImageError: it is fully transparent, or a blank sheet.
    """
    alpha = image.getchannel("A")
    values = np.asarray(alpha)
    most = int(values.max())
    if values.min() >= OPAQUE:
        return image.convert("RGB")
    if most < CLEAR:
        raise BlankImageError
    small = np.asarray(reduced(image, LOOKED_AT))
    solid = small[..., 3] > most / 2
    if not solid.any():  # lines too thin for this size
        return _on_white(alpha, most)
    shape = solid[box_of(small[..., 3] >= CLEAR)]
    if widest(np.pad(shape, 1)) <= STROKE:
        return _on_white(alpha, most)
    colours = small[solid][:, :3].astype(np.int16)
    ground = np.median(colours, axis=0)
    if (np.abs(colours - ground).max(axis=1) <= ALIKE).mean() >= MOSTLY:
        if rim(shape).mean() <= SHEET:
            return _on_white(alpha, most)
        if not _holes(solid).any():
            raise BlankImageError
        return _on_white(ImageChops.invert(_filled_outside(alpha, most)), 255)
    sheet = Image.new("RGB", image.size, tuple(ground.astype(int).tolist()))
    sheet.paste(image, mask=alpha)
    return sheet


def _on_white(ink: Image.Image, most: int) -> Image.Image:
    """Ink of a strength up to `most` as black on a white sheet, with a margin that leaves no doubt which is which."""
    black = ink.point(lambda value: 255 - min(255, round(value * 255 / most)))
    return ImageOps.expand(black, max(4, max(ink.size) // 4), fill=255)


def _filled_outside(alpha: Image.Image, most: int) -> Image.Image:
    """Alpha with what is transparent at the rim made opaque: it lies outside of the sheet."""
    values = np.asarray(alpha)
    outside = parts_on_rim(values <= most / 2, diagonal=False)
    return Image.fromarray(np.where(ndimage.binary_dilation(outside, iterations=2), 255, values).astype(np.uint8))


def _holes(solid: np.ndarray) -> np.ndarray:
    """The transparent parts that do not touch the rim."""
    return ~solid & ~parts_on_rim(~solid, diagonal=False)
