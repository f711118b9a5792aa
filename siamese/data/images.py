"""The labelled set: pictures, what they show, and how a set is split.

Everything is held as one uint8 tensor, so that it fits on the device and batches are cut from it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from siamese.inputs.ink import SIDE

VALIDATION_SIZE = 5000  # of MNIST's 60,000 training images
SPLIT_SEED = 2015  # of the one split that every run shares, whatever its own seed


@dataclass(frozen=True)
class LabeledImages:
    """Pictures and what they show.

    Attributes:
        images: (N, C, H, W) uint8, C being 1 or 3; ink is white on black.
        labels: (N,) int64, indices of `names`.
        names: of the classes, all different; some may have no picture.

    Raises:
        ValueError: the parts do not belong together.
    """

    images: torch.Tensor
    labels: torch.Tensor
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        shape = tuple(self.images.shape)
        if self.images.dtype != torch.uint8 or len(shape) != 4 or shape[1] not in (1, 3):
            raise ValueError(f"images must be uint8 of shape (N, 1 or 3, H, W), got {self.images.dtype} {shape}")
        if self.labels.shape != self.images.shape[:1]:
            raise ValueError(f"{len(self.images)} images have {len(self.labels)} labels")
        if len(set(self.names)) < len(self.names):
            raise ValueError("two classes have the same name")
        if len(self.labels) and not 0 <= int(self.labels.min()) <= int(self.labels.max()) < len(self.names):
            raise ValueError(
                f"labels go from {int(self.labels.min())} to {int(self.labels.max())}, and there are {len(self.names)} names"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, index: torch.Tensor) -> LabeledImages:
        """Some of the pictures, by indices or by a mask."""
        return LabeledImages(self.images[index], self.labels[index], self.names)

    def without(self, labels: Sequence[int]) -> LabeledImages:
        """All pictures but those of the given classes; names stay, so that labels mean what they meant."""
        return self.subset(~torch.isin(self.labels, torch.tensor(labels, dtype=self.labels.dtype)))

    def to(self, device: torch.device | str) -> LabeledImages:
        """The same on a device."""
        return LabeledImages(self.images.to(device), self.labels.to(device), self.names)


def join(*parts: LabeledImages) -> LabeledImages:
    """All pictures of several sets, one set after the other.

    Args:
        parts: at least one set, all of the same picture size. Classes of the same name become one class; names are
            numbered in the order in which they first appear.
    """
    names = tuple(dict.fromkeys(name for part in parts for name in part.names))
    number = {name: index for index, name in enumerate(names)}
    labels = [torch.tensor([number[name] for name in part.names], dtype=torch.int64)[part.labels] for part in parts]
    return LabeledImages(torch.cat([part.images for part in parts]), torch.cat(labels), names)


def from_ink(pictures: Sequence[np.ndarray], labels: Sequence[int], names: tuple[str, ...]) -> LabeledImages:
    """A set of single pictures of ink.

    Args:
        pictures: (28, 28) uint8 each; there may be none.
        labels: one a picture, indices of `names`.
        names: of the classes.
    """
    stacked = np.stack(pictures) if pictures else np.zeros((0, SIDE, SIDE), np.uint8)
    return LabeledImages(torch.from_numpy(stacked)[:, None], torch.tensor(labels, dtype=torch.int64), names)


@dataclass(frozen=True)
class Split:
    """A set in two parts. No picture is in both.

    Attributes:
        fit: to learn from.
        validation: to make choices by.
        fit_index: (len(fit),) int64, the index of each picture of `fit` in the whole set. One embedding of the whole
            set, indexed, thus serves both parts.
        validation_index: (len(validation),) int64, likewise.
    """

    fit: LabeledImages
    validation: LabeledImages
    fit_index: torch.Tensor
    validation_index: torch.Tensor


def split_by_picture(pictures: LabeledImages, size: int = VALIDATION_SIZE) -> Split:
    """Split a set once, stratified by class, before any pair is made of it.

    The split is the same for every call: its seed is `SPLIT_SEED`, whatever the seed of a run.

    Args:
        pictures: such as MNIST's training images.
        size: number of pictures in the validation part. Each class gives its share of them, within one picture.
    """
    generator = torch.Generator().manual_seed(SPLIT_SEED)
    shuffled = torch.randperm(len(pictures), generator=generator)
    counts = torch.bincount(pictures.labels)
    exact = counts * size / max(len(pictures), 1)
    shares = exact.long()
    # What rounding down leaves goes to the classes that lost most by it.
    shares[(exact - shares).argsort(descending=True, stable=True)[: size - int(shares.sum())]] += 1
    held_out = torch.zeros(len(pictures), dtype=torch.bool)
    for label in pictures.labels.unique():
        members = shuffled[pictures.labels[shuffled] == label]
        held_out[members[: shares[label]]] = True
    fit, validation = torch.nonzero(~held_out).flatten(), torch.nonzero(held_out).flatten()
    return Split(pictures.subset(fit), pictures.subset(validation), fit, validation)


def limit(pictures: LabeledImages, size: int, seed: int = 0) -> LabeledImages:
    """At most `size` pictures, drawn at random without repetition.

    Args:
        pictures: returned as they are if there are no more than `size`.
        size: number of pictures.
        seed: of the draw.
    """
    if size >= len(pictures):
        return pictures
    return pictures.subset(torch.randperm(len(pictures), generator=torch.Generator().manual_seed(seed))[:size])
