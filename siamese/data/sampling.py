"""Class-balanced batches: each batch has a fixed number of classes, and of pictures per class.

The losses use all pairs within a batch, so a batch of B pictures yields B (B - 1) / 2 pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch.utils.data import DataLoader

from siamese.data.reading import StreamedPictures
from siamese.data.sources import Source
from siamese.models.device import usable_cores


@dataclass(frozen=True)
class Group:
    """The classes of a source, and their share of a batch.

    Attributes:
        members: for each class, the indices of its pictures, (n,) int64.
        classes: number of classes in a batch.
        per_class: number of pictures of each of these classes.
        every: 1 to be in every batch, 2 in every second one, and so on.
        alike: sets of classes that are hard to tell apart, as indices into `members`.
        hard_share: share of the batches whose classes are drawn from such sets, several of each.
    """

    members: list[torch.Tensor]
    classes: int
    per_class: int
    every: int = 1
    alike: tuple[tuple[int, ...], ...] = ()
    hard_share: float = 0.0

    @classmethod
    def of(cls, source: Source, offset: int = 0) -> Group:
        """The group of a source.

        Args:
            source: its classes without pictures are left out.
            offset: the index of its first picture in the joined data.
        """
        labels = source.pictures.labels
        present = labels.unique()
        members = [torch.nonzero(labels == label).flatten() + offset for label in present]
        number = {int(label): index for index, label in enumerate(present)}
        alike = [tuple(number[label] for label in labels if label in number) for labels in source.alike]
        return cls(
            members,
            len(members) if source.classes is None else min(source.classes, len(members)),
            source.per_class,
            source.every,
            tuple(labels for labels in alike if len(labels) > 1),
            source.hard_share,
        )


def groups_of(sources: Sequence[Source]) -> list[Group]:
    """One group for each source. Its indices refer to the pictures of all sources, concatenated in the given order."""
    groups, offset = [], 0
    for source in sources:
        groups.append(Group.of(source, offset))
        offset += len(source.pictures)
    return groups


def epoch_seed(seed: int, epoch: int) -> int:
    """A seed for an epoch of a run."""
    return seed * 100003 + epoch


def epoch_generator(seed: int, epoch: int) -> torch.Generator:
    """A generator for an epoch of a run: what it draws follows from the two numbers alone."""
    return torch.Generator().manual_seed(epoch_seed(seed, epoch))


class ClassBalancedSampler:
    """Draws batches with a fixed number of classes from each group, and of pictures from each class.

    Classes and pictures are drawn without replacement: each is drawn once before any is drawn again.

    Args:
        groups: the groups to draw from; their pictures are in a batch in this order.
        batches: number of batches in an epoch.
        seed: determines all draws, together with the number of the epoch.

    Raises:
        ValueError: there are fewer than two classes, or no class has two pictures in a batch.
    """

    def __init__(self, groups: list[Group], batches: int, seed: int = 0) -> None:
        classes = [members for group in groups for members in group.members]
        if len(classes) < 2:
            raise ValueError(f"To learn what is different takes at least two classes, the data has {len(classes)}.")
        if max(group.per_class for group in groups) < 2:
            raise ValueError("To learn what is the same takes at least two pictures of a class in a batch.")
        self.groups, self.batches, self.seed = groups, batches, seed

    def __len__(self) -> int:
        return self.batches

    def epoch(self, number: int) -> Iterator[torch.Tensor]:
        """The batches of an epoch, (B,) int64 indices each. The same seed and number give the same batches."""
        generator = epoch_generator(self.seed, number)
        pictures = [[_Pool(members, generator) for members in group.members] for group in self.groups]
        classes = [_Classes(group, generator) for group in self.groups]
        for batch in range(self.batches):
            drawn = []
            for group, of_class, of_group in zip(self.groups, pictures, classes, strict=True):
                if batch % group.every == 0:
                    chosen = of_group.draw()
                    drawn += [of_class[label].draw(group.per_class) for label in chosen]
            yield torch.cat(drawn)


def batches(images: torch.Tensor | StreamedPictures, indices: Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
    """The pictures of each batch, read ahead by worker processes where they are not in memory.

    Args:
        images: (N, C, H, W) uint8.
        indices: (B,) int64 of each batch.

    Raises:
        ValueError: a file cannot be read any more.
    """
    if isinstance(images, torch.Tensor):
        for index in indices:
            yield images[index.to(images.device)]
        return
    numbers = [index.tolist() for index in indices]
    loader = iter(DataLoader(images, batch_sampler=numbers, num_workers=usable_cores()))
    for _ in numbers:
        try:
            read = next(loader)
        except ValueError as error:
            # A worker's message ends with what it was about. Nothing refers to the loader any more: its workers stop.
            why = str(error.with_traceback(None)).strip().splitlines()[-1].removeprefix("ValueError: ")
            del loader
            raise ValueError(why) from error
        yield read
    next(loader, None)  # at its end the workers stop


class _Classes:
    """Draws the classes of a group for a batch: from all of them, or from a few sets that are alike."""

    def __init__(self, group: Group, generator: torch.Generator) -> None:
        self.group, self.generator = group, generator
        self.all = _Pool(torch.arange(len(group.members)), generator)
        self.sets = _Pool(torch.arange(len(group.alike)), generator)

    def draw(self) -> list[int]:
        group = self.group
        if not group.alike or float(torch.rand((), generator=self.generator)) >= group.hard_share:
            return self.all.draw(group.classes).tolist()
        chosen: dict[int, None] = {}
        for label in self._of_sets():
            chosen.setdefault(label)
            if len(chosen) == group.classes:
                break
        return list(chosen)

    def _of_sets(self) -> Iterator[int]:
        """Classes of one set after the other: at most half a batch of each, so that it also holds pairs that are easy."""
        group = self.group
        for number in self.sets.draw(min(len(group.alike), group.classes)).tolist():
            order = torch.randperm(len(group.alike[number]), generator=self.generator)
            yield from (group.alike[number][place] for place in order[: max(2, group.classes // 2)].tolist())


class _Pool:
    """Draws indices without replacement, and reshuffles them when all have been drawn."""

    def __init__(self, indices: torch.Tensor, generator: torch.Generator) -> None:
        self.indices, self.generator = indices, generator
        self.order, self.at = indices[:0], 0

    def draw(self, count: int) -> torch.Tensor:
        drawn = self.order[self.at : self.at + count]
        self.at += count
        while len(drawn) < count:
            self.order = self.indices[torch.randperm(len(self.indices), generator=self.generator)]
            self.at = count - len(drawn)
            drawn = torch.cat([drawn, self.order[: self.at]])
        return drawn
