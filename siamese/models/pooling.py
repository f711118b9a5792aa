"""Pooling of feature maps to a grid: what is kept of where in a picture things are."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def pooled(final: Tensor, intermediate: Tensor | None, final_grid: int | None, grid: int = 0) -> Tensor:
    """The features of two stages as one row: each average-pooled to a grid of places, and flattened.

    Args:
        final: (B, C, h, w).
        intermediate: (B, C', h', w'), None to leave it out.
        final_grid: rows and columns of the first; None to keep all places.
        grid: of the second.

    Returns:
        (B, features), those of `final` first.
    """
    parts = [F.adaptive_avg_pool2d(final, final_grid) if final_grid else final]
    if intermediate is not None:
        parts.append(F.adaptive_avg_pool2d(intermediate, grid))
    return torch.cat([part.flatten(1) for part in parts], dim=1)
