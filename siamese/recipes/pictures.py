"""The recipe for own pictures, a folder of each class: `train.py --images DIR`."""

from __future__ import annotations

from typing import Any

import torch

from siamese.bundle.format import Bundle
from siamese.config import RunConfig
from siamese.data.own_pictures import load_folder
from siamese.evaluation import folder_protocol
from siamese.models.networks import EmbeddingNet
from siamese.models.pretrained import load_backbone, pretrained_normalisation
from siamese.recipes.job import Job
from siamese.training import checkpoints
from siamese.training.progress import ProgressBars
from siamese.training.trainer import Trainer, train


def train_pictures(config: RunConfig, job: Job, command: str) -> Bundle:
    """Own pictures: what is chosen by and reported on shows classes that were never trained on."""
    assert job.images
    pretrained = config.network.backbone != "conv" and (config.training.pretrained_backbone or job.weights)
    normalisation = pretrained_normalisation(config.network.backbone) if pretrained else None
    config, corpus = load_folder(config, job.images, normalisation=normalisation)
    assert config.folder
    checkpoint = job.out / checkpoints.CHECKPOINT
    resumed = checkpoints.read(checkpoint, config, job.device) if job.resume else None

    def begin() -> EmbeddingNet:
        torch.manual_seed(config.training.seed)
        net = EmbeddingNet(config.network, config.input, config.training.pretrained_backbone)
        if job.weights:
            left_out = load_backbone(net, job.weights)
            print(f"{job.weights.name}: left out {', '.join(left_out) or 'nothing'}", flush=True)
        return net

    trainer = Trainer(begin(), [corpus.source(config.folder)], config.training, job.device)
    if resumed:
        checkpoints.restore(trainer, resumed, str(checkpoint))
    bars = ProgressBars()

    def on_epoch(trainer: Trainer, figures: dict[str, Any]) -> None:
        bars.on_epoch(trainer, figures)
        checkpoints.save(trainer, checkpoint, config)

    train(trainer, folder_protocol.validator(corpus), bars.on_step, on_epoch)
    net, seconds = trainer.restore_best(), sum(row["seconds"] for row in trainer.history)
    print("Measuring ...", flush=True)
    return folder_protocol.evaluate(
        net.cpu().eval(),
        begin().eval(),
        corpus,
        config,
        job.images.resolve().name,
        trainer.history,
        command,
        seconds,
        trainer.device,
    )
