"""What a matcher returns: an encoded picture, its neighbours, how two pictures compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Comparison:
    """How two pictures compare.

    Attributes:
        distance: Euclidean, between unit vectors, in [0, 2].
        probability: that both show the same thing, if same and different are equally likely beforehand.
        same: whether the distance is at most the threshold, at which the probability is one half.
        note: empty, or which picture looks like nothing in the gallery: the probability is then unreliable.
    """

    distance: float
    probability: float
    same: bool
    note: str = ""


@dataclass(frozen=True)
class Neighbour:
    """A picture of the gallery, as a neighbour of a query.

    Attributes:
        index: of the gallery picture.
        label: index of its label name.
        distance: between it and the query, in [0, 2].
        probability: that both show the same thing.
    """

    index: int
    label: int
    distance: float
    probability: float


@dataclass(eq=False)  # arrays are not compared by ==, so a query equals itself alone
class Query:
    """An encoded picture: every answer about it is computed from this.

    Attributes:
        pixels: the picture as the network sees it, (H, W) uint8, or (H, W, 3) where it has colours.
        embedding: (dim,) by the first head, of length 1.
        nearest: its nearest neighbours in the gallery, nearest first.
        few_shot_pixels: the picture as the network for few-shot classification sees it; None where `pixels` are all
            that is known of it.
        few_shot_embedding: (dim,) for few-shot classification; computed when it is first needed.
    """

    pixels: np.ndarray
    embedding: np.ndarray
    nearest: tuple[Neighbour, ...] = ()
    few_shot_pixels: np.ndarray | None = None
    few_shot_embedding: np.ndarray | None = None

    @property
    def finest(self) -> np.ndarray:
        """The pixels at the highest resolution that is known."""
        return self.pixels if self.few_shot_pixels is None else self.few_shot_pixels


def novelty_note(novel: list[str]) -> str:
    """The note of a comparison in which these pictures, "first" or "second" or both, look like nothing in the gallery."""
    if not novel:
        return ""
    which = "Both pictures look" if len(novel) == 2 else f"The {novel[0]} picture looks"
    return f"{which} like nothing in the gallery, so read the score with care."
