"""The image distortion model: do the strokes of two drawings match if each place may find its match nearby?

An embedding forgets where exactly strokes lie, which is what tells look-alikes apart. So drawings are compared once more,
by the gradients of their ink: each place of one is compared, with the eight around it, to the places of the other at
most `REACH` away, and the least difference counts (Keysers, Deselaers, Gollan and Ney, 2007). Nothing of it is learned.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 28  # pixels of a side at which drawings are compared; finer ones are averaged
REACH = 2  # pixels by which a place may be displaced, in rows and in columns
PAIRS = 64  # at a time: what they become stays in the cache

_SMOOTH = torch.tensor([1.0, 2.0, 1.0]) / 4
_ACROSS = torch.outer(_SMOOTH, torch.tensor([-1.0, 0.0, 1.0]))  # Sobel's derivative; down is its transpose


def gradients(inks: np.ndarray) -> Tensor:
    """(N, side, side) uint8 drawings -> (N, 2, SIDE, SIDE) derivatives of the smoothed ink across and down, of norm 1."""
    ink = F.interpolate(torch.from_numpy(inks)[:, None].float(), (SIDE, SIDE), mode="area")
    smooth = F.conv2d(ink, torch.outer(_SMOOTH, _SMOOTH)[None, None], padding=1)
    fields = F.conv2d(smooth, torch.stack([_ACROSS, _ACROSS.T])[:, None], padding=1)
    return F.normalize(fields.flatten(1), dim=1).view_as(fields)


@torch.inference_mode()
def distortions(first: Tensor, second: Tensor) -> np.ndarray:
    """How much is left between drawings after each place has found its match, the mean of both ways.

    Args:
        first: (N, 2, SIDE, SIDE) gradients of the one drawing of each pair, or (1, 2, SIDE, SIDE) for all.
        second: (N, 2, SIDE, SIDE) of the other one.

    Returns:
        (N,) float32; 0 for the same drawing twice, 0.3 to 0.7 for two drawings of one symbol, 0.6 to 0.95 for two symbols. It does not
        depend on the order.
    """
    parts = second.split(PAIRS)
    of_each = first.split(PAIRS) if len(first) == len(second) else [first] * len(parts)
    found = [_distortions(*pair) for pair in zip(of_each, parts, strict=True)]
    return torch.cat(found).numpy() if found else np.empty(0, np.float32)


def _distortions(first: Tensor, second: Tensor) -> Tensor:
    # Each displacement is computed once for both ways: where `a` meets `b` at an offset, `b` meets `a` at the opposite one.
    a, b = F.pad(first, (REACH + 1,) * 4), F.pad(second, (2 * REACH + 1,) * 4)
    height, width = a.shape[-2] - 2, a.shape[-1] - 2
    least_of_a = second.new_full((len(second), height, width), torch.inf)
    least_of_b = second.new_full((len(second), height + 2 * REACH, width + 2 * REACH), torch.inf)
    for down in range(2 * REACH + 1):
        for across in range(2 * REACH + 1):
            opposite = b[..., down : down + height + 2, across : across + width + 2]
            squared = _around((a[:, 0] - opposite[:, 0]).square_().add_((a[:, 1] - opposite[:, 1]).square_()))
            torch.minimum(least_of_a, squared, out=least_of_a)
            met = least_of_b[:, down : down + height, across : across + width]
            torch.minimum(met, squared, out=met)
    inner = least_of_b[:, REACH:-REACH, REACH:-REACH]
    return ((least_of_a.sum(dim=(1, 2)) + inner.sum(dim=(1, 2))) / 2).sqrt()


def _around(maps: Tensor) -> Tensor:
    """(N, H + 2, W + 2) -> (N, H, W) the mean of each place and the eight around it."""
    rows = maps[:, :-2] + maps[:, 1:-1] + maps[:, 2:]
    return (rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]) / 9
