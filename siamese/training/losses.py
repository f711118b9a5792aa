"""Losses of metric learning, and how much of a batch they act on.

Embeddings are (B, D) rows; the network gives them length 1. Every loss returns `Loss(value, active)`:
the value to minimise, and the share of the pairs, triplets or anchors that still pull or push. Watch
both: the mean over active triplets need not fall while training improves, the active share does.

Distances are Euclidean, from 0 to 2 for unit vectors; a margin is in the same unit. They are taken by
`F.pairwise_distance`, whose epsilon keeps a gradient where two embeddings coincide: a collapsed batch
can still be pushed apart.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

CONTRASTIVE_MARGIN, TRIPLET_MARGIN = 1.0, 0.3  # the losses' own defaults


class Loss(NamedTuple):
    """A scalar to minimise, and the share in [0, 1] of the terms that are active."""

    value: Tensor
    active: Tensor


def contrastive_pairs(a: Tensor, b: Tensor, same: Tensor, margin: float = CONTRASTIVE_MARGIN) -> Loss:
    """Contrastive loss of given pairs (Hadsell, Chopra and LeCun, 2006).

    Same pairs cost d^2; different ones cost (margin - d)^2 while they are nearer than the margin.

    Args:
        a: (B, D) embeddings of the first pictures.
        b: (B, D) of the second ones.
        same: (B,) 1 where the pair is of one class, else 0.
        margin: how far apart different ones have to be. For unit vectors 0.5 to 1.4; a small one leaves
            classes touching, one near 2 can't be met by more than two classes.
    """
    d = F.pairwise_distance(a, b)
    same = same.to(d.dtype)
    short = (margin - d).clamp(min=0)
    active = torch.where(same > 0.5, d > 1e-3, short > 0)
    return Loss((same * d**2 + (1 - same) * short**2).mean(), active.float().mean())


def contrastive(embeddings: Tensor, labels: Tensor, margin: float = CONTRASTIVE_MARGIN) -> Loss:
    """Contrastive loss of all pairs in a batch; same and different pairs weigh alike.

    Of the B (B - 1) / 2 pairs of a class-balanced batch nine in ten are different ones, most of them
    beyond the margin; so the two kinds are averaged on their own and added.

    Args:
        embeddings: (B, D), rows of length 1.
        labels: (B,) classes.
        margin: as for `contrastive_pairs`.
    """
    i, j = torch.triu_indices(len(labels), len(labels), offset=1, device=labels.device)
    d = F.pairwise_distance(embeddings[i], embeddings[j])
    same = labels[i] == labels[j]
    short = (margin - d).clamp(min=0)
    pull = _mean_where(d**2, same)
    push = _mean_where(short**2, ~same)
    active = torch.where(same, d > 1e-3, short > 0)
    return Loss((pull + push) / 2, active.float().mean() if len(active) else d.new_zeros(()))


def triplet(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = TRIPLET_MARGIN) -> Loss:
    """Triplet loss of given triplets (Schroff, Kalenichenko and Philbin, 2015): max(0, d_p - d_n + margin).

    Args:
        anchor: (B, D) embeddings.
        positive: (B, D), each of its anchor's class.
        negative: (B, D), each of another class.
        margin: by how much the negative has to be farther than the positive; 0.1 to 0.5 for unit vectors.
    """
    violation = F.pairwise_distance(anchor, positive) - F.pairwise_distance(anchor, negative) + margin
    return Loss(violation.clamp(min=0).mean(), (violation > 0).float().mean())


def triplet_mined(
    embeddings: Tensor, labels: Tensor, margin: float = TRIPLET_MARGIN, mining: str = "batch-hard"
) -> Loss:
    """Triplet loss with the triplets chosen within the batch.

    Args:
        embeddings: (B, D), rows of length 1.
        labels: (B,) classes.
        margin: as for `triplet`.
        mining: `batch-hard` takes each anchor's farthest positive and nearest negative (Hermans, Beyer
            and Leibe, 2017). `semi-hard` takes, for each anchor and positive, the nearest negative that
            is farther than the positive, or the farthest negative where there is none (Schroff et al.,
            2015); it is gentler in the beginning, when the hardest negatives make the embedding collapse.
    """
    d = F.pairwise_distance(embeddings[:, None], embeddings[None])
    same = labels[:, None] == labels[None]
    positives = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    negatives = ~same
    valid = positives.any(1) & negatives.any(1)
    if not valid.any():
        return Loss(embeddings.sum() * 0, d.new_zeros(()))
    infinite = torch.finfo(d.dtype).max
    if mining == "batch-hard":
        farthest = d.masked_fill(~positives, -1).amax(1)
        nearest = d.masked_fill(~negatives, infinite).amin(1)
        violation = (farthest - nearest + margin)[valid]
    elif mining == "semi-hard":
        anchors, others = torch.nonzero(positives & valid[:, None], as_tuple=True)
        d_positive = d[anchors, others]
        row = d[anchors]
        beyond = negatives[anchors] & (row > d_positive[:, None])
        nearest_beyond = row.masked_fill(~beyond, infinite).amin(1)
        farthest_negative = row.masked_fill(~negatives[anchors], -1).amax(1)
        violation = d_positive - torch.where(beyond.any(1), nearest_beyond, farthest_negative) + margin
    else:
        raise ValueError(f"mining must be batch-hard or semi-hard, got {mining!r}")
    return Loss(violation.clamp(min=0).mean(), (violation > 0).float().mean())


def supervised_contrastive(embeddings: Tensor, labels: Tensor, temperature: float = 0.1) -> Loss:
    """Supervised contrastive loss, L_out (Khosla et al., 2020), over unit vectors.

    An anchor is active while its nearest negative is nearer than its farthest positive.

    Args:
        embeddings: (B, D), rows of length 1.
        labels: (B,) classes; a class of one picture is a negative for all others and no anchor.
        temperature: 0.05 to 0.5. A low one works on the hardest pairs and spreads classes evenly; a high
            one treats all pairs alike.
    """
    logits = embeddings @ embeddings.T / temperature
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    same = (labels[:, None] == labels[None]) & ~itself
    counts = same.sum(1)
    valid = counts > 0
    log_share = logits - torch.logsumexp(logits.masked_fill(itself, float("-inf")), dim=1, keepdim=True)
    per_anchor = -(log_share * same).sum(1) / counts.clamp(min=1)
    value = per_anchor[valid].mean() if valid.any() else embeddings.sum() * 0
    with torch.no_grad():
        farthest = logits.masked_fill(~same, float("inf")).amin(1)
        nearest = logits.masked_fill(same | itself, float("-inf")).amax(1)
        active = (nearest > farthest)[valid].float()
    return Loss(value, active.mean() if len(active) else value.new_zeros(()))


def _mean_where(values: Tensor, mask: Tensor) -> Tensor:
    return (values * mask).sum() / mask.sum().clamp(min=1)
