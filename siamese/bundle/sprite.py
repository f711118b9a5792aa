"""The gallery's pictures on one sheet, 100 a row, which the browser uses as it is: lossless for ink, WebP for the rest."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from siamese.config import InputConfig
from siamese.inputs.decode import UNREADABLE

PER_ROW = 100
THUMBNAIL = 64  # pixels of the longer side
PNG_LEVEL = 8  # of compression: 9 takes three times as long for a sheet 1 % smaller
QUALITIES = (75, 65, 55, 45, 35, 25)  # of WebP; the first whose sheet is small enough
LARGEST = 8_500_000  # bytes of a sheet: 10,000 thumbnails, with embeddings beside them, stay below 12 MB
MOST = 16_000  # thumbnails: WebP's sides end at 16,383 pixels


def file_name(input: InputConfig) -> str:
    """The name of the sheet's file."""
    return "gallery.png" if input.kind == "ink" else "gallery.webp"


def cell_size(input: InputConfig) -> tuple[int, int]:
    """Height and width of a picture on the sheet: the input's own for ink, else its proportions as a thumbnail."""
    if input.kind == "ink":
        return input.size
    height, width = input.size
    scale = THUMBNAIL / max(input.size)
    return max(1, round(height * scale)), max(1, round(width * scale))


def thumbnails(images: np.ndarray, input: InputConfig) -> np.ndarray:
    """Prepared pictures, (N, H, W) or (N, H, W, 3) uint8, in the size that they have on the sheet."""
    height, width = cell_size(input)
    if images.shape[1:3] == (height, width):
        return images
    small = [np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BOX)) for image in images]
    return np.stack(small) if small else np.zeros((0, height, width, *images.shape[3:]), np.uint8)


def pack(images: np.ndarray) -> Image.Image:
    """(N, h, w) or (N, h, w, 3) uint8 pictures as one sheet; picture i stands in row i // 100, column i % 100."""
    rows = -(-len(images) // PER_ROW)
    _, height, width, *colours = images.shape
    sheet = np.zeros((rows * PER_ROW, *images.shape[1:]), np.uint8)
    sheet[: len(images)] = images
    sheet = sheet.reshape(rows, PER_ROW, height, width, *colours).swapaxes(1, 2)
    return Image.fromarray(sheet.reshape(rows * height, PER_ROW * width, *colours))


def encode(images: np.ndarray, input: InputConfig) -> bytes:
    """The content of the sheet's file: PNG for ink, else WebP of the best quality that stays below `LARGEST` bytes."""
    sheet, buffer = pack(images), io.BytesIO()
    if input.kind == "ink":
        sheet.save(buffer, "PNG", compress_level=PNG_LEVEL)
        return buffer.getvalue()
    for quality in QUALITIES:
        buffer = io.BytesIO()
        sheet.convert("RGB").save(buffer, "WEBP", quality=quality, method=4)
        if buffer.tell() <= LARGEST:
            break
    return buffer.getvalue()


def most_bytes(count: int, input: InputConfig) -> int:
    """How large the file of a sheet of so many pictures can be: as its pixels, with as much again for what frames them."""
    height, width = cell_size(input)
    return 2 * (count + PER_ROW) * height * width * (1 if input.kind == "ink" else 3)


def check(content: bytes, count: int, input: InputConfig) -> None:
    """Make sure that a file is a whole sheet of so many pictures, without decoding it where its checksums tell.

    Raises:
        ValueError: it is not; the message goes on from the file's name.
    """
    height, width = cell_size(input)
    with opened(content, input) as image:
        mode, size = image.mode, image.size
        image.verify()
    if mode != ("L" if input.kind == "ink" else "RGB") or size != (PER_ROW * width, -(-count // PER_ROW) * height):
        kind = "grey" if input.kind == "ink" else "coloured"
        raise ValueError(f"is a {mode} picture of {size}, not of {count} {kind} ones.")


def unpack(content: bytes, count: int, input: InputConfig) -> np.ndarray:
    """The pictures of a file that `check` passes: (count, h, w) uint8, or (count, h, w, 3) where they have colours."""
    height, width = cell_size(input)
    with opened(content, input) as image:
        sheet = np.asarray(image if input.channels == 3 or image.mode == "L" else image.convert("L"))
    colours = sheet.shape[2:]
    cells = sheet.reshape(-1, height, PER_ROW, width, *colours).swapaxes(1, 2)
    return cells.reshape(-1, height, width, *colours)[:count].copy()


@contextlib.contextmanager
def opened(content: bytes, input: InputConfig) -> Iterator[Image.Image]:
    """The content of a file as a Pillow image, PNG for ink, else WebP.

    Raises:
        ValueError: it is none, or what is done with it shows that it is damaged; the message goes on from the file's name.
    """
    name = "PNG" if input.kind == "ink" else "WebP"
    try:
        with Image.open(io.BytesIO(content), formats=[name.upper()]) as image:
            yield image
    except (*UNREADABLE, Image.DecompressionBombError) as error:
        raise ValueError(f"is not a whole {name} picture: {error}") from error
