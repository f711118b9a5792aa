"""The shares of all processes as one gallery: its arrays are written by streaming, and then mapped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from siamese.bundle.arrays import ROWS
from siamese.bundle.sprite import cell_size
from siamese.bundle.tiles import Tiles, write_tiles
from siamese.config import InputConfig
from siamese.inputs.preparing import pixel_shape
from siamese.recipes.indexing.share import Share
from siamese.retrieval import gallery as galleries
from siamese.retrieval.gallery import Gallery, sample_of
from siamese.retrieval.index_building import build_index
from siamese.retrieval.projection import NEIGHBOURS, place_all, tsne
from siamese.retrieval.search import nearest, unit_rows

FOUND, TILES = "joined.embeddings", "joined.tiles"


def rows_of(marks: np.ndarray, shares: Sequence[Share]) -> np.ndarray:
    """(N,) int64: where among the rows of all shares, one share after the other, each of (N,) marks is; -1 where it is not."""
    known = np.concatenate([share.marks for share in shares] or [np.zeros(0, np.uint64)])
    if not len(known):
        return np.full(len(marks), -1)
    order = np.argsort(known, kind="stable")
    at = order[np.minimum(np.searchsorted(known, marks, sorter=order), len(known) - 1)]
    return np.where(known[at] == marks, at, -1)


def joined(
    shares: Sequence[Share],
    rows: np.ndarray,
    labels: np.ndarray,
    input: InputConfig,
    encoded: bool,
    folder: Path,
    progress: Callable[[str], None],
) -> Gallery:
    """A gallery of some rows of the shares, in that order.

    Args:
        shares: of all processes.
        rows: (N,) as `rows_of` counts them.
        labels: (N,) int64.
        input: of the network.
        encoded: whether the pictures are stored encoded, and not as pixels.
        folder: for files that the gallery reads from, as long as it is used.
        progress: is told what is being done.
    """
    progress("Joining")
    starts = np.cumsum([0, *(len(share.marks) for share in shares)])
    embeddings = _embeddings(shares, rows, starts, folder / FOUND)
    owners = np.searchsorted(starts, rows, side="right") - 1
    pictures = (shares[owner].picture(row - starts[owner]) for owner, row in zip(owners, rows, strict=True))
    images: np.ndarray | Tiles
    if encoded:
        images = Tiles(folder / TILES, write_tiles(pictures, folder / TILES), input)
    else:
        shape = (len(rows), *cell_size(input), *pixel_shape(input)[2:])
        images = np.frombuffer(b"".join(pictures), np.uint8).reshape(shape)
    progress("Laying out the map")
    xy = _map(embeddings, labels)
    index = None
    if len(rows) > galleries.EXACT_UP_TO:
        progress("Building the index")
        index = build_index(embeddings)
    return Gallery(images, labels, embeddings, xy, index)


def _embeddings(shares: Sequence[Share], rows: np.ndarray, starts: np.ndarray, path: Path) -> np.ndarray:
    dim = shares[0].embeddings.shape[1]
    with path.open("wb") as file:
        for first in range(0, len(rows), ROWS):
            wanted = rows[first : first + ROWS]
            block = np.empty((len(wanted), dim), np.float16)
            for share, start in zip(shares, starts, strict=False):
                here = (wanted >= start) & (wanted < start + len(share.marks))
                block[here] = share.embeddings[wanted[here] - start]
            file.write(block.tobytes())
    return np.memmap(path, np.float16, "r", shape=(len(rows), dim))


def _map(embeddings: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """t-SNE of the sample that the map shows; the other pictures are placed among it by their neighbours."""
    sample = sample_of(labels)
    shown = unit_rows(embeddings[sample])
    xy = np.empty((len(labels), 2), np.float32)
    xy[sample] = places = tsne(shown)
    others = np.setdiff1d(np.arange(len(labels)), sample, assume_unique=True)
    for first in range(0, len(others), ROWS):
        block = others[first : first + ROWS]
        distances, found = nearest(unit_rows(embeddings[block]), shown, NEIGHBOURS)
        xy[block] = place_all(places[found], distances)
    return xy
