"""Augmentation of photographs: random resized crops, small turns, light, colour and blur, on the device.

torchvision's v2 transforms draw one set of amounts for a whole batch, and so would show all pictures of a batch through one
crop and in one light. Here each picture has amounts of its own: the geometry is one `grid_sample`, the light a few products.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese.config import InputKind, PhotoAugmentationConfig, TrainingConfig
from siamese.data.augmentation import augment
from siamese.data.shares import Share

LUMA = (0.299, 0.587, 0.114)  # of red, green and blue, in grey (ITU-R BT.601)
LEAST_SHIFT = 0.05  # of half a side, also where the whole picture is shown


def augment_photo(
    images: Tensor, config: PhotoAugmentationConfig, generator: torch.Generator, share: Share | None = None
) -> Tensor:
    """Vary each photograph of a batch at random.

    Args:
        images: (B, 1 or 3, H, W) uint8, on any device.
        config: the strength of each variation.
        generator: on the CPU, so that the random numbers are the same for every device of `images`.
        share: of a larger batch, which the pictures are, so that they are varied as they would be in it; None for all.

    Returns:
        (B, 1 or 3, H, W) float32 in [0, 1], on the same device.
    """
    x = images.float() / 255
    share, device = share or Share.of(len(x)), x.device

    def uniform(*size: int) -> Tensor:  # (B, ...) in [-1, 1)
        return (share.rand(*size, generator=generator) * 2 - 1).to(device)

    grid = F.affine_grid(crops(uniform, x.shape[-2] / x.shape[-1], config), list(x.shape), align_corners=False)
    # Mirrored beyond the edge, which brings no colour into the picture that is not in it.
    x = F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)

    def factor(amount: float, channels: int = 1) -> Tensor:
        return 1 + amount * uniform(channels, 1, 1)

    x = x * factor(config.brightness)
    x = torch.lerp(x.mean(dim=(1, 2, 3), keepdim=True), x, factor(config.contrast))
    if x.shape[1] == 3:
        grey = (x * x.new_tensor(LUMA).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)
        x = torch.lerp(grey, x, factor(config.saturation)) * factor(config.white_balance, 3)
    x = torch.lerp(x, F.avg_pool2d(x, 3, 1, 1, count_include_pad=False), config.blur * uniform(1, 1, 1).clamp(min=0))
    return x.clamp(0, 1)


def crops(uniform: Callable[..., Tensor], proportion: float, config: PhotoAugmentationConfig) -> Tensor:
    """The affine maps of random resized crops (Szegedy et al., 2015), turned a little: (B, 2, 3), for `affine_grid`.

    Args:
        uniform: a function that returns (B, ...) random numbers in [-1, 1) for a given shape.
        proportion: height of the pictures by their width.
        config: of which scale, aspect, rotation and mirror count.
    """
    share = config.scale ** ((uniform() + 1) / 2)  # of the area, its logarithm uniform
    side, aspect = share.sqrt(), (1 + config.aspect) ** uniform()
    angle = uniform() * math.radians(config.rotation)
    cos, sin = torch.cos(angle), torch.sin(angle)
    mirror = torch.where(uniform() < 0, -1.0, 1.0) if config.mirror else torch.ones_like(side)
    room = (1 - side).clamp(min=LEAST_SHIFT)
    across = torch.stack([side * aspect * cos * mirror, -side * sin * proportion, uniform() * room], dim=1)
    down = torch.stack([side * sin * mirror / proportion, side / aspect * cos, uniform() * room], dim=1)
    return torch.stack([across, down], dim=1)


def augment_as(
    kind: InputKind,
    images: Tensor,
    config: TrainingConfig,
    generator: torch.Generator,
    share: Share | None = None,
) -> Tensor:
    """Vary a batch as its kind of input is varied: photographs as above, ink and documents as strokes.

    Args:
        kind: of the input.
        images: (B, channels, H, W) uint8.
        config: of the training, with the strengths of both.
        generator: on the CPU.
        share: of a larger batch, which the pictures are; None for all.
    """
    if kind == "photo":
        return augment_photo(images, config.photo_augmentation, generator, share)
    return augment(images, config.augmentation, generator, share)
