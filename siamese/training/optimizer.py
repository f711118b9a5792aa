"""The optimiser and its schedule: AdamW on a one-cycle learning rate (Smith, 2018), a lower one for the backbone if asked for."""

from __future__ import annotations

from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from siamese.config import TrainingConfig
from siamese.models.networks import EmbeddingNet


def make_optimizer(net: EmbeddingNet, config: TrainingConfig, steps: int) -> tuple[AdamW, OneCycleLR]:
    """An optimiser of a network's weights, and its schedule.

    Args:
        net: on its device already.
        config: of which learning rate, the backbone's share of it and weight decay count.
        steps: of the whole training.
    """
    rates = [config.learning_rate, config.learning_rate * config.backbone_rate]
    groups = [{"params": list(part.parameters())} for part in (net.heads, net.backbone)]
    optimizer = AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)
    scheduler = OneCycleLR(optimizer, rates, total_steps=steps + 1, pct_start=min(0.3, 0.15 + 10 / (steps + 1)))
    return optimizer, scheduler
