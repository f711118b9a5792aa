"""A set of pictures that was embedded once, and whose pairs are measured once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional

from siamese.config import Views
from siamese.data.images import LabeledImages, in_memory, join
from siamese.models.inference import embed, unit_features
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.distances import PairDistances, pair_distances


@dataclass(frozen=True)
class EmbeddedSet:
    """Pictures, and what a network or a baseline makes of them.

    Attributes:
        pictures: N labelled pictures.
        embeddings: (N, dim) float32, rows of length 1.
    """

    pictures: LabeledImages
    embeddings: Tensor

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def labels(self) -> Tensor:
        """(N,) int64."""
        return self.pictures.labels

    @cached_property
    def pairs(self) -> PairDistances:
        """Distances of all pairs, counted when they are first asked for."""
        return pair_distances(self.embeddings, self.labels)

    def subset(self, index: Tensor) -> EmbeddedSet:
        """Some of the pictures, without embedding them again."""
        return EmbeddedSet(self.pictures.subset(index), self.embeddings[index])


def embedded(net: EmbeddingNet, pictures: LabeledImages, views: Views, head: str | None = None) -> EmbeddedSet:
    """Embed a set by a head, the first one if None, with test-time augmentation."""
    return EmbeddedSet(pictures, embed(net, pictures.images, head, views))


def joined(first: EmbeddedSet, second: EmbeddedSet) -> EmbeddedSet:
    """Two sets as one, without embedding them again."""
    return EmbeddedSet(join(first.pictures, second.pictures), torch.cat([first.embeddings, second.embeddings]))


def together(sets: Sequence[EmbeddedSet]) -> EmbeddedSet:
    """What several networks make of the same pictures, as one: their squared distances are averaged.

    Args:
        sets: of the same pictures in the same order; the first one's pictures are kept.

    Returns:
        the embeddings side by side, brought to length 1 again.
    """
    rows = torch.cat([each.embeddings for each in sets], dim=1)
    return EmbeddedSet(sets[0].pictures, rows / len(sets) ** 0.5)


def raw_pixels(pictures: LabeledImages) -> EmbeddedSet:
    """The raw-pixel baseline: pictures as unit vectors."""
    return EmbeddedSet(pictures, unit_pixels(in_memory(pictures)))


def frozen_features(net: EmbeddingNet, pictures: LabeledImages) -> EmbeddedSet:
    """The baseline of a pretrained backbone that was not trained any further: its features as unit vectors."""
    return EmbeddedSet(pictures, unit_features(net, pictures.images))


def unit_pixels(images: Tensor) -> Tensor:
    """(N, channels, H, W) uint8 pictures as (N, channels * H * W) float32 unit vectors."""
    return functional.normalize(images.flatten(1).float(), dim=1)
