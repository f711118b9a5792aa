"""Head retraining: the head for unseen classes is trained last, on the frozen backbone.

What tells symbols apart is learned within hundreds of steps, what tells digits apart takes thousands, in which the
symbols' head overfits its alphabets. So the backbone learns from both together. Then this head is trained again from
new weights, alone and briefly, with dropout and intermediate features, on the same alphabets and procedural characters.
(In the spirit of Kang et al., 2020, who train the classifier apart from the representation.)
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F

from siamese.config import HeadRetrainingConfig, TrainingConfig
from siamese.data.augmentation import augment
from siamese.data.images import join
from siamese.data.omniglot import as_classes
from siamese.data.sampling import ClassBalancedSampler, groups_of
from siamese.data.sources import Role, Source
from siamese.data.synthetic.characters import procedural_alphabet
from siamese.models.device import mixed_precision
from siamese.models.networks import EmbeddingNet, channels_last
from siamese.training.losses import supervised_contrastive


def retrain_head(
    net: EmbeddingNet,
    symbols: Source,
    training: TrainingConfig,
    config: HeadRetrainingConfig,
    intermediate_grid: int,
    steps: int,
) -> EmbeddingNet:
    """A copy of a trained net with its last head retrained; everything else is unchanged.

    Args:
        net: with a head for digits and one for symbols.
        symbols: what the head learns from, by the supervised contrastive loss; half as many procedural characters
            stand beside them in a batch.
        training: of which augmentation, temperature, learning rate, weight decay and seed count here too.
        config: steps at most, dropout, and how many procedural characters there are.
        intermediate_grid: rows and columns of intermediate features that the head sees; 0 for none.
        steps: of the training before, which this one does not exceed.
    """
    device = next(net.parameters()).device
    steps = min(config.steps, steps)
    torch.manual_seed(training.seed)
    retrained = EmbeddingNet(replace(net.config, intermediate_grid=intermediate_grid), net.input).eval()
    retrained.backbone.load_state_dict(net.backbone.state_dict())
    *others, name = net.config.heads
    for other in others:
        retrained.heads[other].load_state_dict(net.heads[other].state_dict())
    channels_last(retrained, device)

    optimizer = torch.optim.AdamW(
        retrained.heads[name].parameters(), training.learning_rate, weight_decay=training.weight_decay
    )
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, training.learning_rate, total_steps=steps + 1)
    classes = symbols.classes or len(symbols.pictures.names)
    characters = min(config.characters, steps * classes)  # no more than there are steps to see
    procedural = as_classes([procedural_alphabet(characters, config.drawings, training.seed)])
    # Both in every batch, however seldom the symbols come in the training before.
    sources = [
        Source(symbols.pictures, Role.SYMBOL, symbols.per_class, classes),
        Source(procedural, Role.SYNTHETIC, symbols.per_class, max(1, classes // 2)),
    ]
    pictures = join(*(source.pictures for source in sources))
    generator = torch.Generator().manual_seed(training.seed)
    for index in ClassBalancedSampler(groups_of(sources), steps, training.seed).epoch(0):
        images = augment(pictures.images[index].to(device), training.augmentation, generator)
        with torch.no_grad(), mixed_precision(device):
            features = retrained.features(images.contiguous(memory_format=torch.channels_last))
        embeddings = retrained.heads(F.dropout(features.float(), config.dropout), name)
        loss = supervised_contrastive(embeddings, pictures.labels[index].to(device), training.temperature).value
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        scheduler.step()
    return retrained
