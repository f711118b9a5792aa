"""Splits by class: what is chosen by and reported on shows classes that were never trained on (an open set)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from siamese.config import SplitName
from siamese.data.groups import Groups
from siamese.data.images import SPLIT_SEED, LabeledImages, split_by_picture

SHARE = 0.2  # of the groups of classes, to choose by, and as many to report on


@dataclass(frozen=True)
class ClassSplit:
    """Classes in three disjoint parts, as indices of their names.

    Attributes:
        fit: to train on.
        validation: to choose and to calibrate by.
        test: to report on.
    """

    fit: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


def split_by_class(groups: Sequence[str]) -> ClassSplit:
    """Split classes at random; classes of one group stay together.

    The split follows from the groups' names alone, whatever the seed of a run, so that runs can be compared.

    Args:
        groups: the group of each class; the class's own name where it stands alone.

    Returns:
        about 60, 20 and 20 % of the groups' classes.

    Raises:
        ValueError: there are fewer than four groups, too few for three parts.
    """
    names = sorted(set(groups))
    if len(names) < 4:
        raise ValueError(
            f"A split by class takes at least 4 groups of classes, got {len(names)}. Use --split pictures."
        )
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(SPLIT_SEED)).tolist()
    held_out = max(1, round(len(names) * SHARE))
    parts = (order[2 * held_out :], order[held_out : 2 * held_out], order[:held_out])
    chosen = [{names[index] for index in part} for part in parts]
    fit, validation, test = (tuple(number for number, group in enumerate(groups) if group in part) for part in chosen)
    return ClassSplit(fit, validation, test)


def split_pictures(pictures: LabeledImages, groups: Groups, split: SplitName) -> tuple[torch.Tensor, ...]:
    """Split pictures in three parts, about 60, 20 and 20 %: to fit, to choose by, to report on.

    Args:
        pictures: all of them.
        groups: which classes belong together; by picture it does not matter.
        split: "classes" for parts that share no class and no group, "pictures" for parts that show the same classes.

    Returns:
        int64 indices of the pictures of each part.

    Raises:
        ValueError: there are too few classes or pictures for three parts.
    """
    parts = _by_class(pictures, groups) if split == "classes" else _by_picture(pictures)
    for name, part in zip(("to fit", "to choose by", "to report on"), parts, strict=True):
        counts = torch.bincount(pictures.labels[part])
        present, largest = int((counts > 0).sum()), int(counts.max()) if len(counts) else 0
        if present < 2 or largest < 2:
            other = "pictures" if split == "classes" else "classes"
            raise ValueError(
                f"Split by {split}, the part {name} has {present} classes, the largest of {largest} pictures: too few. "
                f"Add pictures, or try --split {other}."
            )
    return parts


def _by_class(pictures: LabeledImages, groups: Groups) -> tuple[torch.Tensor, ...]:
    split = split_by_class(groups.of_class)
    parts = (split.fit, split.validation, split.test)
    return tuple(torch.nonzero(torch.isin(pictures.labels, torch.tensor(part))).flatten() for part in parts)


def _by_picture(pictures: LabeledImages) -> tuple[torch.Tensor, ...]:
    held_out = round(len(pictures) * SHARE)
    first = split_by_picture(pictures, held_out)
    second = split_by_picture(first.fit, held_out)
    return first.fit_index[second.fit_index], first.fit_index[second.validation_index], first.validation_index
