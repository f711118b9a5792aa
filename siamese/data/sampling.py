"""What a network learns from at a time: class-balanced batches, pairs, triplets.

Class-balanced batches are the default: every pair within the batch counts, so one forward pass of B
pictures yields B (B - 1) / 2 pairs. `PairDataset` and `TripletDataset` are the classic form, in which
each item is a pair or a triplet of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.utils.data import Dataset

from siamese.data.images import LabeledImages


@dataclass(frozen=True)
class Group:
    """Classes that a batch takes a share of.

    Attributes:
        members: for each class of the group, the indices of its pictures.
        classes: how many classes of the group a batch holds.
        per_class: how many pictures of each.
        every: 2 for every second batch, and so on.
    """

    members: list[torch.Tensor]
    classes: int
    per_class: int
    every: int = 1

    @classmethod
    def of(cls, labels: torch.Tensor, classes: int, per_class: int, offset: int = 0, every: int = 1) -> Group:
        """Group the pictures by label; `offset` is the place of the first in the joined data."""
        members = [torch.nonzero(labels == label).flatten() + offset for label in labels.unique()]
        return cls(members, min(classes, len(members)), per_class, every)


class ClassBalancedSampler:
    """Batches with a fixed number of classes of each group, and of pictures of each class.

    Within a class, pictures come in a random order and each once before any comes again.
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
        decks = [[_Deck(members, generator) for members in group.members] for group in self.groups]
        turns = [_Deck(torch.arange(len(group.members)), generator) for group in self.groups]
        for batch in range(self.batches):
            drawn = []
            for group, deck, turn in zip(self.groups, decks, turns, strict=True):
                if batch % group.every == 0:
                    drawn += [deck[label].draw(group.per_class) for label in turn.draw(group.classes).tolist()]
            yield torch.cat(drawn)


class _Deck:
    """Cards that are dealt in a random order, and shuffled again when they run out."""

    def __init__(self, cards: torch.Tensor, generator: torch.Generator) -> None:
        self.cards, self.generator = cards, generator
        self.order, self.at = cards[:0], 0

    def draw(self, count: int) -> torch.Tensor:
        hand = self.order[self.at : self.at + count]
        self.at += count
        while len(hand) < count:
            self.order = self.cards[torch.randperm(len(self.cards), generator=self.generator)]
            self.at = count - len(hand)
            hand = torch.cat([hand, self.order[: self.at]])
        return hand


class _ByClass:
    """Draws pictures of the same class as a picture, or of another."""

    def __init__(self, labels: torch.Tensor) -> None:
        self.labels = labels
        self.order = labels.argsort(stable=True)
        self.counts = torch.bincount(labels)
        self.starts = self.counts.cumsum(0) - self.counts
        present = self.counts[self.counts > 0]
        if len(present) < 2:
            raise ValueError(f"To learn what is different takes at least two classes, the data has {len(present)}.")
        if int(present.min()) < 2:
            raise ValueError("To learn what is the same takes at least two pictures of every class.")
        self.rank = torch.empty_like(self.order)
        self.rank[self.order] = torch.arange(len(labels)) - self.starts[labels[self.order]]

    def same(self, index: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """For each picture another one of its class, never itself."""
        label = self.labels[index]
        step = 1 + (torch.rand(len(index), generator=generator) * (self.counts[label] - 1)).long()
        return self.order[self.starts[label] + (self.rank[index] + step) % self.counts[label]]

    def different(self, index: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """For each picture one of another class; classes count as they are frequent."""
        label = self.labels[index]
        count = self.counts[label]
        place = (torch.rand(len(index), generator=generator) * (len(self.labels) - count)).long()
        return self.order[torch.where(place < self.starts[label], place, place + count)]


class PairDataset(Dataset):
    """Pairs of pictures, half of them of the same class.

    Item: (picture, picture, same), with pictures (1, 28, 28) uint8 and `same` 1.0 or 0.0. Picture `i`
    is the first of pair `i`. With `fixed` the pairs are the same for ever, for evaluation; otherwise
    `set_epoch` draws new ones.
    """

    def __init__(self, data: LabeledImages, seed: int = 0, fixed: bool = False) -> None:
        self.data, self.seed, self.fixed = data, seed, fixed
        self.by_class = _ByClass(data.labels)
        self._draw(0)

    def set_epoch(self, epoch: int) -> None:
        if not self.fixed:
            self._draw(epoch)

    def _draw(self, epoch: int) -> None:
        generator = torch.Generator().manual_seed(self.seed * 100003 + epoch)
        first = torch.arange(len(self.data))
        self.same = torch.randperm(len(first), generator=generator) % 2 == 0
        second = torch.empty_like(first)
        second[self.same] = self.by_class.same(first[self.same], generator)
        second[~self.same] = self.by_class.different(first[~self.same], generator)
        self.pairs = torch.stack([first, second], dim=1)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        first, second = self.pairs[index]
        return self.data.images[first], self.data.images[second], self.same[index].float()


class TripletDataset(Dataset):
    """(anchor, positive, negative), pictures (1, 28, 28) uint8; `set_epoch` draws new ones."""

    def __init__(self, data: LabeledImages, seed: int = 0) -> None:
        self.data, self.seed = data, seed
        self.by_class = _ByClass(data.labels)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        generator = torch.Generator().manual_seed(self.seed * 100003 + epoch)
        anchor = torch.arange(len(self.data))
        positive = self.by_class.same(anchor, generator)
        negative = self.by_class.different(anchor, generator)
        self.triplets = torch.stack([anchor, positive, negative], dim=1)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        anchor, positive, negative = self.triplets[index]
        return self.data.images[anchor], self.data.images[positive], self.data.images[negative]
