"""What is recorded of the folder of pictures that a model was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from siamese.bundle.curves import check_counts


@dataclass(frozen=True)
class Part:
    """A part of a folder's pictures: how many classes and pictures it has."""

    classes: int
    pictures: int

    def __post_init__(self) -> None:
        check_counts(classes=self.classes, pictures=self.pictures)


@dataclass(frozen=True)
class Folder:
    """The folder of pictures that a model was trained on.

    Attributes:
        name: of the folder.
        split: "classes" where the classes that are reported on were never trained on, or "pictures".
        grouped: whether classes that belong together stayed on one side of the split.
        fit: what it was trained on.
        validation: what it was chosen and calibrated by.
        test: what is reported on.
        notes: what a person should know of the pictures, a line each.
    """

    name: str
    split: Literal["classes", "pictures"]
    grouped: bool
    fit: Part
    validation: Part
    test: Part
    notes: tuple[str, ...]

    def parts(self) -> dict[str, Part]:
        """The three parts by name: fit, validation, test."""
        return {"fit": self.fit, "validation": self.validation, "test": self.test}
