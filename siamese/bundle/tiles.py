"""A large gallery's pictures: small encoded files one after the other, each decoded when it is asked for."""

from __future__ import annotations

import io
import operator
from array import array
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from siamese.bundle.sprite import QUALITIES, cell_size, opened
from siamese.config import InputConfig

FILE = "gallery.tiles"
FRAME = 1000  # bytes at most, of what stands around a picture's pixels


class Tiles:
    """N pictures that lie encoded in a file. They are indexed as an array of them would be. Safe to use from several threads.

    Attributes:
        path: of the file.
        offsets: (N + 1,) int64: where each picture begins in the file, and its end.
        media_type: of the encoded pictures, "image/png" or "image/webp".
        shape: (N, h, w), or (N, h, w, 3) where they have colours.
        dtype: uint8.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, path: Path, offsets: np.ndarray, input: InputConfig) -> None:
        """Open a file.

        Args:
            path: of the file.
            offsets: as in the attributes.
            input: of the network that the pictures belong to.

        Raises:
            ValueError: the offsets are not those of N pictures of a possible size, or not of this file.
        """
        self.path, self.offsets, self._input = path, offsets, input
        self.media_type = "image/png" if input.kind == "ink" else "image/webp"
        self.shape = (len(offsets) - 1, *cell_size(input), *((3,) if input.channels == 3 else ()))
        sizes, most = np.diff(offsets), _most_bytes(input)
        if offsets[0] != 0 or sizes.min() < 1 or sizes.max() > most:
            raise ValueError(f"offsets must ascend from 0 by 1 to {most} bytes a picture.")
        if offsets[-1] != path.stat().st_size:
            raise ValueError(f"offsets end at {offsets[-1]}, {path.name} has {path.stat().st_size} bytes.")
        self._content = np.memmap(path, np.uint8, "r")

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int | slice | np.ndarray) -> np.ndarray:
        """Decode one picture by its number, (h, w[, 3]), or several, (n, h, w[, 3]), by a slice, indices or a mask.

        Raises:
            IndexError: there is no such picture.
            ValueError: it is damaged; the message names the file and the picture.
        """
        if isinstance(index, slice):
            numbers = range(*index.indices(len(self)))
        elif np.ndim(index) == 0:
            return self._decoded(operator.index(index))  # type: ignore[arg-type]  # an int or a NumPy integer
        else:
            chosen = np.asarray(index)
            numbers = (np.flatnonzero(chosen) if chosen.dtype == bool else chosen).tolist()
        pictures = [self._decoded(number) for number in numbers]
        return np.stack(pictures) if pictures else np.zeros((0, *self.shape[1:]), np.uint8)

    def encoded(self, index: int) -> bytes:
        """One picture as the bytes of a file of `media_type`.

        Raises:
            IndexError: there is no such picture.
        """
        if not -len(self) <= index < len(self):
            raise IndexError(f"There is no picture {index}: they go from 0 to {len(self) - 1}.")
        first, end = self.offsets[index % len(self) :][:2]
        return self._content[first:end].tobytes()

    def _decoded(self, index: int) -> np.ndarray:
        try:
            return decode(self.encoded(index), self._input)
        except ValueError as error:
            raise ValueError(f"{self.path}: picture {index} {error}") from error


def encode(picture: np.ndarray, input: InputConfig) -> bytes:
    """A thumbnail, (h, w) or (h, w, 3) uint8, as the bytes of a file: PNG for ink, else WebP."""
    buffer, image = io.BytesIO(), Image.fromarray(picture)
    if input.kind == "ink":
        image.save(buffer, "PNG")
    else:
        image.convert("RGB").save(buffer, "WEBP", quality=QUALITIES[0], method=4)
    return buffer.getvalue()


def decode(content: bytes, input: InputConfig) -> np.ndarray:
    """What `encode` made a file of, but for what WebP loses.

    Raises:
        ValueError: it is no such picture; the message goes on from the picture's name.
    """
    height, width = cell_size(input)
    wanted = "L" if input.kind == "ink" else "RGB", (width, height)
    with opened(content, input) as image:
        found = image.mode, image.size
        if found == wanted:  # else nothing is decoded: it could be of any size
            return np.asarray(image if input.channels == 3 else image.convert("L"))
    raise ValueError(f"is a {found[0]} picture of {found[1]}, expected {wanted[0]} of {wanted[1]}.")


def write_tiles(pictures: Iterable[bytes], path: Path) -> np.ndarray:
    """Write encoded pictures one after the other; returns their (N + 1,) int64 offsets."""
    sizes = array("q", [0])  # eight bytes each: there may be millions
    with path.open("wb") as file:
        for picture in pictures:
            sizes.append(file.write(picture))
    return np.cumsum(np.asarray(sizes), dtype=np.int64)


def _most_bytes(input: InputConfig) -> int:
    """How large a picture can be: twice its pixels, and what frames them."""
    height, width = cell_size(input)
    return 2 * height * width * (1 if input.kind == "ink" else 3) + FRAME
