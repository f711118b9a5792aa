"""Embedded pictures, and their exact nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Gallery:
    """The pictures that a query is compared with.

    Attributes:
        images: (N, 28, 28) uint8.
        labels: (N,) int64.
        embeddings: (N, dim) float32, rows of length 1.
        xy: (N, 2) float32, where each stands on the map.
    """

    images: np.ndarray
    labels: np.ndarray
    embeddings: np.ndarray
    xy: np.ndarray

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.images.shape != (count, 28, 28) or len(self.embeddings) != count or self.xy.shape != (count, 2):
            raise ValueError(
                f"the gallery's parts do not fit: images {self.images.shape}, labels {self.labels.shape}, "
                f"embeddings {self.embeddings.shape}, xy {self.xy.shape}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def search(self, query: np.ndarray, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest pictures to an embedding, exactly, nearest first.

        Args:
            query: (dim,) of length 1.
            among: indices to search, all of them if None.

        Returns:
            (indices, distances), both (k,), or fewer where there are not so many.
        """
        similarity = (self.embeddings if among is None else self.embeddings[among]) @ query
        k = min(k, len(similarity))
        best = np.argpartition(-similarity, k - 1)[:k] if k else np.zeros(0, np.int64)
        best = best[np.lexsort((best, -similarity[best]))]
        return (best if among is None else among[best]), to_distance(similarity[best])


def to_distance(similarity: np.ndarray) -> np.ndarray:
    """Euclidean distance between unit vectors from their inner product: d^2 = 2 - 2 cos."""
    return np.sqrt(np.maximum(2 - 2 * similarity, 0))
