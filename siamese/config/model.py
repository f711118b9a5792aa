"""What a trained model is: its input, its architecture, how it answers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite
from typing import Literal

from siamese.config.values import coerce

BackboneName = Literal["conv", "resnet18", "vgg11_bn", "efficientnet_b0"]

# Far beyond what serves: a network of more is a mistake, and might not fit into memory.
MOST_DIMENSIONS, MOST_CHANNELS, MOST_BLOCKS = 4096, 1024, 20


@dataclass(frozen=True)
class InputConfig:
    """The form into which every picture is brought before the network sees it.

    Attributes:
        kind: `ink`, a symbol in MNIST's form, white on black.
        size: height and width, in pixels.
        channels: 1 for grey.
        mean: of the training pictures' pixels in [0, 1], one number a channel; it is subtracted.
        std: their standard deviation, likewise; it is divided by.
        box: side of the box that ink is fitted into, in pixels.
        stroke_widths: in pixels of that box; thinner strokes are thickened to the first, thicker ones thinned to the
            second. They are the 15th and 85th percentile of MNIST's own.
    """

    kind: Literal["ink"] = "ink"
    size: tuple[int, int] = (28, 28)
    channels: int = 1
    mean: tuple[float, ...] = (0.1307,)
    std: tuple[float, ...] = (0.3081,)
    box: int = 20
    stroke_widths: tuple[float, float] = (1.8, 3.2)

    def __post_init__(self) -> None:
        coerce(self)


def check_input(input: InputConfig) -> None:
    """Make sure that this code prepares pictures in a form: there is one so far.

    Raises:
        ValueError: it does not; the first field that differs is named.
    """
    known = InputConfig()
    for field in fields(InputConfig):
        theirs, ours = getattr(input, field.name), getattr(known, field.name)
        if theirs != ours:
            raise ValueError(f"input.{field.name} is {theirs}; this code prepares pictures for {ours}")


@dataclass(frozen=True)
class NetworkConfig:
    """The architecture: what it takes to build the network again.

    Attributes:
        backbone: `conv`, made for 28x28 ink, or a classifier of torchvision's.
        embedding_dim: length of the embedding. 2 or 3 can be drawn as they are; 64 to 128 serve digits and unseen
            symbols well, more brings nothing here.
        channels: of the conv backbone's three stages, at 28x28, 14x14 and 7x7 pixels.
        blocks: 3x3 convolutions a stage. At 28x28 one is enough; the others are better spent further down.
        heads: names of the projection heads. The first serves comparison and search. `symbols`, where there is one,
            serves classes that were never trained on.
        intermediate_grid: rows and columns to which the conv backbone's second stage is average-pooled for the last
            head, which sees it beside the third stage. 0 for the third stage alone, 4 for a head of its own.
    """

    backbone: BackboneName = "conv"
    embedding_dim: int = 128
    channels: tuple[int, int, int] = (32, 64, 128)
    blocks: tuple[int, int, int] = (1, 3, 3)
    heads: tuple[str, ...] = ("digits",)
    intermediate_grid: int = 0

    def __post_init__(self) -> None:
        coerce(self)
        if not 2 <= self.embedding_dim <= MOST_DIMENSIONS:
            raise ValueError(
                f"embedding_dim must be at least 2, unit vectors of one number are all alike, and at most "
                f"{MOST_DIMENSIONS}; got {self.embedding_dim}"
            )
        for name, most in (("channels", MOST_CHANNELS), ("blocks", MOST_BLOCKS)):
            numbers = getattr(self, name)
            if not all(1 <= number <= most for number in numbers):
                raise ValueError(f"{name} must be three numbers from 1 to {most}, one a stage; got {numbers}")
        if not self.heads or len(set(self.heads)) < len(self.heads):
            raise ValueError(f"heads must be one name or several different ones, got {', '.join(self.heads) or 'none'}")
        if not 0 <= self.intermediate_grid <= 7:
            raise ValueError(
                f"intermediate_grid must lie between 0 and 7, the side of the second stage; got {self.intermediate_grid}"
            )
        if self.intermediate_grid and self.backbone != "conv":
            raise ValueError(f"intermediate_grid is the conv backbone's: with {self.backbone} it must be 0")


@dataclass(frozen=True)
class Views:
    """Test-time augmentation: a picture is embedded in several views, whose mean direction is its embedding.

    Attributes:
        rotations: degrees of each view, clockwise.
        gate: the uncertainty gate. Views are taken of pictures whose embedding norm, before it is brought to 1, lies
            below it; the others are embedded once. None for all pictures, 0 for none.
    """

    rotations: tuple[float, ...] = (0.0,)
    gate: float | None = None

    def __post_init__(self) -> None:
        coerce(self)
        if not self.rotations or not all(map(isfinite, self.rotations)):
            raise ValueError(f"rotations must be one or more angles in degrees, got {self.rotations}")
        if self.gate is not None and not 0 <= self.gate < float("inf"):
            raise ValueError(f"gate must be none, 0 or an embedding norm, got {self.gate}")


@dataclass(frozen=True)
class InferenceConfig:
    """How a trained network answers; it is measured or chosen after training, and lies beside the calibration.

    Attributes:
        views: of the first head, for comparison, search and the map.
        few_shot_head: the head for classes that were never trained on.
        few_shot_views: its views.
        novelty_rank: a picture is like the gallery if this many of the gallery are near it.
        novelty_threshold: distance to the gallery picture of that rank beyond which a picture is novel.
    """

    views: Views = Views()
    few_shot_head: str = "digits"
    few_shot_views: Views = Views((-15.0, -8.0, 0.0, 8.0, 15.0))
    novelty_rank: int = 5
    novelty_threshold: float = 2.0

    def __post_init__(self) -> None:
        coerce(self)
        if self.novelty_rank < 1:
            raise ValueError(f"novelty_rank must be at least 1, got {self.novelty_rank}")
        if not 0 <= self.novelty_threshold <= 2:
            raise ValueError(f"novelty_threshold must lie between 0 and 2, got {self.novelty_threshold}")

    def views_by_head(self, heads: tuple[str, ...]) -> dict[str, Views]:
        """The views of each of a network's heads: the first one's are `views`, the others' `few_shot_views`."""
        return {head: self.few_shot_views if number else self.views for number, head in enumerate(heads)}
