"""Backbones: pictures -> features. A convolutional one made for small pictures, and any classifier of torchvision's."""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from siamese.config import InputConfig, NetworkConfig
from siamese.models.classifiers import ClassifierBackbone
from siamese.models.pooling import pooled


class Stage(nn.Module):
    """3x3 convolutions at one resolution, with a residual connection around those that keep the shape; then max-pooling by 2.

    Args:
        width_in: channels that enter.
        width: channels that leave.
        blocks: number of convolutions, each followed by batch normalisation and ReLU.
    """

    def __init__(self, width_in: int, width: int, blocks: int) -> None:
        super().__init__()
        widths = [width_in] + [width] * blocks
        self.convolutions = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b)) for a, b in pairwise(widths)
        )

    def forward(self, x: Tensor) -> Tensor:
        for convolution in list(self.convolutions)[:-1]:
            y = F.relu(convolution(x))
            x = x + y if x.shape == y.shape else y
        y = self.convolutions[-1](x)
        if x.shape == y.shape:
            return F.max_pool2d(x + F.relu(y), 2)
        # ReLU commutes with max-pooling, and after it there is a quarter of the work.
        return F.relu(F.max_pool2d(y, 2))


class ConvBackbone(nn.Module):
    """Stages of 3x3 convolutions, each at half the resolution of the one before.

    (B, channels, H, W) -> (B, all_features): the last stage, flattened, and after it, if `intermediate_grid` is not 0,
    the intermediate features: the stage before, average-pooled to so many rows and columns. They are less specific to
    the classes that were trained on, and say where in the picture things are.

    Attributes:
        out_features: length of the last stage's part, which comes first.
        all_features: of the whole.

    Raises:
        ValueError: the input is too small for so many stages.
    """

    def __init__(self, config: NetworkConfig, input: InputConfig) -> None:
        super().__init__()
        channels, blocks = config.channels, config.blocks
        widths = (input.channels, *channels)
        self.stages = nn.ModuleList(Stage(a, b, n) for a, b, n in zip(widths[:-1], channels, blocks, strict=True))
        self.intermediate_grid, self.final_grid = config.intermediate_grid, config.final_grid
        height, width = (side // 2 ** len(channels) for side in input.size)
        if not height or not width:
            raise ValueError(
                f"{len(channels)} stages leave nothing of {input.size[0]}x{input.size[1]} pixels: use fewer, or larger pictures"
            )
        places = self.final_grid**2 if self.final_grid else height * width
        self.out_features = channels[-1] * places
        self.all_features = self.out_features + channels[-2] * self.intermediate_grid**2

    def maps(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """The feature maps that are pooled: of the last stage, and of the stage before where it is used."""
        *stages, last = self.stages
        for stage in stages:
            x = stage(x)
        return last(x), x if self.intermediate_grid else None

    def forward(self, x: Tensor) -> Tensor:
        return pooled(*self.maps(x), self.final_grid, self.intermediate_grid)


def make_backbone(
    config: NetworkConfig, input: InputConfig, pretrained: bool = False
) -> ConvBackbone | ClassifierBackbone:
    """The backbone that a configuration names.

    Raises:
        ValueError: there is no such backbone, it takes no such input, or pretrained weights are asked for where there
            are none.
    """
    if config.backbone == "conv":
        if pretrained:
            raise ValueError("The conv backbone has no pretrained weights; a backbone of torchvision's has.")
        return ConvBackbone(config, input)
    return ClassifierBackbone.by_name(config, input, pretrained)
