"""Labelled pictures, and how to join, split and limit sets of them.

A set is a single uint8 tensor. It is small enough for the memory of a GPU, where batches are then indexed from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from siamese.data.reading import StreamedPictures
from siamese.inputs.ink import SIDE

VALIDATION_SIZE = 5000  # of MNIST's 60,000 training images
MEASURED = 20_000  # pictures for mean and standard deviation
SPLIT_SEED = 2015  # all runs share one split, whatever their own seed


@dataclass(frozen=True)
class LabeledImages:
    """Pictures and their classes.

    Attributes:
        images: (N, C, H, W) uint8, where C is 1 or 3. Ink is white on black. Of pictures that memory is too small for
            it is a `StreamedPictures`, which is sliced as a tensor is.
        labels: (N,) int64, indices into `names`.
        names: the names of the classes, all different. A class may have no pictures.

    Raises:
        ValueError: the images have another shape or data type, there are not as many labels as images, two names are
            equal, or a label is not an index into `names`.
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
        """Select pictures.

        Args:
            index: (M,) int64 indices, in any order, or an (N,) bool mask.
        """
        images = self.images.subset(index) if isinstance(self.images, StreamedPictures) else self.images[index]
        return LabeledImages(images, self.labels[index], self.names)

    def without(self, labels: Sequence[int]) -> LabeledImages:
        """All pictures except those of the given classes. `names` is kept, so labels keep their meaning.

        Args:
            labels: the classes to remove; may be empty.
        """
        return self.subset(~torch.isin(self.labels, torch.tensor(labels, dtype=self.labels.dtype)))

    def to(self, device: torch.device | str) -> LabeledImages:
        """The set on another device."""
        images = self.images if isinstance(self.images, StreamedPictures) else self.images.to(device)
        return LabeledImages(images, self.labels.to(device), self.names)


def join(*parts: LabeledImages) -> LabeledImages:
    """Concatenate sets. Classes of the same name become one class.

    Args:
        parts: at least one set, all with pictures of the same size.

    Returns:
        the pictures of the first set, then those of the second, and so on. Classes are numbered in the order in which
        their names first appear.
    """
    if len(parts) == 1:
        return parts[0]
    names = tuple(dict.fromkeys(name for part in parts for name in part.names))
    number = {name: index for index, name in enumerate(names)}
    labels = [torch.tensor([number[name] for name in part.names], dtype=torch.int64)[part.labels] for part in parts]
    images = torch.cat([in_memory(part) for part in parts])
    return LabeledImages(images, torch.cat(labels), names)


def in_memory(pictures: LabeledImages) -> torch.Tensor:
    """The pictures of a set as a tensor, read from the disk where they are not in memory."""
    return pictures.images[:]


def from_ink(pictures: Sequence[np.ndarray], labels: Sequence[int], names: tuple[str, ...]) -> LabeledImages:
    """Make a set of single pictures.

    Args:
        pictures: (28, 28) uint8 each; may be empty.
        labels: one for each picture, indices into `names`.
        names: the names of the classes.
    """
    stacked = np.stack(pictures) if pictures else np.zeros((0, SIDE, SIDE), np.uint8)
    return LabeledImages(torch.from_numpy(stacked)[:, None], torch.tensor(labels, dtype=torch.int64), names)


@dataclass(frozen=True)
class Split:
    """A set in two parts. No picture is in both.

    The indices allow embeddings of the whole set to be computed once and used for both parts.

    Attributes:
        fit: the pictures to train on.
        validation: the pictures for model selection and calibration.
        fit_index: (len(fit),) int64, the index of each picture of `fit` in the whole set.
        validation_index: (len(validation),) int64, the index of each picture of `validation` in the whole set.
    """

    fit: LabeledImages
    validation: LabeledImages
    fit_index: torch.Tensor
    validation_index: torch.Tensor


def split_by_picture(pictures: LabeledImages, size: int = VALIDATION_SIZE) -> Split:
    """Split a set at random, stratified by class.

    The split is by picture, before pairs are formed, so no pair has one picture in each part. It is the same in every
    call: its seed is `SPLIT_SEED`, whatever the seed of a run.

    Args:
        pictures: the set, such as MNIST's training images.
        size: number of pictures in the validation part, from 0 to `len(pictures)`. The share of each class is its
            share of the whole set, rounded up or down to a whole picture.
    """
    generator = torch.Generator().manual_seed(SPLIT_SEED)
    shuffled = torch.randperm(len(pictures), generator=generator)
    counts = torch.bincount(pictures.labels)
    exact = counts * size / max(len(pictures), 1)
    shares = exact.long()
    # The pictures that rounding down leaves over go to the classes with the largest remainders.
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
        pictures: the set. It is returned unchanged if it has no more than `size` pictures.
        size: number of pictures.
        seed: of the random draw.
    """
    if size >= len(pictures):
        return pictures
    return pictures.subset(torch.randperm(len(pictures), generator=torch.Generator().manual_seed(seed))[:size])


def mean_and_deviation(pictures: LabeledImages) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel of pixels in [0, 1]; of many pictures, of a random part."""
    index = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(SPLIT_SEED))[:MEASURED]
    some = pictures.subset(index.sort().values)
    total = squares = torch.zeros(pictures.images.shape[1], dtype=torch.float64)
    count = 0
    for start in range(0, len(some), 500):
        pixels = some.images[start : start + 500].double() / 255
        total, squares = total + pixels.sum(dim=(0, 2, 3)), squares + (pixels**2).sum(dim=(0, 2, 3))
        count += pixels[:, 0].numel()
    mean = total / count
    std = (squares / count - mean**2).clamp(min=0).sqrt().clamp(min=1e-3)
    return tuple(round(float(value), 4) for value in mean), tuple(round(float(value), 4) for value in std)
