"""Other ways in which the same symbol could have been drawn: batched, on the device.

One call of `grid_sample` carries slant, turn, size, aspect, place and a smooth elastic field; the
stroke is then thickened or thinned by soft morphology, blurred, and its edge hardened or softened.

It has to cost little beside a small network, so: the field of displacements is one matrix product, and
pooling over 3x3 is done along one axis after the other, because torch's own on one channel takes up to
twenty times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

KNOTS = 4  # a side of the elastic field: fewer bend the whole digit, more make it tremble


@dataclass(frozen=True)
class Augmentation:
    """How strongly to vary; each amount is drawn anew for every picture.

    Attributes:
        turn: degrees either way. Beyond 20 a 7 begins to be a 1.
        slant: shear of the vertical, as a tangent.
        scale: relative size, either way; aspect likewise, between width and height.
        shift: pixels either way.
        elastic: pixels by which a smooth random field (4 x 4 knots) displaces.
        thickness: share of the way to a stroke two pixels wider; the thinner way goes half as far.
        blur: share of the way to a picture smoothed over 3x3.
        contrast: how much the edge is steepened at most, as a factor; it is also softened a little.
        noise: standard deviation of the grain in the ink.
        share: of the pictures that are changed at all.
    """

    turn: float = 10.0
    slant: float = 0.2
    scale: float = 0.1
    aspect: float = 0.1
    shift: float = 1.5
    elastic: float = 0.8
    thickness: float = 0.35
    blur: float = 0.35
    contrast: float = 2.5
    noise: float = 0.05
    share: float = 0.95

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """(B, 1, 28, 28) uint8 -> (B, 1, 28, 28) float32 in [0, 1], on the same device."""
        ink = images.float() / 255
        count, device = len(ink), ink.device
        # All that is drawn is drawn by `generator`, and is nothing for those that stay as they are.
        changed = torch.rand(count, 1, generator=generator) < self.share
        if not changed.any():
            return ink

        def uniform(size: int = 1) -> Tensor:  # (B, size) in [-1, 1)
            drawn = torch.rand(count, size, generator=generator) * 2 - 1
            return (drawn * changed).to(device)

        warped = F.grid_sample(ink, self._grid(uniform, ink), padding_mode="zeros", align_corners=False)
        # Beyond the sampled stroke's own width: soft dilation and erosion.
        amount = _each(uniform()) * self.thickness
        wider, thinner = _of_3x3(warped, torch.maximum), _of_3x3(warped, torch.minimum)
        warped = warped + amount.clamp(min=0) * (wider - warped) + 0.5 * amount.clamp(max=0) * (warped - thinner)
        smooth = _of_3x3(warped, torch.add) / 9
        warped = torch.lerp(warped, smooth, _each(uniform()).clamp(min=0) * self.blur)
        # Steeper about a half, or fainter.
        steep = self.contrast ** _each(uniform())
        warped = warped * steep.clamp(min=0.7) + (0.5 - 0.5 * steep).clamp(max=0)
        grain = torch.randn(ink.shape, generator=generator).to(device)
        return (warped + grain * (self.noise * _each(uniform()).clamp(min=0)) * (warped > 0.02)).clamp(0, 1)

    def _grid(self, uniform: Callable[..., Tensor], ink: Tensor) -> Tensor:
        """Where each pixel is taken from, (B, 28, 28, 2) as `grid_sample` wants it."""
        count, side = len(ink), ink.shape[-1]
        turn = uniform() * torch.pi * self.turn / 180
        slant = uniform() * self.slant
        size, aspect = (1 + self.scale) ** uniform(), (1 + self.aspect) ** uniform()
        cos, sin = torch.cos(turn), torch.sin(turn)
        wide, high = size * aspect, size / aspect
        shift = uniform(2) * self.shift * 2 / side
        knots = uniform(2 * KNOTS**2) * self.elastic * 2 / side
        across = [wide * cos, wide * (slant * cos - sin), shift[:, :1], knots[:, : KNOTS**2]]
        down = [high * sin, high * (slant * sin + cos), shift[:, 1:], knots[:, KNOTS**2 :]]
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


NONE = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0)
