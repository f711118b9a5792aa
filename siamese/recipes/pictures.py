"""The recipe for own pictures, a folder of each class: `train.py --images DIR`."""

from __future__ import annotations

from copy import deepcopy
from functools import partial

import torch

from siamese.bundle.format import Bundle
from siamese.config import RunConfig
from siamese.data.folder import PictureFiles
from siamese.data.own_pictures import load_folder
from siamese.data.reading import fits_memory
from siamese.data.splits import SHARE
from siamese.evaluation import folder_protocol
from siamese.models.networks import EmbeddingNet
from siamese.models.pretrained import load_backbone, pretrained_normalisation
from siamese.recipes.job import Job
from siamese.recipes.run import run
from siamese.training import checkpoints
from siamese.training.memory import check_measuring, check_step
from siamese.training.trainer import Trainer


def train_pictures(config: RunConfig, job: Job, command: str) -> Bundle:
    """Own pictures: what is chosen by and reported on shows classes that were never trained on."""
    assert job.images
    pretrained = config.training.pretrained_backbone or job.weights is not None
    of_torchvision = config.network.backbone != "conv"
    normalisation = pretrained_normalisation(config.network.backbone) if pretrained and of_torchvision else None
    config, corpus = load_folder(
        config, job.images, normalisation=normalisation, check=partial(_check_memory, job.device)
    )
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
    seconds = run(trainer, folder_protocol.validator(corpus), config, checkpoint, resumed, threads=job.threads)
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
        pretrained,
        job.measuring,
        quiet=False,
    )


def _check_memory(device: str, config: RunConfig, files: PictureFiles) -> None:
    """Refuse pictures that the memory cannot hold in the form that the configuration gives them."""
    folder, (height, width) = config.folder, config.input.size
    assert folder
    to_fit = len(files.names) * (1 - 2 * SHARE) if folder.split == "classes" else len(files.names)
    images = len(files) * config.input.channels * height * width if fits_memory(len(files), config.input) else 0
    check_step(config, folder.per_class * max(1, min(folder.classes, int(to_fit))), images, device)
    check_measuring(config, int(SHARE * len(files)), images)
