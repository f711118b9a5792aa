"""Bands: a large picture is brought to plain pixels some rows at a time, so that no second copy of it is ever made.

A picture of 50 million pixels in 16 bits is 100 MB. Each whole copy on the way to 8 bits, as floats above all, would take
as much again or four times as much.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, sqrt

import numpy as np
from PIL import Image

from siamese.inputs.ranges import Deep

MOST_PIXELS = 8_000_000  # of a picture that is worked on; a larger one is reduced on the way
BAND = 1_000_000  # pixels that are converted at a time


def to_plain(image: Image.Image) -> Image.Image:
    """Bring a picture to 8 bits a channel, and average it by a whole factor to at most `MOST_PIXELS`.

    Args:
        image: loaded, of any mode.

    Returns:
        a picture of the mode L, RGB or RGBA; the same one where it is so already.

    Raises:
        ValueError: its values are not finite.
    """
    mode = plain_mode(image)
    size = image.width * image.height
    factor = ceil(sqrt(size / MOST_PIXELS))
    if factor == 1 and image.mode == mode:
        return image
    deep = Deep((np.asarray(band) for _, band in bands(image, 1)), size) if is_deep(image) else None
    plain = Image.new(mode, (-(-image.width // factor), -(-image.height // factor)))
    for top, band in bands(image, factor):
        eight = Image.fromarray(deep.to_bytes(np.asarray(band))) if deep else band.convert(mode)
        plain.paste(eight.reduce(factor) if factor > 1 else eight, (0, top // factor))
    return plain


def is_deep(image: Image.Image) -> bool:
    """Whether its pixels are of 16 or 32 bits, or floats."""
    return image.mode.startswith("I;16") or image.mode in ("I", "F")


def plain_mode(image: Image.Image) -> str:
    """The mode of 8 bits a channel that loses nothing of a picture that people look at."""
    if is_deep(image):
        return "L"
    if image.mode in ("P", "PA", "LA", "La", "RGBa", "RGBA") or "transparency" in image.info:
        return "RGBA"
    return "L" if image.mode in ("1", "L") else "RGB"


def bands(image: Image.Image, factor: int) -> Iterator[tuple[int, Image.Image]]:
    """(top row, rows) of each band, from the top; but for the last one, the rows divide by `factor`."""
    rows = factor * max(1, BAND // (image.width * factor))
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))
