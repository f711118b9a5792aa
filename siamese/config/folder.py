"""What a run on a folder of one's own pictures learns from, and on which side of the split its classes stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from siamese.config.model import FitName, InputKind
from siamese.config.values import coerce

SplitName = Literal["classes", "pictures"]


@dataclass(frozen=True)
class FolderConfig:
    """Own pictures, one folder a class. What is None is chosen from the pictures when they are read.

    Attributes:
        kind: `photo` or `document`; what the network's input is.
        image_size: height and width of that input, in pixels.
        channels: 1 for grey, 3 for colours.
        fit: `pad` or `crop`, for pictures of other proportions than the input's.
        split: by class, so that it is measured on classes never trained on, or by picture.
        group_by: which classes stay on one side of the split: a separator, a pattern or a table of groups
            (`data.groups`).
        limit: train and measure on so many pictures, for a smoke run.
        per_class: pictures of a class in a batch.
        classes: in a batch, at most.
        hard_share: share of the batches whose classes are alike by name or group, where there are groups; 0 to 1.
        passes: over the pictures in an epoch; None for as many as make an epoch of a small folder worth measuring.
    """

    kind: InputKind | None = None
    image_size: tuple[int, int] | None = None
    channels: int | None = None
    fit: FitName | None = None
    split: SplitName | None = None
    group_by: str | None = None
    limit: int | None = None
    per_class: int = 4
    classes: int = 32
    hard_share: float = 0.5
    passes: int | None = None

    def __post_init__(self) -> None:
        coerce(self)
        if self.kind == "ink":
            raise ValueError("kind must be photo or document: ink is the form of MNIST's digits")
        for name, least in (("limit", 20), ("per_class", 2), ("classes", 2), ("passes", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ValueError(f"{name} must be at least {least}, got {value}")
        if self.channels not in (None, 1, 3):
            raise ValueError(f"channels must be 1 for grey or 3 for colours, got {self.channels}")
        if not 0 <= self.hard_share <= 1:
            raise ValueError(f"hard_share must lie between 0 and 1, got {self.hard_share}")
