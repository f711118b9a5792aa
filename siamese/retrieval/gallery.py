"""Embedded pictures that a query is compared with."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from siamese.retrieval.inverted_file import InvertedFile
from siamese.retrieval.search import farthest, nearest, unit_rows

MAP_POINTS = 20_000  # pictures that the map shows
EXACT_UP_TO = 200_000  # pictures that are searched without an index: some 50 ms on one core


class EncodedPictures(Protocol):
    """A large gallery's pictures, encoded in a file: `bundle.tiles.Tiles`. They are indexed as an array of them would be."""

    media_type: str
    shape: tuple[int, ...]
    dtype: np.dtype

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> np.ndarray: ...

    def encoded(self, index: int) -> bytes: ...


class Gallery:
    """Pictures with their labels, embeddings and places on the map.

    Attributes:
        images: (N, h, w) uint8, or (N, h, w, 3) where they have colours: an array, or `EncodedPictures` of a large gallery.
            Ink is as the network sees it; of other kinds these are thumbnails.
        labels: (N,) int64, indices of the bundle's label names.
        embeddings: (N, dim) float32, rows of length 1; or float16, mapped from a file, of a large gallery. `rows` gives
            any of them in float32.
        xy: (N, 2) float32 coordinates on the map, within [-1, 1].
        index: by which a large gallery is searched; None where the search is exact.
    """

    def __init__(
        self,
        images: np.ndarray | EncodedPictures | Callable[[], np.ndarray],
        labels: np.ndarray,
        embeddings: np.ndarray,
        xy: np.ndarray,
        index: InvertedFile | None = None,
    ) -> None:
        """Put the parts together.

        Args:
            images: as in the attributes, or a function that returns the array, which is called when the images are first
                used.
            labels: as in the attributes.
            embeddings: likewise.
            xy: likewise.
            index: likewise.

        Raises:
            ValueError: the parts differ in length, or a shape is wrong.
        """
        self._images, self.labels, self.embeddings, self.xy, self.index = images, labels, embeddings, xy, index
        count = len(labels)
        if len(embeddings) != count or xy.shape != (count, 2) or not (callable(images) or self._fits(images)):
            raise ValueError(
                f"the gallery's parts do not fit: images {getattr(images, 'shape', '?')}, labels {labels.shape}, "
                f"embeddings {embeddings.shape}, xy {xy.shape}"
            )

    def _fits(self, images: np.ndarray | EncodedPictures) -> bool:
        colours = len(images.shape) == 4 and images.shape[3] == 3
        return images.dtype == np.uint8 and len(images) == len(self) and (len(images.shape) == 3 or colours)

    @property
    def tiles(self) -> EncodedPictures | None:
        """The pictures of a large gallery, each of which is encoded on its own; None where they are an array."""
        return None if callable(self._images) or isinstance(self._images, np.ndarray) else self._images

    @cached_property
    def images(self) -> Any:
        if not callable(self._images):
            return self._images
        images = self._images()
        if not self._fits(images):
            raise ValueError(f"the gallery has {len(self)} labels, but images {images.shape}")
        return images

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def sample(self) -> np.ndarray:
        """(S,) int64 ascending indices of the pictures that the map shows; see `sample_of`."""
        return sample_of(self.labels)

    def rows(self, indices: Any) -> np.ndarray:
        """The embeddings of some pictures, by indices, a mask or a slice: (n, dim) float32, rows of length 1."""
        return unit_rows(self.embeddings[indices])

    def search(self, query: np.ndarray, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest pictures to an embedding, nearest first; of equally near ones the first.

        All of a gallery with an index are searched by it, which may miss one; what it finds has its exact distance. Every other
        search is exact.

        Args:
            query: (dim,) of length 1, or (B, dim) for several at once.
            k: 1 or more.
            among: ascending indices to search, all of them if None.

        Returns:
            (distances, indices), both (k,) or (B, k), or fewer where there are not so many; see `search.nearest`.
        """
        queries = np.atleast_2d(np.asarray(query, np.float32))
        if self.index and among is None:
            found = self.index.search(queries, self.embeddings, k)
        else:
            found = nearest(queries, self.embeddings, k, among=among)
        return found if query.ndim == 2 else (found[0][0], found[1][0])

    def farthest(self, query: np.ndarray, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The k farthest pictures from an embedding, exactly, farthest first; arguments and results as of `search`."""
        found = farthest(np.atleast_2d(query), self.embeddings, k, among)
        return found if query.ndim == 2 else (found[0][0], found[1][0])


def sample_of(labels: np.ndarray) -> np.ndarray:
    """Which pictures the map shows: all of them up to `MAP_POINTS`, else so many, of which each class keeps its share.

    Args:
        labels: (N,) of the pictures.

    Returns:
        (S,) int64 ascending indices, the same for the same labels. Of a small class there is at least one.
    """
    shuffled = np.random.default_rng(0).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    even = np.linspace(0, len(labels) - 1, min(len(labels), MAP_POINTS)).astype(np.int64)
    classes, first = np.unique(labels[by_class], return_index=True)
    left_out = ~np.isin(classes, labels[by_class[even]])  # classes that are smaller than a share
    return np.union1d(by_class[even], by_class[first[left_out]])
