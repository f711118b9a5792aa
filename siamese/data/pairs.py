"""The classic form of Siamese training, in which each item is a pair or a triplet of its own."""

from __future__ import annotations

import torch
from torch.utils.data import Dataset

from siamese.data.images import LabeledImages


class _Partners:
    """Draws, for pictures, others of their class or of another.

    Raises:
        ValueError: there are fewer than two classes, or a class has a single picture.
    """

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

    def positive(self, anchor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """(B,) indices -> for each another picture of its class, never itself."""
        label = self.labels[anchor]
        step = 1 + (torch.rand(len(anchor), generator=generator) * (self.counts[label] - 1)).long()
        return self.order[self.starts[label] + (self.rank[anchor] + step) % self.counts[label]]

    def negative(self, anchor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """(B,) indices -> for each a picture of another class; classes count as they are frequent."""
        label = self.labels[anchor]
        count = self.counts[label]
        place = (torch.rand(len(anchor), generator=generator) * (len(self.labels) - count)).long()
        return self.order[torch.where(place < self.starts[label], place, place + count)]


class PairDataset(Dataset):
    """Pairs of pictures, half of them of the same class.

    Item: (picture, picture, same), with pictures (C, H, W) uint8 and `same` 1.0 or 0.0. Picture `i` is the first of
    pair `i`.

    Args:
        data: the pictures.
        seed: with the epoch's number, decides all draws.
        fixed: the pairs stay as they are, for evaluation; otherwise `set_epoch` draws new ones.
    """

    def __init__(self, data: LabeledImages, seed: int = 0, fixed: bool = False) -> None:
        self.data, self.seed, self.fixed = data, seed, fixed
        self.partners = _Partners(data.labels)
        self._draw(0)

    def set_epoch(self, epoch: int) -> None:
        if not self.fixed:
            self._draw(epoch)

    def _draw(self, epoch: int) -> None:
        generator = torch.Generator().manual_seed(self.seed * 100003 + epoch)
        first = torch.arange(len(self.data))
        self.same = torch.randperm(len(first), generator=generator) % 2 == 0
        second = torch.empty_like(first)
        second[self.same] = self.partners.positive(first[self.same], generator)
        second[~self.same] = self.partners.negative(first[~self.same], generator)
        self.pairs = torch.stack([first, second], dim=1)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        first, second = self.pairs[index]
        return self.data.images[first], self.data.images[second], self.same[index].float()


class TripletDataset(Dataset):
    """(anchor, positive, negative), pictures (C, H, W) uint8; `set_epoch` draws new ones.

    Args:
        data: the pictures; picture `i` is the anchor of triplet `i`.
        seed: with the epoch's number, decides all draws.
    """

    def __init__(self, data: LabeledImages, seed: int = 0) -> None:
        self.data, self.seed = data, seed
        self.partners = _Partners(data.labels)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        generator = torch.Generator().manual_seed(self.seed * 100003 + epoch)
        anchor = torch.arange(len(self.data))
        positive = self.partners.positive(anchor, generator)
        negative = self.partners.negative(anchor, generator)
        self.triplets = torch.stack([anchor, positive, negative], dim=1)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        anchor, positive, negative = self.triplets[index]
        return self.data.images[anchor], self.data.images[positive], self.data.images[negative]
