"""Sources of training pictures: each has a role, and a share of the batches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from siamese.config import SourceConfig
from siamese.data.images import LabeledImages


class Role(str, Enum):
    """The kind of a source's pictures. It determines which heads of the network learn from them.

    Attributes:
        DIGIT: digits. A network with two heads learns them by the first, "digits".
        SYMBOL: other symbols. A network with two heads learns them by the second, "symbols".
        SYNTHETIC: artificial classes, which are learned like symbols.
        PHOTO: own pictures, photographs or documents. A network with a single head learns them by that.
        OUTLIER: pictures that belong to no class. Two of them never form a positive pair.
    """

    DIGIT = "digit"
    SYMBOL = "symbol"
    SYNTHETIC = "synthetic"
    PHOTO = "photo"
    OUTLIER = "outlier"


@dataclass(frozen=True)
class Source:
    """Pictures to train on, and their share of the batches.

    Attributes:
        pictures: the labelled pictures. Classes of the same name in two sources are the same class.
        role: the kind of all the pictures.
        per_class: number of pictures of each class in a batch.
        classes: number of the source's classes in a batch; None for all.
        every: 1 to be in every batch, 4 in every fourth one.
        passes: over its pictures in an epoch, where it is the first source.
        alike: sets of classes, as labels, that are hard to tell apart.
        hard_share: share of the batches that are drawn from such sets; 0 to 1.
    """

    pictures: LabeledImages
    role: Role
    per_class: int
    classes: int | None = None
    every: int = 1
    passes: int = 1
    alike: tuple[tuple[int, ...], ...] = ()
    hard_share: float = 0.0

    @property
    def batch(self) -> int:
        """How many of its pictures a batch holds."""
        count = len(self.pictures.labels.unique())
        return self.per_class * min(self.classes or count, count)

    @property
    def steps(self) -> int:
        """Of an epoch, where it is the first source."""
        return max(1, self.passes * len(self.pictures) // self.batch)

    @classmethod
    def of(cls, pictures: LabeledImages, role: Role, config: SourceConfig) -> Source:
        """A source with the shares of a configuration. Its `pictures` count is not used here."""
        return cls(pictures, role, config.per_class, config.classes, config.every)
