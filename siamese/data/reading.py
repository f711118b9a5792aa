"""Reading a folder's pictures: all at once into one tensor where they fit into memory, or as they are needed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset
from tqdm import tqdm

from siamese.config import InputConfig
from siamese.inputs.preparing import prepare, to_batch
from siamese.models.device import usable_cores
from siamese.models.processes import is_main, local_world_size

MEMORY_SHARE = 0.4  # of the memory at hand, that pictures may take


@dataclass(frozen=True)
class Reading:
    """What came of reading files.

    Attributes:
        images: (N, C, H, W) uint8, of those that could be read, in their order.
        read: their indices.
        failed: for each of the others, its index and why.
    """

    images: torch.Tensor
    read: list[int]
    failed: dict[int, str]


def read_pictures(paths: Sequence[Path], input: InputConfig, progress: str = "", keep: bool = True) -> Reading:
    """Decode and prepare files in parallel.

    Args:
        paths: of the files.
        input: the form that they are brought into.
        progress: what a progress bar is called; "" for none.
        keep: the pictures; False only finds out which can be read.
    """
    images = torch.empty(len(paths) if keep else 0, input.channels, *input.size, dtype=torch.uint8)
    read, failed = list[int](), dict[int, str]()
    results = _prepared(paths, input)
    for index, result in enumerate(
        tqdm(results, progress, len(paths), disable=not (progress and is_main()), mininterval=1)
    ):
        if isinstance(result, str):
            failed[index] = result
        else:
            if keep:
                images[len(read)] = to_batch([result], input)[0]
            read.append(index)
    return Reading(images[: len(read)], read, failed)


def _prepared(paths: Sequence[Path], input: InputConfig) -> Iterator[np.ndarray | str]:
    """Each picture prepared, or why it could not be read. Pillow and NumPy leave the lock while they work."""

    def one(path: Path) -> np.ndarray | str:
        try:
            return prepare(path, input)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(usable_cores()) as pool:
        # In portions: a pool's `map` would queue every path at once, and keep every result that is not yet fetched.
        for start in range(0, len(paths), 256):
            yield from pool.map(one, paths[start : start + 256])


class StreamedPictures(Dataset):
    """Pictures that are read when they are asked for: in the place of an (N, C, H, W) tensor that memory is too small for.

    Args:
        paths: of files that can be read.
        input: the form that they are brought into.
    """

    dtype = torch.uint8

    def __init__(self, paths: Sequence[Path], input: InputConfig) -> None:
        self.paths, self.input = list(paths), input

    @property
    def shape(self) -> torch.Size:
        """(N, C, H, W), as of the tensor."""
        return torch.Size((len(self.paths), self.input.channels, *self.input.size))

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int | torch.Tensor | slice) -> torch.Tensor:
        """Read a picture by its number, (C, H, W), or several by a slice, (n, C, H, W); both uint8.

        Raises:
            ValueError: a file cannot be read any more.
        """
        if not isinstance(index, slice):
            return to_batch([prepare(self.paths[int(index)], self.input)], self.input)[0]
        with ThreadPoolExecutor(usable_cores()) as pool:
            pixels = list(pool.map(lambda path: prepare(path, self.input), self.paths[index]))
        return to_batch(pixels, self.input)

    def subset(self, index: torch.Tensor) -> StreamedPictures:
        """Some of them, still unread: by (M,) int64 indices or an (N,) bool mask."""
        numbers = torch.arange(len(self))[index].tolist()
        return StreamedPictures([self.paths[number] for number in numbers], self.input)


def fits_memory(count: int, input: InputConfig) -> bool:
    """Whether so many pictures can be held as one tensor, beside what else a run takes."""
    height, width = input.size
    return count * input.channels * height * width <= MEMORY_SHARE * available_memory()


def available_memory() -> float:
    """Bytes that this process can still take: its share of what the machine has free, or of what its container allows."""
    pages, page = "SC_AVPHYS_PAGES", "SC_PAGE_SIZE"
    free = 2**31
    if {pages, page} <= set(getattr(os, "sysconf_names", ())):
        free = os.sysconf(pages) * os.sysconf(page)
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                free = int(line.split()[1]) * 1024
    return max(0, min(free, _left_of_limit(Path("/sys/fs/cgroup")))) / local_world_size()


def _left_of_limit(group: Path) -> float:
    """Bytes that a container's control group still allows. What it holds of files that were read is given up as needed."""
    limit, used, details = (group / f"memory.{name}" for name in ("max", "current", "stat"))
    if not (limit.is_file() and used.is_file() and limit.read_text().strip().isdigit()):
        return float("inf")
    held = dict(line.split() for line in details.read_text().splitlines()) if details.is_file() else {}
    return int(limit.read_text()) - int(used.read_text()) + int(held.get("inactive_file", 0))
