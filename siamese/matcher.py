"""Compare, search, place: what the app and a user's script call."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from siamese.bundle import format as bundles
from siamese.inputs.ink import SIDE, to_ink
from siamese.models.networks import embed, fused
from siamese.retrieval import projection
from siamese.retrieval.few_shot import Recognition, recognise
from siamese.retrieval.gallery import Gallery
from siamese.retrieval.results import Comparison, Neighbour, Symbol, vote

__all__ = ["Comparison", "Matcher", "Neighbour", "Picture", "Symbol", "load", "names_folder", "vote"]

PRETRAINED = Path(__file__).parent / "pretrained"
NOVELTY_RANK = 5  # a picture is like the gallery if this many of the gallery are near it
NEAR = 12  # neighbours that are looked up once for a picture: enough for its vote, its novelty and its place

Picture = Image.Image | np.ndarray | str | os.PathLike | bytes | Symbol


class Matcher:
    """A bundle, ready to answer. Safe to use from several threads."""

    def __init__(self, bundle: bundles.Bundle, source: str, folder: Path) -> None:
        self.bundle, self.source, self.folder = bundle, source, folder
        self.net = fused(bundle.net)
        self.gallery: Gallery = bundle.gallery
        self.calibration = bundle.calibration

    @classmethod
    def of(cls, folder: Path, source: str) -> Matcher:
        """The bundle of a folder, under the name that visitors are told.

        Raises:
            ValueError: the folder holds no valid bundle.
        """
        return cls(bundles.load(folder), source, folder)

    @property
    def threshold(self) -> float:
        """The distance up to which two pictures are called the same."""
        return self.calibration.threshold

    def read(self, picture: Picture) -> Symbol:
        """Bring a picture into MNIST's form and embed it.

        Raises:
            BlankImageError: there is no ink in it.
            ValueError: it is no picture that can be read.
        """
        return self.read_all([picture])[0]

    def read_all(self, pictures: Sequence[Picture]) -> list[Symbol]:
        """Read several pictures as `read` does one; they are embedded together, which takes less.

        An embedding may differ in its last bits from that of the same picture alone or among others.
        """
        unread = [picture for picture in pictures if not isinstance(picture, Symbol)]
        if not unread:
            return list(pictures)
        inks = np.stack([to_ink(picture) for picture in unread])
        read = iter(self.symbols(inks, self._embed(inks)))
        return [picture if isinstance(picture, Symbol) else next(read) for picture in pictures]

    def symbols(self, inks: np.ndarray, embeddings: np.ndarray) -> list[Symbol]:
        """Pictures (N, 28, 28) that have been embedded, each with its nearest of the gallery."""
        found = self._search(embeddings, NEAR)
        return [Symbol(ink, row, tuple(near)) for ink, row, near in zip(inks, embeddings, found, strict=True)]

    def embed(self, images: Sequence[Picture] | np.ndarray) -> np.ndarray:
        """Embed pictures, or (N, 28, 28) uint8 ink as it is: (N, dim) float32, rows of length 1."""
        if isinstance(images, np.ndarray):
            if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
                raise ValueError(f"Expected ink as a uint8 array (N, 28, 28), got {images.dtype} {images.shape}.")
            return self._embed(images)
        if isinstance(images, str | bytes | os.PathLike | Image.Image):
            raise ValueError("Expected a list of pictures; for one, write [picture].")
        return self._embed(np.stack([to_ink(image) for image in images]) if len(images) else np.zeros((0, SIDE, SIDE)))

    def _embed(self, ink: np.ndarray, head: str = "digits") -> np.ndarray:
        return embed(self.net, torch.from_numpy(np.require(ink, requirements="W"))[:, None], head).numpy()

    def compare(self, a: Picture, b: Picture) -> Comparison:
        """Whether two pictures show the same symbol. `compare(a, b)` equals `compare(b, a)`."""
        a, b = self.read_all([a, b])
        distance = float(np.linalg.norm(a.embedding - b.embedding))
        strange = [name for name, symbol in (("first", a), ("second", b)) if self.is_novel(symbol)]
        return Comparison(
            distance,
            float(self.calibration.probability(distance)),
            self.calibration.same(distance),
            _note(strange),
        )

    def neighbours(self, image: Picture, k: int = 10, among: np.ndarray | None = None) -> list[Neighbour]:
        """The k pictures of the gallery that are nearest, exactly, nearest first.

        Args:
            k: 1 or more; at most as many as there are come back.
            among: gallery indices to search, all of them if None.
        """
        if not 1 <= k:
            raise ValueError(f"k must be at least 1, got {k}.")
        symbol = self.read(image)
        if among is None and k <= len(symbol.near):
            return list(symbol.near[:k])
        return self._search(symbol.embedding[None], k, among)[0]

    def _search(self, embeddings: np.ndarray, k: int, among: np.ndarray | None = None) -> list[list[Neighbour]]:
        """The neighbours of each of (N, dim) embeddings."""
        indices, distances = self.gallery.search(embeddings, k, among)
        labels, probabilities = self.gallery.labels[indices], self.calibration.probability(distances)
        columns = (column.tolist() for column in (indices, labels, distances, probabilities))
        return [list(map(Neighbour, *query)) for query in zip(*columns, strict=True)]

    def neighbours_of(self, index: int, k: int = 10) -> list[Neighbour]:
        """The k pictures of the gallery that are nearest to one of them, itself left out."""
        (found,) = self._search(self.gallery.embeddings[index][None], k + 1)
        return [neighbour for neighbour in found if neighbour.index != index][:k]

    def differences(self, a: Picture, b: Picture) -> tuple[np.ndarray, np.ndarray]:
        """Where two pictures differ: two (28, 28) uint8 maps, bright where ink keeps the pair apart.

        Input times gradient of the distance (Shrikumar et al., 2016), smoothed: ink that the distance
        would fall without.
        """
        inks = np.stack([symbol.ink for symbol in self.read_all([a, b])])
        pictures = (torch.from_numpy(inks)[:, None].float() / 255).requires_grad_()
        embeddings = self.net(pictures)
        (gradient,) = torch.autograd.grad(
            torch.nn.functional.pairwise_distance(embeddings[:1], embeddings[1:]), pictures
        )
        heat = (gradient * pictures).detach().clamp(min=0)
        heat = torch.nn.functional.avg_pool2d(heat, 3, 1, 1)[:, 0].numpy()
        heat = np.rint(heat / max(float(heat.max()), 1e-9) * 255).astype(np.uint8)
        return heat[0], heat[1]

    def is_novel(self, image: Picture) -> bool:
        """Whether a picture looks like nothing in the gallery: farther from it than 99 % of unseen digits are."""
        nearest = self.neighbours(image, NOVELTY_RANK)
        return nearest[-1].distance > self.calibration.novelty

    def recognise(self, support: Sequence[tuple[str, Picture]], query: Picture) -> Recognition:
        """Name a symbol from examples of the candidates, none of which need ever have been trained on.

        Args:
            support: (label, picture) pairs, one or more for each label.
        """
        pictures = [*(picture for _, picture in support), query]
        inks = [picture.ink if isinstance(picture, Symbol) else to_ink(picture) for picture in pictures]
        embeddings = self._embed(np.stack(inks), head="symbols")
        labels = [label for label, _ in support]
        return recognise(embeddings[:-1], labels, embeddings[-1], self.bundle.symbol_calibration)

    def locate(self, image: Picture) -> tuple[float, float]:
        """Where a picture stands on the map."""
        near = self.neighbours(image, projection.NEIGHBOURS)
        places = self.gallery.xy[[neighbour.index for neighbour in near]]
        return projection.place(places, np.array([neighbour.distance for neighbour in near]))


def _note(strange: list[str]) -> str:
    if not strange:
        return ""
    if len(strange) == 2:
        return "Both pictures look like nothing in the gallery, so read the score with care."
    return f"The {strange[0]} picture looks like nothing in the gallery, so read the score with care."


def load(source: str | os.PathLike | None = None, revision: str | None = None) -> Matcher:
    """Load a bundle.

    Args:
        source: None for the one that ships with the code, a folder, or `user/repo` on the Hugging Face Hub.
        revision: of the repository: a branch, a tag or a commit.

    Raises:
        ValueError: there is no such folder or repository, or it holds no valid bundle.
    """
    if source is None:
        return Matcher.of(PRETRAINED, "pretrained")
    if names_folder(source):
        return Matcher.of(Path(source).expanduser(), str(source))
    from siamese.bundle import hub

    pulled = hub.pull(str(source), revision)
    return Matcher.of(pulled.folder, pulled.name)


def names_folder(source: str | os.PathLike) -> bool:
    """Whether a source is a folder rather than `user/repo` or `user/repo@revision`: one that is there wins."""
    name = str(source)
    return Path(source).is_dir() or name.startswith((".", "/", "~")) or name.partition("@")[0].count("/") != 1
