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


def classes_of_heads(names: tuple[str, ...], sources: Sequence[Source], heads: tuple[str, ...]) -> Tensor:
    """(heads, classes) bool: which head learns which class. A class of outliers is learned by none.

    Args:
        names: of the classes, as they are numbered in the joined data.
        sources: a class has the role of the first source that holds it.
        heads: of the network. A single head learns all classes alike.

    Raises:
        ValueError: there are several heads, and none for a source's role.
    """
    roles: dict[str, Role] = {}
    for source in sources:
        for name in source.pictures.names:
            roles.setdefault(name, source.role)
    learns = torch.zeros(len(heads), len(names), dtype=torch.bool)
    for number, name in enumerate(names):
        if roles[name] != Role.OUTLIER:
            learns[_head_of(roles[name], heads), number] = True
    return learns


def _head_of(role: Role, heads: tuple[str, ...]) -> int:
    wanted = "digits" if role == Role.DIGIT else "symbols"
    if len(heads) > 1 and wanted not in heads:
        raise ValueError(
            f"There is no head {wanted!r} for classes of the role {role.value}; heads: {', '.join(heads)}."
        )
    return heads.index(wanted) if len(heads) > 1 else 0


def heads_loss(net: EmbeddingNet, features: Tensor, labels: Tensor, learns: Tensor, config: TrainingConfig) -> Loss:
    """The loss of a batch, summed over the heads.

    The first head learns its own classes, and takes every other picture for an outlier, that is, for a class of its
    own: what is no digit shall lie near none (outlier exposure: Hendrycks, Mazeika and Dietterich, 2019). Each further
    head learns from the pictures of its classes alone.

    Args:
        net: whose heads these are.
        features: (B, features) float32.
        labels: (B,) classes.
        learns: (heads, B) bool, which head learns the class of which picture.
        config: the recipe.

    Returns:
        the sum of the heads' losses, and the active share of the first.
    """
    first, *others = net.config.heads
    own_class = -1 - torch.arange(len(labels), device=labels.device)
    loss = batch_loss(net.heads(features, first), torch.where(learns[0], labels, own_class), config)
    total = loss.value
    for head, mine in zip(others, learns[1:], strict=True):
        if mine.any():
            total = total + batch_loss(net.heads(features[mine], head), labels[mine], config).value
    return Loss(total, loss.active)


def batch_loss(embeddings: Tensor, labels: Tensor, config: TrainingConfig) -> Loss:
    """The recipe's loss over all pairs of a batch.

    Args:
        embeddings: (B, dim), rows of length 1.
        labels: (B,) classes.
        config: the recipe, of which loss, margin, mining and temperature count.
    """
    if config.loss == "supcon":
        return losses.supervised_contrastive(embeddings, labels, config.temperature)
    if config.loss == "triplet":
        return losses.triplet_mined(embeddings, labels, config.margin or losses.TRIPLET_MARGIN, config.mining)
    return losses.contrastive(embeddings, labels, config.margin or losses.CONTRASTIVE_MARGIN)
