"""Where training pictures come from: each source has a role, and a share of every batch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from siamese.config import SourceConfig
from siamese.data.images import LabeledImages


class Role(str, Enum):
    """What a source's pictures are, which decides the heads that learn from them.

    DIGIT and SYMBOL each have a head of that name, where the network has one for both. SYNTHETIC are made-up classes,
    learned as symbols are. OUTLIER pictures belong to no class: nothing is like them, not even another outlier.
    """

    DIGIT = "digit"
    SYMBOL = "symbol"
    SYNTHETIC = "synthetic"
    OUTLIER = "outlier"


@dataclass(frozen=True)
class Source:
    """Pictures to learn from.

    Attributes:
        pictures: classes are told apart by name: the same name in two sources is the same class.
        role: of all the pictures.
        per_class: pictures of each class in a batch.
        classes: of the source in a batch; None for all of them.
        every: 1 for a share in every batch, 4 for one in every fourth.
    """

    pictures: LabeledImages
    role: Role
    per_class: int
    classes: int | None = None
    every: int = 1

    @classmethod
    def of(cls, pictures: LabeledImages, role: Role, config: SourceConfig) -> Source:
        """A source with the shares of a batch that a configuration names."""
        return cls(pictures, role, config.per_class, config.classes, config.every)
