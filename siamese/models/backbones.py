"""Backbones: pictures -> features. A convolutional one made for small ink, and torchvision's classifiers."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siamese.config import InputConfig, NetworkConfig


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
    """Three stages of 3x3 convolutions, each at half the resolution of the one before.

    (B, channels, H, W) -> (B, all_features): the last stage, flattened, and after it, if `intermediate_grid` is not 0,
    the intermediate features: the second stage, average-pooled to so many rows and columns. They are less specific to
    the classes that were trained on, and describe strokes.

    Attributes:
        out_features: length of the last stage's part, which comes first.
        all_features: of the whole.
    """

    def __init__(
        self,
        channels: tuple[int, int, int],
        blocks: tuple[int, int, int],
        intermediate_grid: int = 0,
        input: InputConfig = InputConfig(),  # noqa: B008 (frozen)
    ) -> None:
        super().__init__()
        widths = (input.channels, *channels)
        self.stages = nn.ModuleList(Stage(a, b, n) for a, b, n in zip(widths[:-1], channels, blocks, strict=True))
        self.intermediate_grid = intermediate_grid
        height, width = (side // 8 for side in input.size)
        self.out_features = channels[2] * height * width
        self.all_features = self.out_features + channels[1] * intermediate_grid**2

    def forward(self, x: Tensor) -> Tensor:
        first, second, third = self.stages
        intermediate = second(first(x))
        features = third(intermediate).flatten(1)
        if not self.intermediate_grid:
            return features
        pooled = F.adaptive_avg_pool2d(intermediate, self.intermediate_grid)
        return torch.cat([features, pooled.flatten(1)], dim=1)


class TorchvisionBackbone(nn.Module):
    """A torchvision classifier without its classifier, on ink enlarged to 64x64 in three equal channels.

    Args:
        name: resnet18, vgg11_bn or efficientnet_b0.
        pretrained: start from its ImageNet weights, which are downloaded.
    """

    def __init__(self, name: str, pretrained: bool = False) -> None:
        super().__init__()
        from torchvision import models

        model = getattr(models, name)(weights="DEFAULT" if pretrained else None)
        if name == "resnet18":
            width, model.fc = model.fc.in_features, nn.Identity()
        elif name == "vgg11_bn":
            width, model.avgpool, model.classifier = 512, nn.AdaptiveAvgPool2d(1), nn.Identity()
        else:
            width, model.classifier = model.classifier[1].in_features, nn.Identity()
        self.model, self.out_features, self.all_features = model, width, width

    def forward(self, x: Tensor) -> Tensor:
        x = F.interpolate(x, size=(64, 64), mode="bilinear", align_corners=False)
        return self.model(x.expand(-1, 3, -1, -1))


def make_backbone(
    config: NetworkConfig, input: InputConfig, pretrained: bool = False
) -> ConvBackbone | TorchvisionBackbone:
    """The backbone that a configuration names.

    Raises:
        ValueError: pretrained weights are asked for where there are none.
    """
    if config.backbone == "conv":
        if pretrained:
            raise ValueError("The conv backbone has no pretrained weights; a backbone of torchvision's has.")
        return ConvBackbone(config.channels, config.blocks, config.intermediate_grid, input)
    return TorchvisionBackbone(config.backbone, pretrained)
