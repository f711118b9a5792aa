"""Label-noise filter: leaves out pictures whose label their neighbours contradict."""

from __future__ import annotations

from dataclasses import replace

import torch

from siamese.config import PRESETS
from siamese.data.images import LabeledImages
from siamese.data.sources import Role, Source
from siamese.models.inference import embed
from siamese.models.networks import initialised
from siamese.models.processes import is_main
from siamese.retrieval.search import nearest
from siamese.training import distributed
from siamese.training.trainer import Trainer, train

NEIGHBOURS = 10
AGREEING = 2  # of them, at least
EPOCHS = 2  # after one, three times as many rightly labelled digits are left out


def clean_labels(pictures: LabeledImages, seed: int = 0, device: str = "cpu") -> torch.Tensor:
    """Which pictures to keep: those whose label two or more of their ten nearest neighbours share.

    The neighbours are as a small network sees them, the fast preset's, whose training is too short to overfit wrong
    labels (after Northcutt, Jiang and Chuang, 2021).

    Args:
        pictures: N, such as the 55,000 of MNIST to fit, of which about a hundred are left out.
        seed: of the small network.
        device: where it is trained.

    Returns:
        (N,) bool.
    """
    config = PRESETS["fast"]
    training = replace(config.training, epochs=EPOCHS, seed=seed)
    net = initialised(config.network, config.input, seed)
    source = Source.of(pictures, Role.DIGIT, config.data.digits)
    trainer = Trainer(net, [source], training, device)
    train(trainer)
    labels, kept = pictures.labels, torch.empty(len(pictures), dtype=torch.bool)
    if is_main():
        embeddings = embed(trainer.ema, pictures.images).numpy()
        _, indices = nearest(embeddings, embeddings, NEIGHBOURS, exclude_self=True)
        kept = (labels[torch.from_numpy(indices)] == labels[:, None]).sum(1) >= AGREEING
    return distributed.from_main(kept.to(device)).cpu()
