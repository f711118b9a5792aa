"""Embedded pictures that a query is compared with."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from siamese.retrieval.search import nearest


class Gallery:
    """Pictures with their labels, embeddings and places on the map.

    Attributes:
        images: (N, h, w) uint8, or (N, h, w, 3) where they have colours. Ink is as the network sees it; of other
            kinds these are thumbnails.
        labels: (N,) int64, indices of the bundle's label names.
        embeddings: (N, dim) float32, rows of length 1.
        xy: (N, 2) float32 coordinates on the map, within [-1, 1].
    """

    def __init__(
        self,
        images: np.ndarray | Callable[[], np.ndarray],
        labels: np.ndarray,
        embeddings: np.ndarray,
        xy: np.ndarray,
    ) -> None:
        """Put the parts together.

        Args:
            images: the array, or a function that returns it, which is called when the images are first used.
            labels: as in the attributes.
            embeddings: likewise.
            xy: likewise.

        Raises:
            ValueError: the parts differ in length, or a shape is wrong.
        """
        self._images, self.labels, self.embeddings, self.xy = images, labels, embeddings, xy
        count = len(labels)
        if len(embeddings) != count or xy.shape != (count, 2) or not (callable(images) or self._fits(images)):
            raise ValueError(
                f"the gallery's parts do not fit: images {getattr(images, 'shape', '?')}, labels {labels.shape}, "
                f"embeddings {embeddings.shape}, xy {xy.shape}"
            )

    def _fits(self, images: np.ndarray) -> bool:
        colours = images.ndim == 4 and images.shape[3] == 3
        return images.dtype == np.uint8 and len(images) == len(self) and (images.ndim == 3 or colours)

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
            (distances, indices), both (k,) or (B, k), or fewer where there are not so many; see `search.nearest`.
        """
        embeddings = self.embeddings if among is None else self.embeddings[among]
        distances, indices = nearest(np.atleast_2d(query), embeddings, k)
        if among is not None:
            indices = among[indices]
        return (distances, indices) if query.ndim == 2 else (distances[0], indices[0])
