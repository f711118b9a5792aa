"""The network: a backbone, projection heads, and the twin that compares.

SiameseNetwork(a, b) = EmbeddingNet(a), EmbeddingNet(b)      one net, shared weights
EmbeddingNet         = backbone -> projection head -> unit vector
"""

from __future__ import annotations

import threading

import torch
from torch import Tensor, nn

from siamese.config import InputConfig, NetworkConfig
from siamese.models.backbones import ConvBackbone, make_backbone
from siamese.models.classifiers import ClassifierBackbone
from siamese.models.heads import ProjectionHeads

_INITIALISING = threading.Lock()  # torch draws first weights from one generator for all threads


class EmbeddingNet(nn.Module):
    """(B, channels, H, W) floats in [0, 1] -> (B, embedding_dim) float32, rows of length 1.

    Args:
        config: the architecture.
        input: the form of its pictures, whose mean and standard deviation it normalises by.
        pretrained_backbone: start a torchvision backbone from its ImageNet weights.
        backbone: made already, in the place of the one that the configuration names.
    """

    backbone: ConvBackbone | ClassifierBackbone
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        config: NetworkConfig,
        input: InputConfig | None = None,
        pretrained_backbone: bool = False,
        backbone: ConvBackbone | ClassifierBackbone | None = None,
    ) -> None:
        super().__init__()
        self.config, self.input = config, input or InputConfig()
        self.backbone = backbone or make_backbone(config, self.input, pretrained_backbone)
        self.heads = ProjectionHeads(
            config.heads, self.backbone.out_features, self.backbone.all_features, config.embedding_dim
        )
        # Derived from the configuration, so that they are no part of the weights.
        for name, values in (("mean", self.input.mean), ("std", self.input.std)):
            self.register_buffer(name, torch.tensor(values).view(1, -1, 1, 1), persistent=False)

    def features(self, images: Tensor) -> Tensor:
        """What the heads see: (B, features)."""
        return self.backbone((images - self.mean) / self.std)

    def forward(self, images: Tensor, head: str | None = None) -> Tensor:
        """Embed by a head, the first one if None.

        Raises:
            ValueError: there is no such head.
        """
        return self.heads(self.features(images), self.config.heads[0] if head is None else head)


def initialised(
    config: NetworkConfig, input: InputConfig, seed: int, pretrained_backbone: bool = False
) -> EmbeddingNet:
    """A new network whose weights follow from the seed alone; torch's global generator is left as it was.

    Args:
        config: the architecture.
        input: the form of its pictures.
        seed: the weights are those that an `EmbeddingNet` has right after `torch.manual_seed(seed)`.
        pretrained_backbone: start a torchvision backbone from its ImageNet weights.
    """
    with _INITIALISING, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return EmbeddingNet(config, input, pretrained_backbone)


class SiameseNetwork(nn.Module):
    """Two batches through one `EmbeddingNet`: (B, channels, H, W) twice -> (B, embedding_dim) twice."""

    def __init__(self, net: EmbeddingNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        embeddings = self.net(torch.cat([a, b]))
        return embeddings[: len(a)], embeddings[len(a) :]


def channels_last(net: EmbeddingNet, device: torch.device | str = "cpu") -> EmbeddingNet:
    """The net on a device, its weights with their channels last, as processors and GPUs convolve fastest."""
    return net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
