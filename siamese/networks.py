"""The network: a backbone that looks, a neck that embeds, and the twin that compares.

    SiameseNetwork(a, b) = EmbeddingNet(a), EmbeddingNet(b)      one net, shared weights
    EmbeddingNet = Backbone -> Neck -> unit vector

Pictures enter as (B, 1, 28, 28) floats in [0, 1], white ink on black.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

TORCHVISION_BACKBONES = ("resnet18", "vgg11_bn", "efficientnet_b0")
BACKBONES = ("conv", *TORCHVISION_BACKBONES)
INK_MEAN, INK_STD = 0.1307, 0.3081  # of MNIST's training pixels


@dataclass(frozen=True)
class NetworkConfig:
    """What it takes to build the network again.

    Attributes:
        backbone: `conv`, made for 28x28 ink, or one of torchvision's.
        embedding_dim: length of the embedding. 2 or 3 can be drawn as they are; 64 to 128 serve digits
            and unseen symbols well, more brings nothing here.
        channels: of the conv backbone's three stages, at 28x28, 14x14 and 7x7.
        blocks: 3x3 convolutions a stage.
    """

    backbone: str = "conv"
    embedding_dim: int = 128
    channels: tuple[int, int, int] = (32, 64, 128)
    blocks: tuple[int, int, int] = (2, 2, 2)

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(self.channels))
        object.__setattr__(self, "blocks", tuple(self.blocks))
        if self.backbone not in BACKBONES:
            raise ValueError(f"backbone must be one of {', '.join(BACKBONES)}, got {self.backbone!r}")
        if self.embedding_dim < 2:
            raise ValueError(
                f"embedding_dim must be at least 2, unit vectors of one number are all alike; got {self.embedding_dim}"
            )
        if len(self.channels) != 3 or len(self.blocks) != 3 or min(self.channels + self.blocks) < 1:
            raise ValueError("channels and blocks are three positive numbers each, one a stage")

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
    """Three stages of 3x3 convolutions, each at half the resolution of the one before: (B, 1, 28, 28) -> (B, features)."""

    def __init__(self, channels: tuple[int, int, int], blocks: tuple[int, int, int]) -> None:
        super().__init__()
        widths = (1, *channels)
        self.stages = nn.ModuleList(Stage(a, b, n) for a, b, n in zip(widths[:-1], channels, blocks, strict=True))
        self.features = channels[-1] * 3 * 3

    def forward(self, x: Tensor) -> Tensor:
        for stage in self.stages:
            x = stage(x)
        return x.flatten(1)


class TorchvisionBackbone(nn.Module):
    """A torchvision classifier without its classifier, on ink enlarged to 64x64 in three equal channels."""

    def __init__(self, name: str, pretrained: bool = False) -> None:
        super().__init__()
        from torchvision import models

        model = getattr(models, name)(weights="DEFAULT" if pretrained else None)
        if name == "resnet18":
            self.features, model.fc = model.fc.in_features, nn.Identity()
        elif name == "vgg11_bn":
            self.features, model.avgpool, model.classifier = 512, nn.AdaptiveAvgPool2d(1), nn.Identity()
        else:
            self.features, model.classifier = model.classifier[1].in_features, nn.Identity()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        x = F.interpolate(x, size=(64, 64), mode="bilinear", align_corners=False)
        return self.model(x.expand(-1, 3, -1, -1))


class Neck(nn.Module):
    """Features -> embedding of length 1, by one of two heads.

    `symbols` is what the loss shaped. `digits` is that, aligned with the digits after training
    (`alignment.py`); until then the two are the same.
    """

    def __init__(self, features: int, embedding_dim: int) -> None:
        super().__init__()
        self.project = nn.Linear(features, embedding_dim)
        self.align = nn.Linear(embedding_dim, embedding_dim).requires_grad_(False)
        nn.init.eye_(self.align.weight)
        nn.init.zeros_(self.align.bias)

    def forward(self, x: Tensor, head: str = "digits") -> Tensor:
        embedding = F.normalize(self.project(x).float(), dim=1)
        if head == "symbols":
            return embedding
        with torch.autocast(embedding.device.type, enabled=False):
            return F.normalize(self.align(embedding), dim=1)


class EmbeddingNet(nn.Module):
    """(B, 1, 28, 28) floats in [0, 1] -> (B, embedding_dim) float32, rows of length 1."""

    def __init__(self, config: NetworkConfig, pretrained_backbone: bool = False) -> None:
        super().__init__()
        self.config = config
        if config.backbone == "conv":
            self.backbone = ConvBackbone(config.channels, config.blocks)
        else:
            self.backbone = TorchvisionBackbone(config.backbone, pretrained_backbone)
        self.neck = Neck(self.backbone.features, config.embedding_dim)

    def forward(self, images: Tensor, head: str = "digits") -> Tensor:
        return self.neck(self.backbone((images - INK_MEAN) / INK_STD), head)


class SiameseNetwork(nn.Module):
    """Two pictures through one `EmbeddingNet`: (B, 1, 28, 28) twice -> both (B, embedding_dim)."""

    def __init__(self, net: EmbeddingNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        embeddings = self.net(torch.cat([a, b]))
        return embeddings[: len(a)], embeddings[len(a) :]


@torch.inference_mode()
def embed(net: EmbeddingNet, images: Tensor, head: str = "digits", batch_size: int = 1000) -> Tensor:
    """Embed (N, 1, 28, 28) uint8 pictures by the head for `digits` or for other `symbols`: (N, dim) float32 on the CPU.

    In float32 and in evaluation mode whatever the training ran in; the net's mode is left as it was.
    """
    device = next(net.parameters()).device
    training = net.training
    if training:  # to set a mode, every module is visited, which for one picture takes longer than to see it
        net.eval()
    batches = [images[i : i + batch_size] for i in range(0, len(images), batch_size)]
    rows = [net(batch.to(device).float() / 255, head).cpu() for batch in batches]
    if training:
        net.train()
    return torch.cat(rows) if rows else torch.zeros(0, net.config.embedding_dim)
