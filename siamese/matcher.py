"""Compare, search, place on the map, classify by examples: what the app and a user's script call.

A picture is encoded once into a `Query`, from which every answer is computed. Public methods take pictures or
queries, convert them once, and work on queries inside.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siamese import inputs
from siamese.bundle import format as bundle_format
from siamese.bundle.locating import PRETRAINED, find_bundle, ships
from siamese.config import InputConfig
from siamese.inputs.preparing import prepare_for, resized, to_batch
from siamese.models.attribution import attribution
from siamese.models.inference import embed, fuse
from siamese.retrieval import few_shot, projection
from siamese.retrieval.few_shot import Recognition
from siamese.retrieval.pictures import Picture, embed_few_shot, few_shot_distances, unembedded
from siamese.retrieval.results import Comparison, Neighbour, Query, novelty_note

ENCODED_NEIGHBOURS = 12  # looked up as a picture is encoded: enough for its vote, its novelty and its place


class Matcher:
    """A bundle, ready to answer. Safe to use from several threads.

    Attributes:
        bundle: as it was loaded.
        source: where it came from: `pretrained`, a folder, or `user/repo@commit`.
        folder: that holds its files.
        net: its network, with fused layers.
        few_shot_net: the network for few-shot classification; the same, where it has none of its own.
        input: the form that a picture is brought into.
        gallery, calibration, inference: the bundle's.
        labels: the label names, by index.
        threshold: the distance up to which two pictures are called the same.
    """

    def __init__(self, bundle: bundle_format.Bundle, source: str, folder: Path) -> None:
        self.bundle, self.source, self.folder = bundle, source, folder
        self.net = fuse(bundle.net)
        self.few_shot_net = fuse(bundle.few_shot_net) if bundle.few_shot_net else self.net
        self.input = self.net.input
        self._forms = list(dict.fromkeys([self.input, self.few_shot_net.input]))
        self.gallery, self.calibration, self.inference = bundle.gallery, bundle.calibration, bundle.inference
        self.labels, self.threshold = tuple(bundle.labels), bundle.calibration.threshold

    @classmethod
    def of(cls, folder: Path, source: str, self_check: bool = True) -> Matcher:
        """The bundle of a folder, under the name that visitors are told; `format.load` says what the check is.

        Raises:
            ValueError: it holds no valid bundle.
        """
        return cls(bundle_format.load(folder, self_check), source, folder)

    def prepare(self, picture: inputs.Picture) -> np.ndarray:
        """A picture in the network's form: (H, W) uint8, or (H, W, 3) where it has colours.

        Raises:
            BlankImageError: there is no ink in it, where ink is asked for.
            ValueError: it is no picture that can be read.
        """
        return self.prepare_for([self.input], picture)[0]

    def prepare_for(self, forms: Sequence[InputConfig], picture: inputs.Picture) -> list[np.ndarray]:
        """A picture in the forms of several networks' inputs, as `prepare` brings it into that of the first."""
        return prepare_for(forms, picture)

    def encode(self, picture: Picture) -> Query:
        """Bring a picture into the network's form, embed it, and look up its nearest in the gallery; raises as `prepare`."""
        return self.encode_all([picture])[0]

    def encode_all(self, pictures: Sequence[Picture]) -> list[Query]:
        """Encode several pictures as `encode` does one; they are embedded together, which takes less time.

        An embedding may differ in its last bits from that of the same picture alone or among others.
        """
        queries = unembedded(pictures, self._forms, self.prepare_for)
        new = [query for query, picture in zip(queries, pictures, strict=True) if query is not picture]
        if new:
            self._found(new, self._embed([query.pixels for query in new]))
        return queries

    def queries(self, pixels: np.ndarray, embeddings: np.ndarray) -> list[Query]:
        """N prepared pictures, (N, H, W) or (N, H, W, 3) uint8, and their (N, dim) embeddings, each as a query with its nearest in the gallery."""
        return self._found([Query(picture, row) for picture, row in zip(pixels, embeddings, strict=True)], embeddings)

    def gallery_query(self, index: int) -> Query:
        """A picture of the gallery as a query, with the embedding that the gallery holds."""
        pixels = resized(self.gallery.images[index], self.input)
        return self.queries(pixels[None], self.gallery.rows([index]))[0]

    def embed(self, images: Sequence[Picture] | np.ndarray) -> np.ndarray:
        """Embed pictures, or prepared ones, an (N, H, W) or (N, H, W, 3) uint8 array: (N, dim) float32, rows of length 1.

        Raises:
            ValueError: it is a single picture, an array of another shape or type, or a picture that cannot be read.
        """
        return self._embed([query.pixels for query in unembedded(images, [self.input], self.prepare_for)])

    def examples(self, pictures: Sequence[Picture] | np.ndarray) -> list[Query]:
        """Pictures, or prepared ones as they are, as queries for `recognise` alone: with pixels and the few-shot embedding.

        They are embedded together. A query stays the same object, and is embedded only if that was not done before.
        """
        queries = unembedded(pictures, self._forms, self.prepare_for)
        embed_few_shot(queries, self.few_shot_net, self.inference)
        return queries

    def _embed(self, pixels: Sequence[np.ndarray]) -> np.ndarray:
        """N prepared pictures -> (N, dim), by the first head and its views."""
        return embed(self.net, to_batch(pixels, self.input), None, self.inference.views).numpy()

    def _as_queries(self, *pictures: Picture) -> list[Query]:
        """The one conversion at the boundary: what is a query already is left as it is."""
        queries = [picture for picture in pictures if isinstance(picture, Query)]
        return queries if len(queries) == len(pictures) else self.encode_all(pictures)

    def compare(self, a: Picture, b: Picture) -> Comparison:
        """Whether two pictures show the same thing. `compare(a, b)` equals `compare(b, a)`."""
        first, second = self._as_queries(a, b)
        distance = float(np.linalg.norm(first.embedding - second.embedding))
        novel = [name for name, query in (("first", first), ("second", second)) if self.is_novel(query)]
        probability = float(self.calibration.probability(distance))
        return Comparison(distance, probability, self.calibration.same(distance), novelty_note(novel))

    def neighbours(self, image: Picture, k: int = 10, among: np.ndarray | None = None) -> list[Neighbour]:
        """The k pictures of the gallery that are nearest, nearest first; `Gallery.search` says where that is exact.

        Args:
            image: a picture or a query.
            k: 1 or more; at most as many as there are come back.
            among: ascending gallery indices to search, all of them if None.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}.")
        (query,) = self._as_queries(image)
        if among is None and k <= len(query.nearest):
            return list(query.nearest[:k])
        return self._search(query.embedding[None], k, among)[0]

    def farthest(self, image: Picture, k: int = 10, among: np.ndarray | None = None) -> list[Neighbour]:
        """The k pictures of the gallery that are farthest, exactly, farthest first; arguments as of `neighbours`."""
        (query,) = self._as_queries(image)
        return self._search(query.embedding[None], k, among, farthest=True)[0]

    def neighbours_of(self, index: int, k: int = 10) -> list[Neighbour]:
        """The k pictures of the gallery that are nearest to one of them, itself left out."""
        (found,) = self._search(self.gallery.rows([index]), k + 1)
        return [neighbour for neighbour in found if neighbour.index != index][:k]

    def is_novel(self, image: Picture) -> bool:
        """Whether a picture looks like nothing in the gallery: farther from it than 99 % of validation pictures are."""
        return self.neighbours(image, self.inference.novelty_rank)[-1].distance > self.inference.novelty_threshold

    def locate(self, image: Picture) -> tuple[float, float]:
        """Where a picture stands on the map: (x, y), each from -1 to 1."""
        found = self.neighbours(image, projection.NEIGHBOURS)
        places = self.gallery.xy[[neighbour.index for neighbour in found]]
        x, y = projection.place(places, np.array([neighbour.distance for neighbour in found]))
        return x, y

    def differences(self, a: Picture, b: Picture) -> tuple[np.ndarray, np.ndarray]:
        """Where two pictures differ: two (H, W) uint8 maps, bright where the picture adds to the distance."""
        first, second = attribution(self.net, [query.pixels for query in self._as_queries(a, b)])
        return first, second

    def recognise(self, support: Sequence[tuple[str, Picture]], query: Picture) -> Recognition:
        """Few-shot classification: name a thing from examples of the candidates, which need no training.

        Args:
            support: (label, picture) pairs, one or more for each label; `examples` makes what is to be used again.
            query: the picture to name.

        Raises:
            ValueError: there is no example, or a picture cannot be read.
        """
        *examples, asked = self.examples([*(picture for _, picture in support), query])
        distances = few_shot_distances(asked, examples, self.few_shot_net.input, self.inference)
        return few_shot.recognise(distances, [label for label, _ in support], self.bundle.few_shot_calibration)

    def _found(self, queries: list[Query], embeddings: np.ndarray) -> list[Query]:
        """The queries, given their (N, dim) embeddings and their nearest in the gallery."""
        for query, row, found in zip(queries, embeddings, self._search(embeddings, ENCODED_NEIGHBOURS), strict=True):
            query.embedding, query.nearest = row, tuple(found)
        return queries

    def _search(
        self, embeddings: np.ndarray, k: int, among: np.ndarray | None = None, farthest: bool = False
    ) -> list[list[Neighbour]]:
        """The neighbours of each of (N, dim) embeddings."""
        distances, indices = (self.gallery.farthest if farthest else self.gallery.search)(embeddings, k, among)
        labels, probabilities = self.gallery.labels[indices], self.calibration.probability(distances)
        columns = (column.tolist() for column in (indices, labels, distances, probabilities))
        return [list(map(Neighbour, *row)) for row in zip(*columns, strict=True)]


def load(source: str | os.PathLike | None = None, revision: str | None = None) -> Matcher:
    """Load a bundle.

    Args:
        source: None for the one that ships with the code, else as `find_bundle` takes it.
        revision: of a repository: a branch, a tag or a commit.

    Raises:
        ValueError: there is no such folder or repository, or it holds no valid bundle.
    """
    if source is None:
        return Matcher.of(PRETRAINED, PRETRAINED.name, self_check=False)
    folder, name, _ = find_bundle(source, revision)
    return Matcher.of(folder, name, self_check=not ships(folder))
