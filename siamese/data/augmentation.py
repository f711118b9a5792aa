"""Augmentation: random variations of how a symbol is drawn, computed for a whole batch on the device.

A single `grid_sample` applies shear, rotation, scale, aspect, shift and a smooth elastic deformation. The stroke is
then thickened or thinned by soft morphology and blurred, and its edge is made harder or softer.

The cost has to be small compared with that of a small network. So the displacements are a single matrix product, and
3x3 pooling is done along one axis and then the other: torch's own pooling of a single channel is up to twenty times
slower.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese.config import AugmentationConfig
from siamese.data.shares import Share

KNOTS = 4  # on each side of the elastic field; fewer bend the symbol as a whole, more make its strokes wavy


def augment(
    images: Tensor, config: AugmentationConfig, generator: torch.Generator, share: Share | None = None
) -> Tensor:
    """Vary each picture of a batch at random.

    Args:
        images: (B, 1, H, W) uint8, on any device.
        config: the strength of each variation.
        generator: on the CPU, so that the random numbers are the same for every device of `images`.
        share: of a larger batch, which the pictures are, so that they are varied as they would be in it; None for all.

    Returns:
        (B, 1, H, W) float32 in [0, 1], on the same device.
    """
    ink = images.float() / 255
    share, device = share or Share.of(len(ink)), ink.device
    # Every amount is drawn for every picture, then set to 0 for the pictures that are not changed.
    changed = share.rand(1, generator=generator) < config.probability
    if not config.probability:
        return ink

    def uniform(size: int = 1) -> Tensor:  # (B, size) in [-1, 1)
        drawn = share.rand(size, generator=generator) * 2 - 1
        return (drawn * changed).to(device)

    warped = F.grid_sample(ink, sampling_grid(uniform, ink, config), padding_mode="zeros", align_corners=False)
    # Stroke width: soft dilation and erosion.
    amount = _each(uniform()) * config.thickness
    wider, thinner = _of_3x3(warped, torch.maximum), _of_3x3(warped, torch.minimum)
    warped = warped + amount.clamp(min=0) * (wider - warped) + 0.5 * amount.clamp(max=0) * (warped - thinner)
    smooth = _of_3x3(warped, torch.add) / 9
    warped = torch.lerp(warped, smooth, _each(uniform()).clamp(min=0) * config.blur)
    # Contrast: a steeper edge about the value 0.5, or a fainter stroke.
    steep = config.contrast ** _each(uniform())
    warped = warped * steep.clamp(min=0.7) + (0.5 - 0.5 * steep).clamp(max=0)
    grain = share.randn(*ink.shape[1:], generator=generator).to(device)
    return (warped + grain * (config.noise * _each(uniform()).clamp(min=0)) * (warped > 0.02)).clamp(0, 1)


def sampling_grid(uniform: Callable[..., Tensor], ink: Tensor, config: AugmentationConfig) -> Tensor:
    """The position in the original picture that each pixel is sampled from.

    Args:
        uniform: a function that returns (B, n) random numbers in [-1, 1) for a given n (default 1).
        ink: (B, 1, H, W); only its shape and device are used.
        config: the strength of each variation.

    Returns:
        (B, H, W, 2), x and y in the coordinates of `grid_sample`, where the picture extends from -1 to 1.
    """
    count, (height, width) = len(ink), ink.shape[-2:]
    proportion = height / width
    rotation = uniform() * torch.pi * config.rotation / 180
    shear = uniform() * config.shear
    size, aspect = (1 + config.scale) ** uniform(), (1 + config.aspect) ** uniform()
    cos, sin = torch.cos(rotation), torch.sin(rotation)
    wide, high = size * aspect, size / aspect
    pixels = torch.tensor([width, height], device=ink.device)
    shift = uniform(2) * config.shift * 2 / pixels
    knots = uniform(2 * KNOTS**2) * config.elastic * 2 / pixels.repeat_interleave(KNOTS**2)
    across = [wide * cos, wide * (shear * cos - sin) * proportion, shift[:, :1], knots[:, : KNOTS**2]]
    down = [high * sin / proportion, high * (shear * sin + cos), shift[:, 1:], knots[:, KNOTS**2 :]]
    weights = torch.stack([torch.cat(across, dim=1), torch.cat(down, dim=1)], dim=1)
    return (weights @ _basis(height, width, ink.device)).view(count, 2, height, width).permute(0, 2, 3, 1)


@cache
def _basis(height: int, width: int, device: torch.device) -> Tensor:
    """The basis of the displacements, (3 + KNOTS**2, height * width): x, y, 1, and the bicubic kernel of each knot."""
    y, x = torch.meshgrid(_centres(height), _centres(width), indexing="ij")
    knots = torch.eye(KNOTS**2).view(1, -1, KNOTS, KNOTS)
    fields = F.interpolate(knots, size=(height, width), mode="bicubic", align_corners=False)[0]
    return torch.cat([torch.stack([x, y, torch.ones_like(x)]), fields]).flatten(1).to(device)


def _centres(count: int) -> Tensor:
    return (torch.arange(count) * 2 + 1) / count - 1


def _each(amount: Tensor) -> Tensor:
    """(B, 1) -> (B, 1, 1, 1), to broadcast one amount per picture."""
    return amount[:, :, None, None]


def _of_3x3(pictures: Tensor, combine: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """The maximum, minimum or sum of the 3x3 pixels around each pixel. The picture is padded with zeros."""
    x = F.pad(pictures, (1, 1, 1, 1))
    x = combine(combine(x[..., :-2], x[..., 1:-1]), x[..., 2:])
    return combine(combine(x[..., :-2, :], x[..., 1:-1, :]), x[..., 2:, :])
