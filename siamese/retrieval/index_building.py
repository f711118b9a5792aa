"""Building the index of a large gallery with faiss, the extra `index` of this package."""

from __future__ import annotations

import importlib.util

import numpy as np

from siamese.retrieval.inverted_file import InvertedFile
from siamese.retrieval.search import ROWS, nearest, unit_rows

INSTALL = 'pip install "faiss-cpu>=1.9"'
A_LIST = 4  # times the square root of the number of rows are the lists: a query reads about as many centroids as rows of a few lists
SAMPLE = 40  # rows for each centroid that k-means learns from: as many as faiss asks for
STEPS = 10  # of k-means
ASKED = 500  # rows whose neighbours choose how many lists are looked into, and as many others to measure the recall
NEIGHBOURS = 10
RECALL = 0.995  # that is chosen by: above the 0.99 that is promised, so that chance takes nothing from it


def can_build() -> bool:
    """Whether faiss is installed."""
    return importlib.util.find_spec("faiss") is not None


def build_index(embeddings: np.ndarray, seed: int = 0) -> InvertedFile:
    """Divide a gallery into lists, and choose how many of them a query looks into.

    Memory holds a sample of the rows and a few numbers a row.

    Args:
        embeddings: (N, dim) unit vectors, N at least 20; in float16 they may be mapped from a file.
        seed: of the sample, of k-means, and of the rows that are asked for.
    """
    import faiss

    rng, count = np.random.default_rng(seed), len(embeddings)
    lists = max(1, min(round(A_LIST * count**0.5), count // SAMPLE))
    sample = np.sort(rng.choice(count, min(count, SAMPLE * lists), replace=False))
    kmeans = faiss.Kmeans(embeddings.shape[1], lists, niter=STEPS, seed=seed, max_points_per_centroid=SAMPLE)
    kmeans.train(unit_rows(embeddings[sample]))
    centroids = np.asarray(kmeans.centroids)
    assigned = np.empty(count, np.int32)
    for start in range(0, count, ROWS):
        _, found = kmeans.index.search(unit_rows(embeddings[start : start + ROWS]), 1)
        assigned[start : start + ROWS] = found[:, 0]
    order = np.argsort(assigned, kind="stable").astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(np.bincount(assigned, minlength=lists))])
    asked = rng.permutation(count)[: 2 * ASKED]
    ranks = _ranks(embeddings, centroids, assigned, asked)
    chosen_by, measured_on = ranks[::2], ranks[1::2]
    probes = int(np.ceil(np.quantile(chosen_by, RECALL, method="higher"))) + 1
    return InvertedFile(centroids, order, starts, probes, float((measured_on < probes).mean()))


def _ranks(embeddings: np.ndarray, centroids: np.ndarray, assigned: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """(Q, k): for each row that is asked for, and each of its nearest others, how many lists it comes to before that one's."""
    queries = unit_rows(embeddings[asked])
    _, found = nearest(queries, embeddings, NEIGHBOURS + 1)
    # Itself is left out; where more than k rows coincide with it, it need not be there, and the last is.
    others = np.stack(
        [row[np.argsort(row == own, kind="stable")[:NEIGHBOURS]] for row, own in zip(found, asked, strict=True)]
    )
    squared = np.vecdot(centroids, centroids) - 2 * (queries @ centroids.T)
    ranks = np.empty(squared.shape, np.int32)
    np.put_along_axis(
        ranks, np.argsort(squared, axis=1, kind="stable"), np.arange(len(centroids), dtype=np.int32)[None], axis=1
    )
    return np.take_along_axis(ranks, assigned[others], axis=1)
