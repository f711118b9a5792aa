"""The recipe for MNIST's digits, and whatever a preset adds to them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import torch

from siamese.bundle.format import Bundle
from siamese.config import RunConfig
from siamese.data.corpus import digits_to_fit, load_corpus, training_sources
from siamese.data.mnist import NAMES, TEST_SIZE, TRAIN_SIZE
from siamese.data.sources import Role, Source
from siamese.evaluation import protocol
from siamese.models.networks import EmbeddingNet
from siamese.recipes.job import Job
from siamese.recipes.run import run
from siamese.training import checkpoints
from siamese.training.centring import centre_head
from siamese.training.head_retraining import retrain_head
from siamese.training.label_noise import clean_labels
from siamese.training.memory import check_measuring, check_step
from siamese.training.trainer import Trainer


def train_digits(config: RunConfig, job: Job, command: str) -> Bundle:
    """MNIST's digits, and whatever the preset adds to them."""
    _check_memory(config, job.device)
    checkpoint = job.out / checkpoints.CHECKPOINT
    resumed = checkpoints.read(checkpoint, config, job.device) if job.resume else None
    corpus = load_corpus(config.data, job.data_dir)
    digits, kept = digits_to_fit(config.data, corpus), None
    if config.data.filter_label_noise:
        kept = resumed["kept"] if resumed else clean_labels(digits, config.training.seed, job.device)
        if kept is None or kept.dtype != torch.bool or kept.shape != (len(digits),):
            raise ValueError(f"{str(checkpoint)!r} does not say which digits were kept. Start again without --resume.")
        kept = kept.cpu()
        print(f"Label-noise filter: {int((~kept).sum())} of {len(digits)} digits left out", flush=True)
        digits = digits.subset(kept)
    sources = training_sources(config.data, corpus, digits)

    # A head that is retrained afterwards sees intermediate features only then.
    torch.manual_seed(config.training.seed)
    network = replace(config.network, intermediate_grid=0) if config.head_retraining else config.network
    net = EmbeddingNet(network, config.input, config.training.pretrained_backbone)
    trainer = Trainer(net, sources, config.training, job.device)
    seconds = run(trainer, protocol.validator(corpus), config, checkpoint, resumed, kept, job.threads)
    start = time.perf_counter()
    net = finish_head(trainer, sources, config).cpu().eval()
    seconds += time.perf_counter() - start
    arguments = config, trainer.history, command, seconds, trainer.device
    return protocol.evaluate(net, corpus, *arguments, job.measuring, quiet=False)


def finish_head(trainer: Trainer, sources: Sequence[Source], config: RunConfig) -> EmbeddingNet:
    """The averaged net after training, its last head retrained on the frozen backbone and centred where that is asked for.

    Args:
        trainer: that has trained.
        sources: what it learned from.
        config: of the run.
    """
    net = trainer.ema
    if config.head_retraining:
        print("Retraining the symbols' head ...", flush=True)
        symbols = next(source for source in sources if source.role == Role.SYMBOL)
        steps = trainer.steps_per_epoch * config.training.epochs
        grid = config.network.intermediate_grid
        net = retrain_head(net, symbols, config.training, config.head_retraining, grid, steps)
    if config.head_centring:
        alike = [source.pictures for source in sources if source.role in (Role.DIGIT, Role.SYNTHETIC)]
        centre_head(net, alike, config.training.seed)
    return net


def _check_memory(config: RunConfig, device: str) -> None:
    """Refuse a network that the memory cannot hold; the one for small pictures always fits."""
    count = sum(min(config.data.limit or size, size) for size in (TRAIN_SIZE, TEST_SIZE))
    images = count * config.input.size[0] * config.input.size[1]
    if config.network.backbone != "conv":
        check_step(config, len(NAMES) * config.data.digits.per_class, images, device)
    check_measuring(config, count, images)
