"""How a trained model answers: views for test-time augmentation, and what is chosen after training."""

from __future__ import annotations

from dataclasses import dataclass, field

from siamese.config.values import OPTIONAL, coerce

# Far beyond what serves: an answer by more would never come.
MOST_VIEWS, MOST_RANK, MOST_DISTORTION = 32, 100, 10


@dataclass(frozen=True)
class Views:
    """Test-time augmentation: a picture is embedded in several views, whose mean direction is its embedding.

    Attributes:
        rotations: degrees of each view, clockwise.
        gate: the uncertainty gate. Views are taken of pictures whose embedding norm, before it is brought to 1, lies
            below it; the others are embedded once. None for all pictures, 0 for none.
        deskew: share of its slant that is taken from ink in each view, from 0 to 1. It is for handwriting that slants, as
            MNIST's does, and typically 0.5 there.
    """

    rotations: tuple[float, ...] = (0.0,)
    gate: float | None = None
    deskew: float = field(default=0.0, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        coerce(self)
        if not 1 <= len(self.rotations) <= MOST_VIEWS or not all(-360 <= angle <= 360 for angle in self.rotations):
            raise ValueError(
                f"rotations must be one or more angles in degrees, at most {MOST_VIEWS}; got {self.rotations}"
            )
        if self.gate is not None and not 0 <= self.gate < float("inf"):
            raise ValueError(f"gate must be none, 0 or an embedding norm, got {self.gate}")
        if not 0 <= self.deskew <= 1:
            raise ValueError(f"deskew must lie between 0 and 1, got {self.deskew}")


@dataclass(frozen=True)
class InferenceConfig:
    """How a trained network answers; it is measured or chosen after training, and lies beside the calibration.

    Attributes:
        views: of the first head, for comparison, search and the map.
        few_shot_head: the head for classes that were never trained on.
        few_shot_views: its views.
        novelty_rank: a picture is like the gallery if this many of the gallery are near it.
        novelty_threshold: distance to the gallery picture of that rank beyond which a picture is novel.
        few_shot_distortion: weight of the image distortion model in the squared distance for few-shot classification of
            ink; 0 for none, typically 0.6.
    """

    views: Views = Views()
    few_shot_head: str = "digits"
    few_shot_views: Views = Views((-15.0, -8.0, 0.0, 8.0, 15.0))
    novelty_rank: int = 5
    novelty_threshold: float = 2.0
    few_shot_distortion: float = field(default=0.0, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        coerce(self)
        if not 1 <= self.novelty_rank <= MOST_RANK:
            raise ValueError(f"novelty_rank must be at least 1 and at most {MOST_RANK}, got {self.novelty_rank}")
        if not 0 <= self.few_shot_distortion <= MOST_DISTORTION:
            raise ValueError(
                f"few_shot_distortion must lie between 0 and {MOST_DISTORTION}, got {self.few_shot_distortion}"
            )
        if not 0 <= self.novelty_threshold <= 2:
            raise ValueError(f"novelty_threshold must lie between 0 and 2, got {self.novelty_threshold}")

    def views_by_head(self, heads: tuple[str, ...]) -> dict[str, Views]:
        """The views of each of a network's heads: the first one's are `views`, the others' `few_shot_views`."""
        return {head: self.few_shot_views if number else self.views for number, head in enumerate(heads)}
