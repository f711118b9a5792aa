"""What a run learns from, and what a batch takes of each source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from siamese.config.values import OPTIONAL, coerce

OmniglotSet = Literal["small1", "small2", "full"]


@dataclass(frozen=True)
class SourceConfig:
    """A source of training pictures: how many there are, and what a batch takes of them.

    Attributes:
        pictures: how many are made or kept, of half-swap classes and
            letters how many of each; None for as many as there are.
        classes: how many of its classes a batch holds; None for all.
        per_class: how many pictures of each of these.
        every: 1 for a share in every batch, 4 for one in every fourth.
    """

    pictures: int | None = None
    classes: int | None = None
    per_class: int = 4
    every: int = 1

    def __post_init__(self) -> None:
        coerce(self)
        for name in ("pictures", "classes", "per_class", "every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} of a source must be at least 1, got {value}")


@dataclass(frozen=True)
class DataConfig:
    """What a run learns from. A source that is None is left out.

    Attributes:
        limit: train on so many MNIST images, for a smoke run.
        exclude_classes: digits that are never trained on.
        filter_label_noise: leave out digits whose label a small network, trained first, contradicts.
        digits: MNIST. Its `pictures` counts those that a batch is drawn from; the others still serve to make more.
        pen: digits drawn by pen (UCI pendigits), six renderings of each recording.
        corrupted: digits of MNIST re-scanned and photographed.
        shapes: digits in shapes that MNIST hardly has, as people in Europe and Turkey write them.
        omniglot: background sets of Omniglot, whose characters, and their rotations, are classes beside the digits.
        held_out_alphabets: of these, never trained on.
        symbols: what a batch takes of Omniglot.
        half_swaps: pictures of every two digits joined, the upper half of one on the lower half of the other.
        outliers: pictures that belong to no class.
        calibration_pictures: validation pictures that are scanned, and that are photographed, to calibrate by.
        reference_pictures: pictures trained on that k-NN is fitted on, with all validation pictures, to classify the test
            pictures by; None for all.
    """

    limit: int | None = None
    exclude_classes: tuple[int, ...] = ()
    filter_label_noise: bool = False
    digits: SourceConfig = SourceConfig(per_class=12)
    pen: SourceConfig | None = None
    corrupted: SourceConfig | None = None
    omniglot: tuple[OmniglotSet, ...] = ()
    held_out_alphabets: tuple[str, ...] = ("Early_Aramaic",)
    symbols: SourceConfig = SourceConfig(classes=64, per_class=4, every=4)
    half_swaps: SourceConfig | None = None
    outliers: SourceConfig | None = None
    shapes: SourceConfig | None = field(default=None, metadata=OPTIONAL)
    calibration_pictures: int = field(default=2500, metadata=OPTIONAL)
    reference_pictures: int | None = field(default=None, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        coerce(self)
        if self.limit is not None and self.limit < 100:
            raise ValueError(f"limit must be at least 100 images, got {self.limit}")
        if self.digits.per_class < 2:
            raise ValueError(
                f"per_class must be at least 2, two pictures of a class to tell them the same; got {self.digits.per_class}"
            )
        for name in ("pen", "symbols"):
            source = getattr(self, name)
            if source and source.pictures:
                raise ValueError(f"{name} has as many pictures as its data set gives: leave its number out")
        for name in ("corrupted", "half_swaps", "outliers", "shapes"):
            source = getattr(self, name)
            if source and not source.pictures:
                raise ValueError(f"{name} are made: say how many pictures")
        if self.calibration_pictures < 100:
            raise ValueError(f"calibration_pictures must be at least 100, got {self.calibration_pictures}")
        if self.reference_pictures is not None and self.reference_pictures < 100:
            raise ValueError(f"reference_pictures must be at least 100, got {self.reference_pictures}")
        if self.symbols.classes == 1:
            raise ValueError("symbols must be at least 2 classes in a batch, got 1")
        if set(self.exclude_classes) - set(range(10)) or len(set(self.exclude_classes)) > 8:
            raise ValueError(f"exclude_classes takes up to eight digits from 0 to 9, got {self.exclude_classes}")
