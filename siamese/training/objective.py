"""What a step minimises: the loss of the recipe, summed over the projection heads."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from siamese.config import TrainingConfig
from siamese.data.sources import Role, Source
from siamese.models.networks import EmbeddingNet
from siamese.training import losses
from siamese.training.losses import Loss

OUTLIER = -1  # in place of a head's index: of pictures that belong to no class


def head_of_each_class(names: tuple[str, ...], sources: Sequence[Source], heads: tuple[str, ...]) -> Tensor:
    """(classes,) index of the head that learns each class; `OUTLIER` for those that are none.

    Args:
        names: of the classes, as they are numbered in the joined data.
        sources: a class has the role of the first source that holds it.
        heads: of the network. A single head learns all classes alike.
    """
    of_role = {Role.DIGIT: "digits", Role.SYMBOL: "symbols", Role.SYNTHETIC: "symbols"}
    found: dict[str, int] = {}
    for source in sources:
        head = of_role.get(source.role)
        index = OUTLIER if head is None else heads.index(head) if head in heads else 0
        for name in source.pictures.names:
            found.setdefault(name, index)
    return torch.tensor([found[name] for name in names])


def heads_loss(net: EmbeddingNet, features: Tensor, labels: Tensor, heads: Tensor, config: TrainingConfig) -> Loss:
    """The loss of a batch, summed over the heads.

    The first head learns its own classes, and takes every other picture for an outlier, that is, for a class of its
    own: what is no digit shall lie near none (outlier exposure: Hendrycks, Mazeika and Dietterich, 2019). Each further
    head learns from the pictures of its classes alone.

    Args:
        net: whose heads these are.
        features: (B, features) float32.
        labels: (B,) classes. heads: (B,) index of the head that each class belongs to, or `OUTLIER`.
        config: the recipe.

    Returns:
        the sum of the heads' losses, and the active share of the first.
    """
    names = net.config.heads
    own_class = -1 - torch.arange(len(labels), device=labels.device)
    first = batch_loss(net.heads(features, names[0]), torch.where(heads == 0, labels, own_class), config)
    total = first.value
    for index, name in enumerate(names[1:], start=1):
        mine = heads == index
        if mine.any():
            total = total + batch_loss(net.heads(features[mine], name), labels[mine], config).value
    return Loss(total, first.active)


def batch_loss(embeddings: Tensor, labels: Tensor, config: TrainingConfig) -> Loss:
    """The recipe's loss over all pairs of a batch: (B, dim) embeddings, (B,) labels."""
    if config.loss == "supcon":
        return losses.supervised_contrastive(embeddings, labels, config.temperature)
    if config.loss == "triplet":
        return losses.triplet_mined(embeddings, labels, config.margin or losses.TRIPLET_MARGIN, config.mining)
    return losses.contrastive(embeddings, labels, config.margin or losses.CONTRASTIVE_MARGIN)
