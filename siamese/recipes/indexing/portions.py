"""Reading the pictures that wait, a portion at a time; of many, while the portion before is embedded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch.utils.data import DataLoader, Dataset

from siamese.bundle.sprite import thumbnails
from siamese.config import InputConfig
from siamese.inputs.preparing import prepare
from siamese.models.device import usable_cores

PORTION = 200  # pictures
WORTH_WORKERS = 5000  # pictures, for which processes of their own read: each takes seconds to start
MOST_WORKERS = 16


@dataclass(frozen=True)
class Portion:
    """Some pictures as they were read.

    Attributes:
        pixels: (n, H, W) or (n, H, W, 3) uint8, prepared, of those that could be read.
        stored: what is kept of each for the gallery.
        read: their places in the portion.
        failed: the places of the others, and why.
    """

    pixels: np.ndarray
    stored: list[bytes]
    read: list[int]
    failed: dict[int, str]


class Portions(Dataset):
    """A list of files, read by the portion."""

    def __init__(
        self, paths: Sequence[str], input: InputConfig, store: Callable[[np.ndarray], bytes], threads: int
    ) -> None:
        self._paths, self._input, self._store, self._threads = paths, input, store, threads
        self._size = PORTION

    def __len__(self) -> int:
        return -(-len(self._paths) // self._size)

    def __getitem__(self, number: int) -> Portion:
        paths = self._paths[number * self._size : (number + 1) * self._size]
        with ThreadPoolExecutor(self._threads) as pool:
            results = list(pool.map(self._one, paths))
        read = [place for place, result in enumerate(results) if not isinstance(result, str)]
        found = [result for result in results if not isinstance(result, str)]
        failed = {place: result for place, result in enumerate(results) if isinstance(result, str)}
        pixels = np.stack([pixels for pixels, _ in found]) if found else np.zeros(0, np.uint8)
        return Portion(pixels, [stored for _, stored in found], read, failed)

    def _one(self, path: str) -> tuple[np.ndarray, bytes] | str:
        try:
            pixels = prepare(path, self._input)
        except ValueError as error:
            return str(error)
        return pixels, self._store(thumbnails(pixels[None], self._input)[0])


def read_portions(paths: Sequence[Path], input: InputConfig, store: Callable[[np.ndarray], bytes]) -> DataLoader:
    """All files in their order, `PORTION` at a time.

    Args:
        paths: of the files.
        input: the form that they are brought into.
        store: makes of a thumbnail what is kept of it; a function that can be pickled.
    """
    cores = usable_cores()
    workers = min(cores - 1, MOST_WORKERS) if len(paths) >= WORTH_WORKERS else 0
    # As text a path takes a tenth of the memory, in each of the processes that read.
    portions = Portions(list(map(str, paths)), input, store, 1 if workers else cores)
    # Processes that are forked would hold the lock on the folder for some seconds after this one was killed.
    context = "spawn" if workers else None
    return DataLoader(portions, batch_size=None, num_workers=workers, multiprocessing_context=context)
