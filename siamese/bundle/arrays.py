"""Arrays in safetensors files, some of them larger than memory should hold: read, mapped or written a block at a time."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8"}  # by safetensors' names
NAMES = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
ROWS = 65_536  # of a block: 16 MB of embeddings with 128 dimensions


@dataclass(frozen=True)
class StoredArray:
    """An array as the header of its file describes it.

    Attributes:
        path: of the file.
        type: as safetensors names it, such as "F16".
        shape: of the array.
        start: of its bytes in the file.
    """

    path: Path
    type: str
    shape: tuple[int, ...]
    start: int

    def read(self) -> np.ndarray:
        """All of it, in memory."""
        array = np.fromfile(self.path, DTYPES[self.type], math.prod(self.shape), offset=self.start)
        return array.reshape(self.shape)

    def mapped(self) -> np.ndarray:
        """All of it, of which memory holds what was used."""
        return np.memmap(self.path, DTYPES[self.type], "r", self.start, self.shape)

    def blocks(self) -> Iterator[np.ndarray]:
        """Some rows at a time, read one block after the other: that leaves nothing of the file in this process's memory."""
        width = math.prod(self.shape[1:])
        with self.path.open("rb") as file:
            file.seek(self.start)
            for first in range(0, self.shape[0], ROWS):
                rows = min(ROWS, self.shape[0] - first)
                yield np.fromfile(file, DTYPES[self.type], rows * width).reshape(rows, *self.shape[1:])


def stored_arrays(path: Path) -> dict[str, StoredArray]:
    """What a file holds, by the name of each array; nothing but its header is read.

    Raises:
        ValueError: it is no whole safetensors file.
    """
    try:
        with safe_open(path, framework="np") as file:  # refuses a header that does not fit the file
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}
        with path.open("rb") as content:
            length = int.from_bytes(content.read(8), "little")
            header: dict[str, Any] = json.loads(content.read(length))
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from error
    return {
        name: StoredArray(path, header[name]["dtype"], shape, 8 + length + header[name]["data_offsets"][0])
        for name, shape in shapes.items()
    }


def write_arrays(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Write a file, a block of rows at a time, so that arrays that are mapped never lie in memory as a whole.

    Args:
        arrays: by name; each has at least one axis and one of the types in `DTYPES`.
        path: of the file.
    """
    # Larger numbers come first, so that each array begins at a multiple of its numbers' size.
    ordered = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    header, start = dict[str, Any](), 0
    for name in ordered:
        array = arrays[name]
        header[name] = {
            "dtype": NAMES[array.dtype],
            "shape": array.shape,
            "data_offsets": (start, start + array.nbytes),
        }
        start += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in ordered:
            for first in range(0, len(arrays[name]), ROWS):
                file.write(np.ascontiguousarray(arrays[name][first : first + ROWS]).tobytes())
