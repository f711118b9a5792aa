"""Embedded pictures, and their exact nearest neighbours."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

GROUP = 16  # similarities of which the search looks at the largest first
FEW = 4  # queries that are better searched for one after the other
BLOCK = 128  # queries that are searched for at a time: at 60,000 pictures, 30 MB of similarities


class Gallery:
    """The pictures that a query is compared with.

    Attributes:
        images: (N, 28, 28) uint8.
        labels: (N,) int64.
        embeddings: (N, dim) float32, rows of length 1.
        xy: (N, 2) float32, where each stands on the map.
    """

    def __init__(
        self,
        images: np.ndarray | Callable[[], np.ndarray],
        labels: np.ndarray,
        embeddings: np.ndarray,
        xy: np.ndarray,
    ) -> None:
        """Put the parts together; `images` may be a function, which is called when they are first asked for.

        Raises:
            ValueError: the parts do not belong together.
        """
        self._images, self.labels, self.embeddings, self.xy = images, labels, embeddings, xy
        count = len(labels)
        if len(embeddings) != count or xy.shape != (count, 2) or not (callable(images) or self._fits(images)):
            raise ValueError(
                f"the gallery's parts do not fit: images {getattr(images, 'shape', '?')}, labels {labels.shape}, "
                f"embeddings {embeddings.shape}, xy {xy.shape}"
            )

    def _fits(self, images: np.ndarray) -> bool:
        return images.shape == (len(self), 28, 28)

    @cached_property
    def images(self) -> np.ndarray:
        if not callable(self._images):
            return self._images
        images = self._images()
        if not self._fits(images):
            raise ValueError(f"the gallery has {len(self)} labels, but images {images.shape}")
        return images

    def __len__(self) -> int:
        return len(self.labels)

    def search(self, query: np.ndarray, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest pictures to an embedding, exactly, nearest first; of equally near ones the first.

        Args:
            query: (dim,) of length 1, or (B, dim) for several at once.
            k: 1 or more.
            among: indices to search, all of them if None.

        Returns:
            (indices, distances), both (k,) or (B, k), or fewer where there are not so many. Distances are
            Euclidean, in float32, taken from the difference of the two vectors.
        """
        embeddings = self.embeddings if among is None else self.embeddings[among]
        queries, k = np.atleast_2d(query), min(k, len(embeddings))
        indices, distances = np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32)
        for start in range(0, len(queries), BLOCK):
            block = queries[start : start + BLOCK]
            if len(block) > FEW:
                similarity = block @ embeddings.T
            else:  # row by row, which keeps up with the memory better than BLAS does
                similarity = np.stack([np.vecdot(embeddings, query) for query in block])
            for row, candidates in enumerate(_candidates(similarity, k, embeddings.shape[1]), start):
                # The difference is exact where the inner product, near 1, is not: a picture's own distance is 0.
                difference = embeddings[candidates] - queries[row]
                exact = np.sqrt(np.vecdot(difference, difference))
                order = np.lexsort((candidates, exact))[:k]
                indices[row], distances[row] = candidates[order], exact[order]
        if among is not None:
            indices = among[indices]
        return (indices, distances) if query.ndim == 2 else (indices[0], distances[0])


def _candidates(similarity: np.ndarray, k: int, dim: int) -> list[np.ndarray]:
    """For each row of (B, N) inner products, the indices of all that can be among the k nearest.

    The similarities are put into groups. The k-th largest of the groups' maxima is reached by k of them at
    least, so that what lies below it is out; that takes two passes at the memory's pace, and no sorting.
    """
    rows, count = similarity.shape
    groups = count // GROUP
    if not 0 < k <= groups:
        return [np.arange(count)] * rows
    maxima = similarity[:, : groups * GROUP].reshape(rows, GROUP, groups).max(axis=1)
    # As much as rounding can move an inner product of unit vectors.
    slack = 2 * dim * np.finfo(np.float32).eps
    bounds = np.partition(maxima, groups - k, axis=1)[:, groups - k] - slack
    return [np.flatnonzero(row >= bound) for row, bound in zip(similarity, bounds, strict=True)]
