"""The gallery's pictures on one lossless sheet, 100 a row, which the browser uses as it is."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from siamese.config import InputConfig

PER_ROW = 100
SIDE = InputConfig().size[0]  # of a picture, in pixels


def pack(images: np.ndarray) -> Image.Image:
    """(N, 28, 28) uint8 pictures as one sheet; picture i stands in row i // 100, column i % 100."""
    rows = -(-len(images) // PER_ROW)
    sheet = np.zeros((rows * PER_ROW, SIDE, SIDE), np.uint8)
    sheet[: len(images)] = images
    sheet = sheet.reshape(rows, PER_ROW, SIDE, SIDE).swapaxes(1, 2)
    return Image.fromarray(sheet.reshape(rows * SIDE, PER_ROW * SIDE))


def check(content: bytes, count: int) -> None:
    """Make sure that a PNG file is a whole sheet of so many pictures, by its checksums, without decoding it.

    Raises:
        ValueError: it is not; the message goes on from the file's name.
    """
    with _opened(content) as image:
        if image.mode != "L" or image.size != (PER_ROW * SIDE, -(-count // PER_ROW) * SIDE):
            raise ValueError(f"is a {image.mode} picture of {image.size}, not of {count} grey ones.")
        image.verify()


def unpack(content: bytes, count: int) -> np.ndarray:
    """The pictures of a PNG file that `check` passes: (count, 28, 28) uint8."""
    with _opened(content) as image:
        sheet = np.asarray(image)
    return sheet.reshape(-1, SIDE, PER_ROW, SIDE).swapaxes(1, 2).reshape(-1, SIDE, SIDE)[:count].copy()


@contextlib.contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            yield image
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"is not a whole PNG picture: {error}") from error
