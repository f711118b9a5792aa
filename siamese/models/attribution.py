"""What a distance comes from: the pixels, or the places, of two pictures that keep them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from siamese.inputs.preparing import to_batch
from siamese.models.networks import EmbeddingNet
from siamese.models.pooling import pooled


def attribution(net: EmbeddingNet, pixels: Sequence[np.ndarray]) -> np.ndarray:
    """What a distance comes from: of ink the pixels, of other pictures the places.

    Args:
        net: whose distance it is.
        pixels: of two prepared pictures, (H, W) or (H, W, 3) uint8 each.

    Returns:
        (2, H, W) uint8, bright where a picture adds to the distance.
    """
    if net.input.kind == "ink":
        return distance_attribution(net, np.stack(pixels))
    return place_attribution(net, to_batch(pixels, net.input))


def distance_attribution(net: Callable[[Tensor], Tensor], pixels: np.ndarray) -> np.ndarray:
    """Input times gradient of the distance between two pictures (Shrikumar et al., 2016), smoothed over 3x3 pixels.

    Ink that makes the distance larger is bright; ink without which it would be larger is left dark.

    Args:
        net: (2, 1, H, W) floats in [0, 1] -> (2, dim).
        pixels: (2, H, W) uint8.

    Returns:
        (2, H, W) uint8, the brightest pixel of the two 255.
    """
    pictures = (torch.from_numpy(pixels)[:, None].float() / 255).requires_grad_()
    embeddings = net(pictures)
    # With its small epsilon, the gradient is finite where the two embeddings coincide.
    distance = F.pairwise_distance(embeddings[:1], embeddings[1:])
    (gradient,) = torch.autograd.grad(distance, pictures)
    heat = F.avg_pool2d((gradient * pictures).detach().clamp(min=0), 3, 1, 1)[:, 0].numpy()
    return np.rint(heat / max(float(heat.max()), 1e-9) * 255).astype(np.uint8)


def place_attribution(net: EmbeddingNet, images: Tensor) -> np.ndarray:
    """What each place of two pictures adds to the distance between them (Stylianou, Souvenir and Pless, 2019).

    Pooling and the projection head are linear, so that an embedding, before it is brought to length 1, is a sum over the
    places of the feature maps; and so is half the squared distance, 1 - cos, but for the head's bias.

    Args:
        net: its first head counts.
        images: (2, channels, H, W) uint8.

    Returns:
        (2, H, W) uint8, the brightest place of the two 255; what makes the two alike is left dark.
    """
    height, width = images.shape[-2:]
    parts = [
        F.interpolate(part[:, None], size=(height, width), mode="bilinear", align_corners=False)[:, 0]
        / (height * width / part[0].numel())
        for part in distance_parts(net, images)
    ]
    heat = torch.stack(parts).sum(dim=0).clamp(min=0).numpy()
    return np.rint(heat / max(float(heat.max()), 1e-9) * 255).astype(np.uint8)


def distance_parts(net: EmbeddingNet, images: Tensor) -> list[Tensor]:
    """The parts of 1 - cos of two pictures, by the places of each feature map.

    Args:
        net: its first head counts.
        images: (2, channels, H, W) uint8.

    Returns:
        (2, h, w) of each feature map. Those of one picture add up to 1 - cos, but for what the head's bias adds.
    """
    with torch.no_grad():
        x = (images.to(net.mean.device).float() / 255 - net.mean) / net.std
        maps = [found for found in net.backbone.maps(x) if found is not None]
    maps = [found.detach().requires_grad_() for found in maps]
    grids = net.backbone.final_grid, net.backbone.intermediate_grid
    features = pooled(maps[0], maps[1] if len(maps) > 1 else None, *grids)
    embeddings = net.heads.project(features, net.config.heads[0])
    with torch.no_grad():
        norms = embeddings.norm(dim=1, keepdim=True).clamp(min=1e-12)
        units = embeddings / norms
        direction = (units - units.flip(0)) / norms
    gradients = torch.autograd.grad((embeddings * direction).sum(), maps)
    return [(gradient * found).sum(dim=1).detach().cpu() for gradient, found in zip(gradients, maps, strict=True)]
