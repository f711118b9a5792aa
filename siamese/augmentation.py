"""Other ways in which the same symbol could have been drawn: batched, on the device.

One call of `grid_sample` carries slant, turn, size, aspect, place and a smooth elastic field; the
stroke is then thickened or thinned by soft morphology, blurred, and its edge hardened or softened.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


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

        def uniform(*shape: int) -> Tensor:  # in [-1, 1)
            return torch.rand(count, *shape, generator=generator).to(device) * 2 - 1

        changed = (torch.rand(count, 1, 1, 1, generator=generator) < self.share).to(device)
        warped = F.grid_sample(ink, self._grid(uniform, ink), padding_mode="zeros", align_corners=False)
        # Beyond the sampled stroke's own width: soft dilation and erosion.
        amount = uniform(1, 1, 1) * self.thickness
        wider, thinner = F.max_pool2d(warped, 3, 1, 1), -F.max_pool2d(-warped, 3, 1, 1)
        warped = warped + amount.clamp(min=0) * (wider - warped) + 0.5 * amount.clamp(max=0) * (warped - thinner)
        smooth = F.avg_pool2d(warped, 3, 1, 1)
        warped = warped + uniform(1, 1, 1).clamp(min=0) * self.blur * (smooth - warped)
        steep = self.contrast ** uniform(1, 1, 1)
        warped = torch.where(steep > 1, (warped - 0.5) * steep + 0.5, warped * steep.clamp(min=0.7))
        grain = torch.randn(ink.shape, generator=generator).to(device)
        warped = warped + grain * self.noise * uniform(1, 1, 1).clamp(min=0) * (warped > 0.02)
        return torch.where(changed, warped, ink).clamp(0, 1)

    def _grid(self, uniform, ink: Tensor) -> Tensor:
        count, side = len(ink), ink.shape[-1]
        turn = uniform() * torch.pi * self.turn / 180
        slant = uniform() * self.slant
        size, aspect = (1 + self.scale) ** uniform(), (1 + self.aspect) ** uniform()
        cos, sin = torch.cos(turn), torch.sin(turn)
        wide, high = size * aspect, size / aspect
        shift = uniform(2) * self.shift * 2 / side
        rows = [
            wide * cos,
            wide * (slant * cos - sin),
            shift[:, 0],
            high * sin,
            high * (slant * sin + cos),
            shift[:, 1],
        ]
        grid = F.affine_grid(torch.stack(rows, dim=1).view(count, 2, 3), list(ink.shape), align_corners=False)
        knots = uniform(2, 4, 4) * self.elastic * 2 / side
        field = F.interpolate(knots, size=(side, side), mode="bicubic", align_corners=False)
        return grid + field.permute(0, 2, 3, 1)


NONE = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0)
