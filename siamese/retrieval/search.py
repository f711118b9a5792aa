"""Exact nearest neighbours among unit vectors, and their vote."""

from __future__ import annotations

from typing import Any

import numpy as np

FEW = 4  # queries from which on they are multiplied together
BLOCK = 128  # queries at a time: against 60,000 pictures, 30 MB of inner products


def nearest(queries: Any, gallery: Any, k: int, exclude_self: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest rows of the gallery for each query, exactly, nearest first; of equally near ones the first.

    All inner products of a block are taken at once. What can be among the k nearest, given how far rounding moves
    an inner product, is then ranked by its distance, taken from the difference of the two vectors: that is
    exact where the inner product, near 1, is not, so that a vector's distance to itself is 0.

    Args:
        queries: (Q, dim) unit vectors, a NumPy array or a torch tensor on the CPU.
        gallery: (N, dim) likewise.
        k: how many; fewer come back where there are not so many.
        exclude_self: query i is row i of the gallery, and is left out of its own neighbours.

    Returns:
        (distances, indices), both (Q, k): Euclidean, in float32, and int64 rows of the gallery.

    Raises:
        ValueError: an embedding is not finite.
    """
    queries, gallery = np.asarray(queries, np.float32), np.asarray(gallery, np.float32)
    count = len(gallery)
    k = max(min(k, count - int(exclude_self)), 0)
    distances, indices = np.empty((len(queries), k), np.float32), np.empty((len(queries), k), np.int64)
    if k == 0:
        return distances, indices
    # As much as rounding can move an inner product of two vectors, and their lengths from 1.
    slack = 2 * (gallery.shape[1] + 8) * np.finfo(np.float32).eps
    for start in range(0, len(queries), BLOCK):
        block = queries[start : start + BLOCK]
        # A product a query takes half as long as BLAS takes for a product of two or three.
        similarity = np.stack([gallery @ query for query in block]) if len(block) < FEW else block @ gallery.T
        if exclude_self:
            similarity[np.arange(len(similarity)), np.arange(start, start + len(similarity))] = -np.inf
        possible = similarity >= np.partition(similarity, count - k, axis=1)[:, count - k, None] - slack
        for row, candidates in enumerate(map(np.flatnonzero, possible), start):
            if len(candidates) < k:
                raise ValueError("An embedding holds numbers that are not finite, so that nothing is nearest to it.")
            difference = gallery[candidates] - queries[row]
            exact = np.sqrt(np.vecdot(difference, difference))
            # Candidates ascend and the sort is stable: of equal distances the first stays first.
            order = np.argsort(exact, kind="stable")[:k]
            distances[row], indices[row] = exact[order], candidates[order]
    return distances, indices


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
