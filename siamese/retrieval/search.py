"""Exact nearest neighbours among unit vectors, and their vote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

FEW = 4  # queries from which on they are multiplied together
BLOCK = 128  # queries at a time
ROWS = 65_536  # of the gallery at a time: with as many queries 34 MB of inner products, however large the gallery is

NOT_FINITE = "An embedding holds numbers that are not finite, so that nothing is nearest to it."


def unit_rows(rows: Any) -> np.ndarray:
    """Embeddings in float32, with length 1: those that were rounded to float16 are brought to it again.

    Args:
        rows: (N, dim) in float32, which is taken to have that length, or in another type. It is left as it is.
    """
    rows = np.asarray(rows)
    if rows.dtype == np.float32:
        return rows
    rows = to_float32(rows)
    rows /= np.sqrt(np.vecdot(rows, rows))[:, None]
    return rows


def to_float32(rows: np.ndarray) -> np.ndarray:
    """An array in float32. torch converts float16 several times as fast as NumPy."""
    return torch.from_numpy(rows if rows.flags.writeable else rows.copy()).float().numpy()


def nearest(
    queries: Any, gallery: Any, k: int, exclude_self: bool = False, among: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest rows of the gallery for each query, exactly, nearest first; of equally near ones the first.

    All inner products of a block are taken at once. What can be among the k nearest, given how far rounding moves
    an inner product, is then ranked by its distance, taken from the difference of the two vectors: that is
    exact where the inner product, near 1, is not, so that a vector's distance to itself is 0.

    Args:
        queries: (Q, dim) unit vectors, a NumPy array or a torch tensor on the CPU.
        gallery: (N, dim) likewise, or in float16, mapped from a file; see `unit_rows`.
        k: how many; fewer come back where there are not so many.
        exclude_self: query i is row i of the gallery, and is left out of its own neighbours.
        among: ascending rows of the gallery to search; all of them if None.

    Returns:
        (distances, indices), both (Q, k): Euclidean, in float32, and int64 rows of the gallery.

    Raises:
        ValueError: an embedding is not finite.
    """
    queries, gallery = np.asarray(queries, np.float32), np.asarray(gallery)
    count = len(gallery) if among is None else len(among)
    k = max(min(k, count - int(exclude_self)), 0)
    distances, indices = np.full((len(queries), k), np.inf, np.float32), np.zeros((len(queries), k), np.int64)
    if k == 0:
        return distances, indices
    for first in range(0, count, ROWS):
        chosen = slice(first, first + ROWS) if among is None else among[first : first + ROWS]
        rows = unit_rows(gallery[chosen])
        for start in range(0, len(queries), BLOCK):
            block = queries[start : start + BLOCK]
            own = np.arange(start, start + len(block)) - first if exclude_self else None
            for row, (exact, candidates) in enumerate(_nearest_in(block, rows, k, own), start):
                # Rows ascend and the sort is stable: of equal distances the first stays first.
                both = np.concatenate([distances[row], exact])
                order = np.argsort(both, kind="stable")[:k]
                distances[row] = both[order]
                indices[row] = np.concatenate([indices[row], candidates + first])[order]
    return distances, indices if among is None else among[indices]


def _nearest_in(
    queries: np.ndarray, rows: np.ndarray, k: int, own: np.ndarray | None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each query the distances and the ascending numbers of rows among which its k nearest are, all of them if there are not so many.

    Args:
        queries: (B, dim) float32.
        rows: (n, dim) float32.
        k: 1 or more.
        own: (B,) the row of each query that is left out; there need not be such a row.
    """
    # As much as rounding can move an inner product of two vectors, and their lengths from 1.
    slack = 2 * (rows.shape[1] + 8) * np.finfo(np.float32).eps
    # A product a query takes half as long as BLAS takes for a product of two or three.
    similarity = np.stack([rows @ query for query in queries]) if len(queries) < FEW else queries @ rows.T
    least = np.full(len(queries), min(k, len(rows)))  # candidates that there must be
    if own is not None:
        (there,) = np.nonzero((own >= 0) & (own < len(rows)))
        similarity[there, own[there]] = -np.inf
        least[there] = min(k, len(rows) - 1)
    bounds = np.partition(similarity, -min(k, len(rows)), axis=1)[:, -min(k, len(rows)), None] - slack
    possible = (similarity >= bounds) & (similarity > -np.inf)
    for query, candidates, fewest in zip(queries, map(np.flatnonzero, possible), least, strict=True):
        if len(candidates) < fewest:
            raise ValueError(NOT_FINITE)
        difference = rows[candidates] - query
        yield np.sqrt(np.vecdot(difference, difference)), candidates


def farthest(queries: Any, gallery: Any, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The k farthest rows of the gallery for each query, exactly, farthest first; arguments, results and errors as of `nearest`."""
    queries, gallery = np.asarray(queries, np.float32), np.asarray(gallery)
    # Of unit vectors, the farthest are nearest to what lies opposite.
    _, indices = nearest(-queries, gallery, k, among=among)
    distances = np.empty(indices.shape, np.float32)
    for row, query in enumerate(queries):
        difference = unit_rows(gallery[indices[row]]) - query
        distances[row] = np.sqrt(np.vecdot(difference, difference))
    order = np.argsort(-distances, axis=1, kind="stable")
    return np.take_along_axis(distances, order, axis=1), np.take_along_axis(indices, order, axis=1)


def vote(labels: Any) -> Any:
    """The most frequent label along the last axis; of several as frequent, the one that stands nearest.

    Args:
        labels: (..., k) of the k nearest neighbours, nearest first.

    Returns:
        (...) labels; one NumPy integer for the neighbours of a single query.
    """
    labels = np.asarray(labels)
    votes = (labels[..., :, None] == labels[..., None, :]).sum(axis=-1)
    return np.take_along_axis(labels, votes.argmax(axis=-1)[..., None], axis=-1)[..., 0]


def leave_one_out_vote(embeddings: Any, labels: Any, k: int) -> np.ndarray:
    """What each row's k nearest others vote for.

    Args:
        embeddings: (N, dim) unit vectors, a NumPy array or a torch tensor on the CPU.
        labels: (N,) of these.
        k: how many vote, typically 5.

    Returns:
        (N,) labels; of a single row its own, as there is no other.

    Raises:
        ValueError: an embedding is not finite.
    """
    if len(labels) == 1:
        return np.asarray(labels)
    _, indices = nearest(embeddings, embeddings, k, exclude_self=True)
    return vote(np.asarray(labels)[indices])
