"""An index of a large gallery: an inverted file (IVF; Jégou, Douze and Schmid, 2011).

The gallery is divided into lists, each of the rows that are nearest to one centroid. A query looks into the lists of its
nearest centroids alone. What it finds there has its exact distance; what lies in another list is missed, and how rarely that
happens was measured when the index was built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from siamese.retrieval.search import nearest

LONGEST = 1.01  # a centroid: it is the mean of vectors of length 1, within rounding


@dataclass(frozen=True, eq=False)
class InvertedFile:
    """Which rows of a gallery of N lie in which of L lists.

    Attributes:
        centroids: (L, dim) float32, of each list.
        order: (N,) int32, the rows, list after list, ascending within each.
        starts: (L + 1,) int64, where in `order` each list begins, and the end.
        probes: how many lists a query looks into.
        recall: the share of a query's 10 nearest that it then finds, measured on rows of the gallery.
    """

    centroids: np.ndarray
    order: np.ndarray
    starts: np.ndarray
    probes: int
    recall: float

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> InvertedFile:
        """What `arrays` gave, of the shapes that `shapes` tells.

        Raises:
            ValueError: a value is not what belongs there; the message begins with the array's name.
        """
        centroids, order, starts = (arrays[name] for name in ("centroids", "order", "starts"))
        probes, recall = arrays["probes"][0].item(), arrays["recall"][0].item()
        if not (np.linalg.norm(centroids, axis=1) <= LONGEST).all():
            raise ValueError("centroids are no means of embeddings.")
        if starts[0] != 0 or starts[-1] != len(order) or (starts[1:] < starts[:-1]).any():
            raise ValueError(f"starts do not ascend from 0 to {len(order)}.")
        if order.min() < 0 or order.max() >= len(order) or (np.bincount(order, minlength=len(order)) != 1).any():
            raise ValueError(f"order does not hold each number from 0 to {len(order) - 1} once.")
        if not 1 <= probes <= len(centroids):
            raise ValueError(f"probes are {probes}, expected 1 to {len(centroids)}.")
        if not 0 <= recall <= 1:
            raise ValueError(f"recall is {recall}, expected a share in [0, 1].")
        return cls(centroids, order, starts, probes, recall)

    def arrays(self) -> dict[str, np.ndarray]:
        """Its parts as arrays, by their names."""
        types = {"probes": np.int64, "recall": np.float32}
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: np.atleast_1d(np.asarray(part, types.get(name))) for name, part in parts.items()}

    def search(self, queries: np.ndarray, embeddings: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest rows among those that the queries look at, nearest first; of equally near ones the first.

        Args:
            queries: (Q, dim) float32 unit vectors.
            embeddings: (N, dim) of the gallery.
            k: 1 or more; where the lists that are looked into hold fewer rows, further lists are.

        Returns:
            (distances, indices), both (Q, k): Euclidean, in float32, and int64 rows of the gallery; fewer than k where the
            gallery has not so many.
        """
        k = min(k, len(self.order))
        found = [nearest(query[None], embeddings, k, among=self._rows_near(query, k)) for query in queries]
        distances = np.concatenate([row for row, _ in found] or [np.empty((0, k), np.float32)])
        return distances, np.concatenate([row for _, row in found] or [np.empty((0, k), np.int64)])

    def _rows_near(self, query: np.ndarray, k: int) -> np.ndarray:
        """Ascending rows of the lists that a query looks into, at least k."""
        squared = np.vecdot(self.centroids, self.centroids) - 2 * (self.centroids @ query)
        lists = np.argsort(squared, kind="stable")
        held = np.cumsum(np.diff(self.starts)[lists])
        wanted = max(self.probes, int(np.searchsorted(held, k)) + 1)
        parts = [self.order[self.starts[number] : self.starts[number + 1]] for number in lists[:wanted]]
        return np.sort(np.concatenate(parts)).astype(np.int64)


def shapes(count: int, lists: int, dim: int) -> dict[str, tuple[int, ...]]:
    """The shapes of an index's arrays, of a gallery of `count` rows."""
    return {"centroids": (lists, dim), "order": (count,), "starts": (lists + 1,), "probes": (1,), "recall": (1,)}
