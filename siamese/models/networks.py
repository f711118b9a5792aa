"""The network: a backbone that looks, a neck that embeds, and the twin that compares.

    SiameseNetwork(a, b) = EmbeddingNet(a), EmbeddingNet(b)      one net, shared weights
    EmbeddingNet = Backbone -> Neck -> unit vector

Pictures enter as (B, 1, 28, 28) floats in [0, 1], white ink on black.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

TORCHVISION_BACKBONES = ("resnet18", "vgg11_bn", "efficientnet_b0")
BACKBONES = ("conv", *TORCHVISION_BACKBONES)
HEADS = ("digits", "symbols")
# Degrees by which a picture is turned to be looked at more than once.
LOOKS = {"digits": (-8.0, 0.0, 8.0), "symbols": (-15.0, -8.0, 0.0, 8.0, 15.0)}
INK_MEAN, INK_STD = 0.1307, 0.3081  # of MNIST's training pixels


@dataclass(frozen=True)
class NetworkConfig:
    """What it takes to build the network again.

    Attributes:
        backbone: `conv`, made for 28x28 ink, or one of torchvision's.
        embedding_dim: length of the embedding. 2 or 3 can be drawn as they are; 64 to 128 serve digits
            and unseen symbols well, more brings nothing here.
        channels: of the conv backbone's three stages, at 28x28, 14x14 and 7x7.
        blocks: 3x3 convolutions a stage. At 28x28 one is enough, the others are better spent on what it halves to.
        heads: `digits` alone, which then embeds other symbols too, or `digits` and `symbols`.
        details: rows and columns to which the conv backbone's second stage is averaged for the last of the heads,
            which then sees it beside the third; 0 for the third alone.
        doubt: length of a digit's embedding, before it is brought to 1, below which it is looked at again;
            0 for never. It is measured once the network has learned (`certainty`).
    """

    backbone: str = "conv"
    embedding_dim: int = 128
    channels: tuple[int, int, int] = (32, 64, 128)
    blocks: tuple[int, int, int] = (1, 3, 3)
    heads: tuple[str, ...] = HEADS[:1]
    details: int = 0
    doubt: float = 0.0

    def __post_init__(self) -> None:
        for name in ("channels", "blocks", "heads"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.backbone not in BACKBONES:
            raise ValueError(f"backbone must be one of {', '.join(BACKBONES)}, got {self.backbone!r}")
        if self.embedding_dim < 2:
            raise ValueError(
                f"embedding_dim must be at least 2, unit vectors of one number are all alike; got {self.embedding_dim}"
            )
        if len(self.channels) != 3 or len(self.blocks) != 3 or min(self.channels + self.blocks) < 1:
            raise ValueError("channels and blocks are three positive numbers each, one a stage")
        if self.heads not in (HEADS[:1], HEADS):
            raise ValueError(f"heads must be digits, or digits and symbols; got {', '.join(self.heads)}")
        if not 0 <= self.details <= 7:
            raise ValueError(f"details must lie between 0 and 7, the side of the second stage; got {self.details}")
        if not 0 <= self.doubt < float("inf"):
            raise ValueError(f"doubt must be 0 or a length, got {self.doubt}")

    def to_json(self) -> dict:
        return asdict(self)


class Stage(nn.Module):
    """3x3 convolutions at one resolution, with a shortcut around those that keep the shape; then halved by max-pooling."""

    def __init__(self, width_in: int, width: int, blocks: int) -> None:
        super().__init__()
        widths = [width_in] + [width] * blocks
        self.convolutions = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b)) for a, b in pairwise(widths)
        )

    def forward(self, x: Tensor) -> Tensor:
        for convolution in self.convolutions[:-1]:
            y = F.relu(convolution(x))
            x = x + y if x.shape == y.shape else y
        y = self.convolutions[-1](x)
        if x.shape == y.shape:
            return F.max_pool2d(x + F.relu(y), 2)
        # Rectified after pooling it is the same, and a quarter of the work.
        return F.relu(F.max_pool2d(y, 2))


class ConvBackbone(nn.Module):
    """Three stages of 3x3 convolutions, each at half the resolution of the one before.

    (B, 1, 28, 28) -> (B, features): what comes out of the last stage, and, if details are wanted, of the one before it,
    averaged to so many rows and columns: it knows less of the classes that were trained on and more of strokes.

    Attributes:
        width: how many of the features, the first ones, come from the last stage. whole_width: how many there are.
    """

    def __init__(self, channels: tuple[int, int, int], blocks: tuple[int, int, int], details: int = 0) -> None:
        super().__init__()
        widths = (1, *channels)
        self.stages = nn.ModuleList(Stage(a, b, n) for a, b, n in zip(widths[:-1], channels, blocks, strict=True))
        self.details = details
        self.width = channels[2] * 3 * 3
        self.whole_width = self.width + channels[1] * details**2

    def forward(self, x: Tensor) -> Tensor:
        first, second, third = self.stages
        before = second(first(x))
        features = third(before).flatten(1)
        if not self.details:
            return features
        return torch.cat([features, F.adaptive_avg_pool2d(before, self.details).flatten(1)], dim=1)


class TorchvisionBackbone(nn.Module):
    """A torchvision classifier without its classifier, on ink enlarged to 64x64 in three equal channels."""

    def __init__(self, name: str, pretrained: bool = False) -> None:
        super().__init__()
        from torchvision import models

        model = getattr(models, name)(weights="DEFAULT" if pretrained else None)
        if name == "resnet18":
            width, model.fc = model.fc.in_features, nn.Identity()
        elif name == "vgg11_bn":
            width, model.avgpool, model.classifier = 512, nn.AdaptiveAvgPool2d(1), nn.Identity()
        else:
            width, model.classifier = model.classifier[1].in_features, nn.Identity()
        self.model, self.width, self.whole_width = model, width, width

    def forward(self, x: Tensor) -> Tensor:
        x = F.interpolate(x, size=(64, 64), mode="bilinear", align_corners=False)
        return self.model(x.expand(-1, 3, -1, -1))


class Neck(nn.Module):
    """Features -> embedding of length 1, by a head of its own for digits and for other symbols.

    On one sphere, every other symbol pushes the digits together and digits take room from symbols; with
    two, what tells digits apart and what tells any two shapes apart are learned on the same features
    without getting in each other's way (`benchmarks/recipes.md`). The last head, which is for symbols or for
    everything, sees the backbone's details besides, if there are any.
    """

    def __init__(self, width: int, whole_width: int, embedding_dim: int, heads: tuple[str, ...]) -> None:
        super().__init__()
        widths = [width] * (len(heads) - 1) + [whole_width]
        self.heads = nn.ModuleDict(
            {head: nn.Linear(seen, embedding_dim) for head, seen in zip(heads, widths, strict=True)}
        )

    def project(self, features: Tensor, head: str = "digits") -> Tensor:
        """The embedding before it is brought to length 1: the shorter, the less the network is sure of it."""
        layer = self.heads[head if head in self.heads else "digits"]
        return layer(features[:, : layer.in_features]).float()

    def forward(self, features: Tensor, head: str = "digits") -> Tensor:
        return F.normalize(self.project(features, head), dim=1)


class EmbeddingNet(nn.Module):
    """(B, 1, 28, 28) floats in [0, 1] -> (B, embedding_dim) float32, rows of length 1."""

    def __init__(self, config: NetworkConfig, pretrained_backbone: bool = False) -> None:
        super().__init__()
        self.config = config
        if config.backbone == "conv":
            self.backbone = ConvBackbone(config.channels, config.blocks, config.details)
        else:
            self.backbone = TorchvisionBackbone(config.backbone, pretrained_backbone)
        self.neck = Neck(self.backbone.width, self.backbone.whole_width, config.embedding_dim, config.heads)

    def features(self, images: Tensor) -> Tensor:
        """What the heads look at: (B, features)."""
        return self.backbone((images - INK_MEAN) / INK_STD)

    def forward(self, images: Tensor, head: str = "digits") -> Tensor:
        return self.neck(self.features(images), head)


class SiameseNetwork(nn.Module):
    """Two pictures through one `EmbeddingNet`: (B, 1, 28, 28) twice -> both (B, embedding_dim)."""

    def __init__(self, net: EmbeddingNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        embeddings = self.net(torch.cat([a, b]))
        return embeddings[: len(a)], embeddings[len(a) :]


def fused(net: EmbeddingNet) -> EmbeddingNet:
    """A copy for answering alone: in the conv backbone, each batch normalisation is part of its convolution.

    It embeds as the net does in evaluation mode, within rounding, in less than three quarters of the time; weights
    lie with their channels last, as the processor reads them.
    """
    copied = deepcopy(net).eval()
    if isinstance(copied.backbone, ConvBackbone):
        for stage in copied.backbone.stages:
            stage.convolutions = nn.ModuleList(fuse_conv_bn_eval(*convolution) for convolution in stage.convolutions)
    return copied.to(memory_format=torch.channels_last)


@torch.inference_mode()
def embed(net: EmbeddingNet, images: Tensor, head: str = "digits", batch_size: int = 1000) -> Tensor:
    """Embed (N, 1, 28, 28) uint8 pictures by the head for `digits` or for other `symbols`: (N, dim) float32 on the CPU.

    A digit is looked at once, or, if the network is in doubt of it, three times, a little turned; its
    embedding is the mean's direction. A symbol that was never trained on is looked at five times: one example
    says little. Both measured better (`benchmarks/recipes.md`).

    In float32 and in evaluation mode whatever the training ran in; the net's mode is left as it was.
    """

    def embedded(batch: Tensor) -> Tensor:
        if head == "symbols":
            return _seen_turned(net, batch, head)
        projected = net.neck.project(net.features(batch), head)
        rows = F.normalize(projected, dim=1)
        doubtful = projected.norm(dim=1) < net.config.doubt
        if doubtful.any():
            rows[doubtful] = _seen_turned(net, batch[doubtful], head)
        return rows

    rows = _by_batches(net, images, batch_size, embedded)
    return torch.cat(rows) if rows else torch.zeros(0, net.config.embedding_dim)


def _by_batches(net: EmbeddingNet, images: Tensor, batch_size: int, see: Callable[[Tensor], Tensor]) -> list[Tensor]:
    """What is seen of uint8 pictures, in evaluation mode, on the CPU."""
    device = next(net.parameters()).device
    training = net.training
    if training:  # to set a mode, every module is visited, which for one picture takes longer than to see it
        net.eval()
    starts = range(0, len(images), batch_size)
    rows = [see(images[start : start + batch_size].to(device).float() / 255).cpu() for start in starts]
    if training:
        net.train()
    return rows


def _seen_turned(net: EmbeddingNet, batch: Tensor, head: str) -> Tensor:
    """The direction of the mean over several looks."""
    return F.normalize(sum(net(turned(batch, degrees), head) for degrees in LOOKS[head]), dim=1)


@torch.inference_mode()
def certainty(net: EmbeddingNet, images: Tensor, batch_size: int = 1000) -> Tensor:
    """How sure the net is of (N, 1, 28, 28) uint8 digits: the lengths (N,) of their embeddings before they are brought to 1."""
    return torch.cat(
        _by_batches(net, images, batch_size, lambda batch: net.neck.project(net.features(batch)).norm(dim=1))
    )


def turned(images: Tensor, degrees: float) -> Tensor:
    """(B, 1, H, W) pictures turned about their middle, clockwise."""
    angle = torch.deg2rad(torch.tensor(degrees))
    rows = torch.stack([torch.cos(angle), torch.sin(angle), -torch.sin(angle), torch.cos(angle)]).view(2, 2)
    matrix = F.pad(rows, (0, 1)).expand(len(images), 2, 3).to(images)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)
