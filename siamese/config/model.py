"""What a trained model is: its input and its architecture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Literal

from siamese.config.values import OPTIONAL, coerce

InputKind = Literal["ink", "document", "photo"]
FitName = Literal["pad", "crop"]

# Far beyond what serves: a network of more is a mistake, and might not fit into memory.
MOST_DIMENSIONS, MOST_CHANNELS, MOST_BLOCKS, MOST_STAGES, MOST_GRID = 4096, 1024, 20, 6, 8
MOST_HEADS = 8
LEAST_SIDE, MOST_SIDE = 16, 1024  # of a network's input, in pixels
INK_SIDES = (28, 56)  # pixels of ink: as MNIST has it, and twice as fine
LEAST_STD = 1e-4  # of pixels in [0, 1]: of even pictures it is 0, which nothing can be divided by


@dataclass(frozen=True)
class InputConfig:
    """The form into which every picture is brought before the network sees it.

    Attributes:
        kind: `ink`, a symbol in MNIST's form, white on black; `document`, writing or a drawing without the paper that
            it stands on, white on black, cropped to the ink; `photo`, the picture as it is.
        size: height and width, in pixels.
        channels: 1 for grey, 3 for colours.
        mean: of the training pictures' pixels in [0, 1], one number a channel; it is subtracted.
        std: their standard deviation, likewise; it is divided by.
        box: of `ink`, the side of the box that it is fitted into, in pixels.
        stroke_widths: of `ink`, in pixels of that box; thinner strokes are thickened to the first, thicker ones thinned
            to the second. They are the 15th and 85th percentile of MNIST's own. Of `document`, in pixels of the input;
            None to leave strokes as they are.
        fit: of the other kinds, how a picture of other proportions is brought to the size: `pad` keeps all of it,
            `crop` keeps the middle.

    Raises:
        ValueError: a value is out of range, or does not go with the kind.
    """

    kind: InputKind = "ink"
    size: tuple[int, int] = (28, 28)
    channels: int = 1
    mean: tuple[float, ...] = (0.1307,)
    std: tuple[float, ...] = (0.3081,)
    box: int | None = 20
    stroke_widths: tuple[float, float] | None = (1.8, 3.2)
    fit: FitName | None = field(default=None, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        coerce(self)
        if self.kind == "ink":
            return
        if not all(LEAST_SIDE <= side <= MOST_SIDE for side in self.size):
            raise ValueError(f"size must be from {LEAST_SIDE} to {MOST_SIDE} pixels a side, got {self.size}")
        if self.channels not in ((1,) if self.kind == "document" else (1, 3)):
            raise ValueError(f"channels must be 1 for grey, or 3 of a photo; got {self.channels} of a {self.kind}")
        for name in ("mean", "std"):
            values = getattr(self, name)
            least = LEAST_STD if name == "std" else 0
            if len(values) != self.channels or not all(least <= value <= 1 for value in values):
                raise ValueError(
                    f"{name} must be {self.channels} numbers from {least:g} to 1, one a channel; got {values}"
                )
        if self.box is not None or self.fit is None or (self.stroke_widths and self.kind == "photo"):
            raise ValueError(f"box and stroke_widths are of ink, fit of other kinds; this input is of {self.kind}")
        if self.stroke_widths and not 0 < self.stroke_widths[0] <= self.stroke_widths[1] <= min(self.size) / 4:
            raise ValueError(f"stroke_widths must be two ascending widths in pixels, got {self.stroke_widths}")


def ink_input(side: int) -> InputConfig:
    """Ink in MNIST's form, at any resolution.

    Args:
        side: height and width, in pixels: 28 as MNIST has it, 56 for twice as fine.
    """
    known = InputConfig()
    assert known.box and known.stroke_widths, "ink has both"
    scale = side / known.size[0]
    thinnest, thickest = known.stroke_widths
    return replace(
        known, size=(side, side), box=round(known.box * scale), stroke_widths=(thinnest * scale, thickest * scale)
    )


def check_input(input: InputConfig, sides: Sequence[int] = INK_SIDES[:1]) -> None:
    """Make sure that this code prepares pictures in a form: ink has that of MNIST.

    Args:
        input: of a network.
        sides: of ink, that may be.

    Raises:
        ValueError: it does not; the first field that differs is named.
    """
    if input.kind != "ink":
        return
    known = ink_input(input.size[0] if input.size[0] in sides else sides[0])
    for each in fields(InputConfig):
        theirs, ours = getattr(input, each.name), getattr(known, each.name)
        if theirs != ours:
            raise ValueError(f"input.{each.name} is {theirs}; this code prepares ink for {ours}")


@dataclass(frozen=True)
class NetworkConfig:
    """The architecture: what it takes to build the network again.

    Attributes:
        backbone: `conv`, made for small pictures, or a classifier of `torchvision.models` by its name.
        embedding_dim: length of the embedding. 2 or 3 can be drawn as they are; 64 to 128 serve digits and unseen
            classes well, more brings nothing here.
        channels: of the conv backbone's stages, each at half the resolution of the one before.
        blocks: 3x3 convolutions of each stage. In the first one is enough; the others are better spent further down.
        heads: names of the projection heads. The first serves comparison and search. `symbols`, where there is one,
            serves classes that were never trained on.
        intermediate_grid: rows and columns to which the last stage but one is average-pooled for the last head,
            which sees it beside the last stage. It holds where in the picture things are, which the layout of a
            signature or a face is about. 0 for the last stage alone, 4 for a head of its own.
        final_grid: rows and columns to which the last stage is average-pooled; None to take it as it is.
    """

    backbone: str = "conv"
    embedding_dim: int = 128
    channels: tuple[int, ...] = (32, 64, 128)
    blocks: tuple[int, ...] = (1, 3, 3)
    heads: tuple[str, ...] = ("digits",)
    intermediate_grid: int = 0
    final_grid: int | None = field(default=None, metadata=OPTIONAL)

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
                raise ValueError(f"{name} must be numbers from 1 to {most}, one a stage; got {numbers}")
        if not 2 <= len(self.channels) == len(self.blocks) <= MOST_STAGES:
            raise ValueError(
                f"channels and blocks must be of the same 2 to {MOST_STAGES} stages, got {self.channels}, {self.blocks}"
            )
        if not 1 <= len(set(self.heads)) == len(self.heads) <= MOST_HEADS:
            raise ValueError(
                f"heads must be one name or several different ones, at most {MOST_HEADS}; "
                f"got {', '.join(self.heads) or 'none'}"
            )
        if not 0 <= self.intermediate_grid <= MOST_GRID:
            raise ValueError(f"intermediate_grid must lie between 0 and {MOST_GRID}, got {self.intermediate_grid}")
        if self.final_grid is not None and not 1 <= self.final_grid <= MOST_GRID:
            raise ValueError(f"final_grid must be none, or lie between 1 and {MOST_GRID}; got {self.final_grid}")
