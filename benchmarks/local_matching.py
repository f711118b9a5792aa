"""Distances between two pictures that allow for local displacement, without training; used by `second_opinion.py`.

Each takes an embedding network, (N, 1, 28, 28) uint8 pictures and the (P,) indices of both pictures of each pair, and
gives (P,) distances that do not depend on the order of the two.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese.models.networks import EmbeddingNet

PAIRS = 128  # at a time
Matching = Callable[[EmbeddingNet, Tensor, Tensor, Tensor], Tensor]


def gradients(net: EmbeddingNet, pictures: Tensor) -> Tensor:
    """(N, 2, 28, 28) Sobel's derivatives of the ink, across and down."""
    sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
    padded = F.pad(pictures.float() / 255, (1, 1, 1, 1), mode="replicate")
    return F.conv2d(padded, torch.stack([sobel, sobel.T])[:, None])


def stage(number: int, net: EmbeddingNet, pictures: Tensor) -> Tensor:
    """(N, C, h, w) the map after so many stages."""
    maps = (pictures.float() / 255 - net.mean) / net.std
    for part in list(net.backbone.stages)[:number]:
        maps = part(maps)
    return maps


def unit(maps: Tensor) -> Tensor:
    """Maps of length 1, all places together."""
    return maps / maps.flatten(1).norm(dim=1)[:, None, None, None].clamp(min=1e-6)


def displaced(a: Tensor, b: Tensor, reach: int, context: int) -> Tensor:
    """The image distortion model (Keysers et al., 2007), or a chamfer distance of maps: each place finds its best match.

    Args:
        a: (P, C, H, W).
        b: likewise.
        reach: how far a place may be displaced, in rows and in columns.
        context: side of the square whose squared differences are averaged, odd.

    Returns:
        (P,) the sum over all places of `a`.
    """
    height, width = a.shape[-2:]
    padded, best = F.pad(b, (reach,) * 4), None
    for down in range(2 * reach + 1):
        for across in range(2 * reach + 1):
            squared = (a - padded[..., down : down + height, across : across + width]).square().sum(dim=1, keepdim=True)
            squared = F.avg_pool2d(squared, context, 1, context // 2)
            best = squared if best is None else torch.minimum(best, squared)
    assert best is not None
    return best.flatten(1).sum(dim=1)


def both_ways(a: Tensor, b: Tensor, reach: int, context: int) -> Tensor:
    """`displaced`, of either against the other."""
    return displaced(a, b, reach, context) + displaced(b, a, reach, context)


def optimal_transport(a: Tensor, b: Tensor, displacement: float, softness: float = 0.05, rounds: int = 15) -> Tensor:
    """Entropic optimal transport between maps (Cuturi, 2013; Zhang et al., 2020), places weighted by their norm.

    Args:
        a: (P, C, H, W).
        b: likewise.
        displacement: cost of each squared place of displacement, beside 1 minus the cosine.
        softness: of the entropic regularisation.
        rounds: of Sinkhorn's iteration.

    Returns:
        (P,) cost of the transport.
    """
    down = torch.arange(a.shape[2]).repeat_interleave(a.shape[3]).float()
    across = torch.arange(a.shape[3]).repeat(a.shape[2]).float()
    apart = (down[:, None] - down).square() + (across[:, None] - across).square()
    a, b = a.flatten(2), b.flatten(2)
    cost = 1 - F.normalize(a, dim=1).transpose(1, 2) @ F.normalize(b, dim=1) + displacement * apart
    mass = [F.normalize(maps.norm(dim=1), p=1, dim=1) for maps in (a, b)]
    kernel = torch.exp(-cost / softness)
    row = torch.ones_like(mass[0])
    for _ in range(rounds):
        column = mass[1] / (kernel.transpose(1, 2) @ row[..., None])[..., 0].clamp(min=1e-9)
        row = mass[0] / (kernel @ column[..., None])[..., 0].clamp(min=1e-9)
    return (row[:, :, None] * kernel * column[:, None] * cost).sum(dim=(1, 2))


def _of(make: Callable[[EmbeddingNet, Tensor], Tensor], distance: Callable[[Tensor, Tensor], Tensor]) -> Matching:
    def matching(net: EmbeddingNet, pictures: Tensor, first: Tensor, second: Tensor) -> Tensor:
        maps = make(net, pictures)
        pairs = zip(first.split(PAIRS), second.split(PAIRS), strict=True)
        return torch.cat([distance(maps[a], maps[b]) for a, b in pairs])

    return matching


MATCHINGS: dict[str, Matching] = {
    "image distortion model, 2 pixels": _of(gradients, lambda a, b: both_ways(a, b, 2, 3)),
    "image distortion model, 3 pixels": _of(gradients, lambda a, b: both_ways(a, b, 3, 3)),
    "chamfer, 14x14": _of(lambda net, x: unit(stage(1, net, x)), lambda a, b: both_ways(a, b, 1, 3)),
    "chamfer, 7x7": _of(lambda net, x: unit(stage(2, net, x)), lambda a, b: both_ways(a, b, 1, 1)),
    "place by place, 7x7": _of(lambda net, x: unit(stage(2, net, x)), lambda a, b: both_ways(a, b, 0, 1)),
    "optimal transport, 7x7": _of(
        lambda net, x: stage(2, net, x), lambda a, b: optimal_transport(a, b, 0.1) + optimal_transport(b, a, 0.1)
    ),
}
