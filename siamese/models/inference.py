"""Embedding pictures with a trained network: batches, test-time augmentation, fused layers."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from siamese.config import Views
from siamese.models.backbones import ConvBackbone, Stage
from siamese.models.networks import EmbeddingNet, channels_last
from siamese.models.views import view

BATCH = 250  # pictures of 28x28 embedded at a time, and fewer of larger ones: what they become stays in the cache
ONE_VIEW = Views()


class Images(Protocol):
    """(N, channels, H, W) uint8 pictures: a tensor, or what reads them from the disk a slice at a time."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: slice, /) -> Tensor: ...


@torch.inference_mode()
def embed(
    net: EmbeddingNet,
    images: Images,
    head: str | None = None,
    views: Views = ONE_VIEW,
    batch_size: int | None = None,
) -> Tensor:
    """Embed pictures, in float32 and in evaluation mode; the net's own mode is left as it was.

    Args:
        net: on any device.
        images: (N, channels, H, W) uint8, or what gives such batches by slices.
        head: by which head; the first one if None.
        views: test-time augmentation. A picture below the uncertainty gate is embedded in several views, and the
            direction of their mean is its embedding. Both measured better (`benchmarks/recipes.md`).
        batch_size: None for as many as hold as much as 250 digits do.

    Returns:
        (N, embedding_dim) float32 on the CPU, rows of length 1.

    Raises:
        ValueError: there is no such head.
    """
    chosen = net.config.heads[0] if head is None else head
    several = views.rotations != (0.0,) or views.deskew > 0

    def in_views(batch: Tensor) -> Tensor:
        total = sum(net(view(batch, degrees, views.deskew), chosen) for degrees in views.rotations)
        return F.normalize(torch.as_tensor(total), dim=1)

    def embedded(batch: Tensor) -> Tensor:
        if several and views.gate is None:
            return in_views(batch)
        projected = net.heads.project(net.features(batch), chosen)
        rows = F.normalize(projected, dim=1)
        if several and views.gate:
            uncertain = projected.norm(dim=1) < views.gate
            if uncertain.any():
                rows[uncertain] = in_views(batch[uncertain])
        return rows

    rows = _by_batches(net, images, batch_size, embedded)
    return torch.cat(rows) if rows else torch.zeros(0, net.config.embedding_dim)


@torch.inference_mode()
def embedding_norms(
    net: EmbeddingNet, images: Images, head: str | None = None, batch_size: int | None = None
) -> Tensor:
    """(N, channels, H, W) uint8 pictures -> (N,) norms of their embeddings before they are brought to 1.

    The shorter, the less sure the network is: what the uncertainty gate goes by.
    """
    return projections(net, images, head, batch_size).norm(dim=1)


@torch.inference_mode()
def projections(net: EmbeddingNet, images: Images, head: str | None = None, batch_size: int | None = None) -> Tensor:
    """(N, channels, H, W) uint8 pictures -> (N, embedding_dim), their embeddings before they are brought to length 1."""
    chosen = net.config.heads[0] if head is None else head
    rows = _by_batches(net, images, batch_size, lambda batch: net.heads.project(net.features(batch), chosen))
    return torch.cat(rows) if rows else torch.zeros(0, net.config.embedding_dim)


@torch.inference_mode()
def unit_features(net: EmbeddingNet, images: Images, batch_size: int | None = None) -> Tensor:
    """(N, channels, H, W) uint8 pictures -> (N, features) float32, what the heads see, brought to length 1."""
    rows = _by_batches(net, images, batch_size, lambda batch: F.normalize(net.features(batch).float(), dim=1))
    return torch.cat(rows)


def _by_batches(
    net: EmbeddingNet, images: Images, batch_size: int | None, step: Callable[[Tensor], Tensor]
) -> list[Tensor]:
    """`step` of float batches in [0, 1], in evaluation mode, each result on the CPU."""
    device = next(net.parameters()).device
    height, width = net.input.size
    batch_size = batch_size or max(16, BATCH * 28 * 28 // (height * width))
    training = net.training
    if training:  # setting a mode visits every module, which for one picture takes longer than embedding it
        net.eval()
    starts = range(0, len(images), batch_size)
    rows = [step(images[start : start + batch_size].to(device).float() / 255).cpu() for start in starts]
    if training:
        net.train()
    return rows


def fuse(net: EmbeddingNet) -> EmbeddingNet:
    """A copy for inference: in the conv backbone, each batch normalisation becomes part of its convolution.

    It embeds as the net does in evaluation mode, within rounding, in less than three quarters of the time. Weights
    lie with their channels last, as the processor reads them.
    """
    copied = deepcopy(net).eval()
    if isinstance(copied.backbone, ConvBackbone):
        for stage in copied.backbone.stages:
            assert isinstance(stage, Stage)
            stage.convolutions = nn.ModuleList(
                fuse_conv_bn_eval(*block.children())  # type: ignore[arg-type, type-var]  # a convolution and its norm
                for block in stage.convolutions.children()
            )
    return channels_last(copied, next(net.parameters()).device)
