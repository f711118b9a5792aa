"""Views of a picture for test-time augmentation: set upright by a share of its slant, and rotated."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

MOST_SLANT = 1.0  # a tangent: a stroke that leans further lies rather than leans


def view(images: Tensor, degrees: float, deskew: float = 0.0) -> Tensor:
    """(B, channels, H, W) ink in [0, 1], deskewed and then rotated clockwise about its middle, in one bilinear step.

    Deskewing shears a picture against its slant, about the ink's own middle row (as LeCun et al., 1998, prepared MNIST).

    Args:
        images: white on black; without deskewing any pictures.
        degrees: of the rotation.
        deskew: share of the slant that is taken away, from 0 to 1.
    """
    angle = torch.deg2rad(torch.tensor(degrees))
    rows = torch.stack([torch.cos(angle), torch.sin(angle), -torch.sin(angle), torch.cos(angle)]).view(2, 2)
    matrix = F.pad(rows, (0, 1)).expand(len(images), 2, 3).to(images)
    if deskew:
        shear, middle = slant(images)
        shear = deskew * shear
        # From a place in the upright picture to where the pixel lies in the slanted one: x + shear * (y - middle).
        across = matrix[:, 0] + shear[:, None] * matrix[:, 1]
        matrix = torch.stack([across, matrix[:, 1]], dim=1)
        matrix[:, 0, 2] -= shear * middle
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def slant(images: Tensor) -> tuple[Tensor, Tensor]:
    """How far the ink of each picture leans, by its second moments.

    Args:
        images: (B, channels, H, W) ink, white on black, of equal sides.

    Returns:
        (B,) the tangent of its angle to the vertical: pixels to the right for each further down, negative where it leans
        forward, as most handwriting does, at most 45 degrees; and (B,) the middle row of its ink, from -1 at the top to 1.
        Both are 0 for pictures without ink.
    """
    weights = images.sum(dim=1)
    side = weights.shape[-1]
    places = torch.linspace(-1 + 1 / side, 1 - 1 / side, side).to(weights)
    total = weights.sum(dim=(1, 2)).clamp(min=torch.finfo(weights.dtype).tiny)
    x, y = ((weights.sum(dim=along) * places).sum(dim=1) / total for along in (1, 2))
    right, down = places - x[:, None], places - y[:, None]
    both = torch.einsum("bij,bi,bj->b", weights, down, right)
    variance = torch.einsum("bij,bi->b", weights, down.square())
    tangent = both / variance.clamp(min=torch.finfo(weights.dtype).eps)
    return tangent.clamp(-MOST_SLANT, MOST_SLANT), y
