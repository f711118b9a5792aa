"""The recipe for own pictures, a folder of each class: `train.py --images DIR`."""

from __future__ import annotations

from copy import deepcopy

import torch

from siamese.bundle.format import Bundle
from siamese.config import RunConfig
from siamese.data.own_pictures import load_folder
from siamese.evaluation import folder_protocol
from siamese.models.networks import EmbeddingNet
from siamese.models.pretrained import load_backbone, pretrained_normalisation
from siamese.recipes.job import Job
from siamese.recipes.run import run
from siamese.training import checkpoints
from siamese.training.trainer import Trainer


def train_pictures(config: RunConfig, job: Job, command: str) -> Bundle:
    """Own pictures: what is chosen by and reported on shows classes that were never trained on."""
    assert job.images
    pretrained = config.training.pretrained_backbone or job.weights is not None
    of_torchvision = config.network.backbone != "conv"
    normalisation = pretrained_normalisation(config.network.backbone) if pretrained and of_torchvision else None
    config, corpus = load_folder(config, job.images, normalisation=normalisation)
    assert config.folder
    checkpoint = job.out / checkpoints.CHECKPOINT
    resumed = checkpoints.read(checkpoint, config, job.device) if job.resume else None

    torch.manual_seed(config.training.seed)
    net = EmbeddingNet(config.network, config.input, config.training.pretrained_backbone)
    if job.weights:
        left_out = load_backbone(net, job.weights)
        print(f"{job.weights.name}: left out {', '.join(left_out) or 'nothing'}", flush=True)
    untrained = deepcopy(net).eval()
    trainer = Trainer(net, [corpus.source(config.folder)], config.training, job.device)
    seconds = run(trainer, folder_protocol.validator(corpus), config, checkpoint, resumed)
    print("Measuring ...", flush=True)
    return folder_protocol.evaluate(
        trainer.restore_best().cpu().eval(),
        untrained,
        corpus,
        config,
        job.images.resolve().name,
        trainer.history,
        command,
        seconds,
        trainer.device,
        frozen=pretrained,
    )
