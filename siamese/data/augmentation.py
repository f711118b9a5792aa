"""Augmentation: other ways in which the same symbol could have been drawn; batched, on the device.

One call of `grid_sample` applies shear, rotation, scale, aspect, shift and a smooth elastic field. The stroke is then
thickened or thinned by soft morphology, blurred, and its edge made harder or softer.

It has to cost little beside a small network. So the field of displacements is one matrix product, and pooling over
3x3 is done along one axis after the other, because torch's own on one channel takes up to twenty times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese.config import AugmentationConfig

KNOTS = 4  # a side of the elastic field: fewer bend the whole symbol, more make it tremble


def augment(images: Tensor, config: AugmentationConfig, generator: torch.Generator) -> Tensor:
    """Vary a batch of ink.

    Args:
        images: (B, 1, H, W) uint8, on any device.
        config: how strongly; see `AugmentationConfig`.
        generator: on the CPU; all random numbers come from it, so that devices see the same.

    Returns:
        (B, 1, H, W) float32 in [0, 1], on the same device.
    """
    ink = images.float() / 255
    count, device = len(ink), ink.device
    # Every amount is drawn for every picture, and set to 0 for those that stay as they are.
    changed = torch.rand(count, 1, generator=generator) < config.probability
    if not changed.any():
        return ink

    def uniform(size: int = 1) -> Tensor:  # (B, size) in [-1, 1)
        drawn = torch.rand(count, size, generator=generator) * 2 - 1
        return (drawn * changed).to(device)

    warped = F.grid_sample(ink, sampling_grid(uniform, ink, config), padding_mode="zeros", align_corners=False)
    # Beyond the sampled stroke's own width: soft dilation and erosion.
    amount = _each(uniform()) * config.thickness
    wider, thinner = _of_3x3(warped, torch.maximum), _of_3x3(warped, torch.minimum)
    warped = warped + amount.clamp(min=0) * (wider - warped) + 0.5 * amount.clamp(max=0) * (warped - thinner)
    smooth = _of_3x3(warped, torch.add) / 9
    warped = torch.lerp(warped, smooth, _each(uniform()).clamp(min=0) * config.blur)
    # Steeper about a half, or fainter.
    steep = config.contrast ** _each(uniform())
    warped = warped * steep.clamp(min=0.7) + (0.5 - 0.5 * steep).clamp(max=0)
    grain = torch.randn(ink.shape, generator=generator).to(device)
    return (warped + grain * (config.noise * _each(uniform()).clamp(min=0)) * (warped > 0.02)).clamp(0, 1)


def sampling_grid(uniform: Callable[..., Tensor], ink: Tensor, config: AugmentationConfig) -> Tensor:
    """Where each pixel is taken from.

    Args:
        uniform: gives (B, n) random numbers in [-1, 1) for a given n, 1 by default.
        ink: (B, 1, H, W) with H = W; only its shape and device count.
        config: how strongly.

    Returns:
        (B, H, W, 2), x and y in [-1, 1] across the picture, as `grid_sample` takes them.
    """
    count, side = len(ink), ink.shape[-1]
    rotation = uniform() * torch.pi * config.rotation / 180
    shear = uniform() * config.shear
    size, aspect = (1 + config.scale) ** uniform(), (1 + config.aspect) ** uniform()
    cos, sin = torch.cos(rotation), torch.sin(rotation)
    wide, high = size * aspect, size / aspect
    shift = uniform(2) * config.shift * 2 / side
    knots = uniform(2 * KNOTS**2) * config.elastic * 2 / side
    across = [wide * cos, wide * (shear * cos - sin), shift[:, :1], knots[:, : KNOTS**2]]
    down = [high * sin, high * (shear * sin + cos), shift[:, 1:], knots[:, KNOTS**2 :]]
    weights = torch.stack([torch.cat(across, dim=1), torch.cat(down, dim=1)], dim=1)
    return (weights @ _basis(side, ink.device)).view(count, 2, side, side).permute(0, 2, 3, 1)


@cache
def _basis(side: int, device: torch.device) -> Tensor:
    """What a displacement is made of, (3 + KNOTS**2, side * side): x, y, 1, and what each knot does by bicubic interpolation."""
    centres = (torch.arange(side) * 2 + 1) / side - 1
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    knots = torch.eye(KNOTS**2).view(1, -1, KNOTS, KNOTS)
    fields = F.interpolate(knots, size=(side, side), mode="bicubic", align_corners=False)[0]
    return torch.cat([torch.stack([x, y, torch.ones_like(x)]), fields]).flatten(1).to(device)


def _each(amount: Tensor) -> Tensor:
    """(B, 1) -> (B, 1, 1, 1), an amount for each picture."""
    return amount[:, :, None, None]


def _of_3x3(pictures: Tensor, combine: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """The largest, the smallest or the sum of the 3x3 about each pixel; beyond the edge there is no ink."""
    x = F.pad(pictures, (1, 1, 1, 1))
    x = combine(combine(x[..., :-2], x[..., 1:-1]), x[..., 2:])
    return combine(combine(x[..., :-2, :], x[..., 1:-1, :]), x[..., 2:, :])
