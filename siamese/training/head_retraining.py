"""The symbols' head, fitted last: a linear layer on the frozen backbone, which sees its last two stages.

What tells symbols apart is learned within hundreds of steps, what tells digits apart takes thousands, and in these
the symbols' head learns its alphabets by heart. So the backbone learns from both together, and then this head learns
anew, alone and briefly, with dropout, from these alphabets and from invented characters (in the spirit of Kang et al.,
2020, who fit the classifier apart from what it sees).
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F

from siamese.data.images import LabeledImages, as_classes, join
from siamese.data.sampling import ClassBalancedSampler, Group
from siamese.data.synthetic import characters as invented
from siamese.models.networks import EmbeddingNet
from siamese.training.losses import supervised_contrastive
from siamese.training.trainer import TrainConfig, mixed_precision

DETAILS = 4  # as it is, 7 x 7, the second stage makes the head no better and the bundle a megabyte larger
INVENTED, DRAWERS = 1000, 12  # characters at most, and drawings of each
STEPS = 960
DROPOUT = 0.5


def refitted(
    net: EmbeddingNet, symbols: LabeledImages, config: TrainConfig, details: int, steps: int = STEPS
) -> EmbeddingNet:
    """A copy of a trained net with two heads, the one for symbols fitted anew; all else is as it was.

    Args:
        symbols: what the head learns from, by the supervised contrastive loss, and half as many invented ones beside.
        config: the recipe, of which the augmentation, the symbols of a batch, temperature, learning rate, weight decay
            and seed count here too.
        details: rows and columns of the second stage that the head sees, as in `NetworkConfig`; 0 for none.
    """
    device = next(net.parameters()).device
    torch.manual_seed(config.seed)
    fitted = EmbeddingNet(replace(net.config, details=details)).eval()
    fitted.backbone.load_state_dict(net.backbone.state_dict())
    fitted.neck.heads["digits"].load_state_dict(net.neck.heads["digits"].state_dict())
    fitted.to(device, memory_format=torch.channels_last)

    head = fitted.neck.heads["symbols"]
    optimizer = torch.optim.AdamW(head.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.learning_rate, total_steps=steps + 1)
    characters = min(INVENTED, steps * config.symbols)  # those there is time to see
    more = as_classes([invented.alphabet(characters, DRAWERS, config.seed)], first=int(symbols.labels.max()) + 1)
    groups = [
        Group.of(symbols.labels, config.symbols, config.per_symbol),
        Group.of(more.labels, config.symbols // 2, config.per_symbol, len(symbols)),
    ]
    symbols = join(symbols, more)
    chance = torch.Generator().manual_seed(config.seed)
    for index in ClassBalancedSampler(groups, steps, config.seed).epoch(0):
        images = config.augmentation(symbols.images[index].to(device), chance)
        with torch.no_grad(), mixed_precision(device):
            features = fitted.features(images.contiguous(memory_format=torch.channels_last))
        embeddings = fitted.neck(F.dropout(features.float(), DROPOUT), "symbols")
        loss = supervised_contrastive(embeddings, symbols.labels[index].to(device), config.temperature).value
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        scheduler.step()
    return fitted
