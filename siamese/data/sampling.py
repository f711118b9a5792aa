"""Class-balanced batches: every pair within a batch counts, so B pictures yield B (B - 1) / 2 pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from siamese.data.sources import Source


@dataclass(frozen=True)
class Group:
    """The classes of a source, and the share of a batch that they get.

    Attributes:
        members: for each class, the indices of its pictures.
        classes: how many of the classes a batch holds. per_class: how many pictures of each.
        every: 2 for every second batch, and so on.
    """

    members: list[torch.Tensor]
    classes: int
    per_class: int
    every: int = 1

    @classmethod
    def of(cls, source: Source, offset: int = 0) -> Group:
        """The group of a source; `offset` is the index of its first picture in the joined data."""
        labels = source.pictures.labels
        members = [torch.nonzero(labels == label).flatten() + offset for label in labels.unique()]
        return cls(members, min(source.classes or len(members), len(members)), source.per_class, source.every)


def groups_of(sources: Sequence[Source]) -> list[Group]:
    """A group for each source, with indices into the sources' pictures joined in their order."""
    groups, offset = [], 0
    for source in sources:
        groups.append(Group.of(source, offset))
        offset += len(source.pictures)
    return groups


class ClassBalancedSampler:
    """Batches with a fixed number of classes of each group, and of pictures of each class.

    Within a class, pictures come in a random order, and each once before any comes again.

    Args:
        groups: what a batch is drawn from, in this order.
        batches: of an epoch.
        seed: with the epoch's number, decides all draws.

    Raises:
        ValueError: there are fewer than two classes, or no class with two pictures in a batch.
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
        """The batches of an epoch, as index tensors; the same ones for the same seed and number."""
        generator = torch.Generator().manual_seed(self.seed * 100003 + number)
        pictures = [[_Pool(members, generator) for members in group.members] for group in self.groups]
        classes = [_Pool(torch.arange(len(group.members)), generator) for group in self.groups]
        for batch in range(self.batches):
            drawn = []
            for group, of_class, of_group in zip(self.groups, pictures, classes, strict=True):
                if batch % group.every == 0:
                    chosen = of_group.draw(group.classes).tolist()
                    drawn += [of_class[label].draw(group.per_class) for label in chosen]
            yield torch.cat(drawn)


class _Pool:
    """Indices that are drawn without replacement, and shuffled anew when they run out."""

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
