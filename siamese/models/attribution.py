"""What a distance comes from: the pixels of two pictures that keep them apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


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
