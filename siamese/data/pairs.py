"""Data sets of pairs (Bromley et al., 1994) and triplets (Schroff et al., 2015), the classic Siamese training."""

from __future__ import annotations

import torch
from torch.utils.data import Dataset

from siamese.data.images import LabeledImages
from siamese.data.sampling import epoch_generator


class _Partners:
    """Draws partners for pictures: pictures of the same class, or of another class.

    Args:
        labels: (N,) int64, the class of each picture.

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
        """(B,) indices -> (B,) indices: for each a different picture of the same class."""
        label = self.labels[anchor]
        step = 1 + (torch.rand(len(anchor), generator=generator) * (self.counts[label] - 1)).long()
        return self.order[self.starts[label] + (self.rank[anchor] + step) % self.counts[label]]

    def negative(self, anchor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """(B,) indices -> (B,) indices: for each a picture of another class, all such pictures being equally likely."""
        label = self.labels[anchor]
        count = self.counts[label]
        place = (torch.rand(len(anchor), generator=generator) * (len(self.labels) - count)).long()
        return self.order[torch.where(place < self.starts[label], place, place + count)]


class PairDataset(Dataset):
    """Pairs of pictures, half of them of the same class.

    An item is (first, second, same): two pictures, (C, H, W) uint8, and a float32 scalar, 1.0 if they are of the same
    class, else 0.0. The first picture of pair `i` is picture `i` of the data.

    Args:
        data: the pictures.
        seed: determines all draws, together with the number of the epoch.
        fixed: keep the same pairs in all epochs, for evaluation.

    Raises:
        ValueError: there are fewer than two classes, or a class has a single picture.
    """

    def __init__(self, data: LabeledImages, seed: int = 0, fixed: bool = False) -> None:
        self.data, self.seed, self.fixed = data, seed, fixed
        self.partners = _Partners(data.labels)
        self._draw(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the pairs of an epoch, unless they are fixed."""
        if not self.fixed:
            self._draw(epoch)

    def _draw(self, epoch: int) -> None:
        generator = epoch_generator(self.seed, epoch)
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
    """Triplets of pictures: an anchor, another picture of its class, and one of another class.

    An item is (anchor, positive, negative), each (C, H, W) uint8. The anchor of triplet `i` is picture `i` of the data.

    Args:
        data: the pictures.
        seed: determines all draws, together with the number of the epoch.

    Raises:
        ValueError: there are fewer than two classes, or a class has a single picture.
    """

    def __init__(self, data: LabeledImages, seed: int = 0) -> None:
        self.data, self.seed = data, seed
        self.partners = _Partners(data.labels)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the triplets of an epoch."""
        generator = epoch_generator(self.seed, epoch)
        anchor = torch.arange(len(self.data))
        positive = self.partners.positive(anchor, generator)
        negative = self.partners.negative(anchor, generator)
        self.triplets = torch.stack([anchor, positive, negative], dim=1)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        anchor, positive, negative = self.triplets[index]
        return self.data.images[anchor], self.data.images[positive], self.data.images[negative]
