"""The recipe for MNIST's digits, and whatever a preset adds to them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import torch

from siamese.bundle.format import Bundle
from siamese.bundle.weights import rounded
from siamese.config import RunConfig
from siamese.data.corpus import digits_to_fit, load_corpus, training_sources
from siamese.data.mnist import NAMES, TEST_SIZE, TRAIN_SIZE
from siamese.data.sources import Role, Source
from siamese.evaluation import protocol
from siamese.models.networks import EmbeddingNet
from siamese.recipes.few_shot import train_few_shot
from siamese.recipes.job import Job
from siamese.recipes.run import run
from siamese.training import checkpoints
from siamese.training.centring import centre_head
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

    torch.manual_seed(config.training.seed)
    net = EmbeddingNet(config.network, config.input, config.training.pretrained_backbone)
    trainer = Trainer(net, sources, config.training, job.device)
    seconds = run(trainer, protocol.validator(corpus), config, checkpoint, resumed, kept, job.threads)
    start = time.perf_counter()
    net, few_shot = finished(trainer, sources, config), None
    if config.few_shot:
        steps = trainer.steps_per_epoch * config.training.epochs
        few_shot = train_few_shot(config.few_shot, config.data, corpus, job, steps)
        net = without_symbols(net)
    net, seconds = rounded(net.cpu().eval()), seconds + time.perf_counter() - start
    arguments = config, trainer.history, command, seconds, trainer.device
    return protocol.evaluate(net, corpus, *arguments, job.measuring, quiet=False, few_shot=few_shot)


def finished(trainer: Trainer, sources: Sequence[Source], config: RunConfig) -> EmbeddingNet:
    """The averaged net after training, its last head centred where that is asked for.

    Args:
        trainer: that has trained.
        sources: what it learned from.
        config: of the run.
    """
    net = trainer.ema
    if config.head_centring:
        alike = [source.pictures for source in sources if source.role in (Role.DIGIT, Role.SYNTHETIC)]
        centre_head(net, alike, config.training.seed)
    return net


def without_symbols(net: EmbeddingNet) -> EmbeddingNet:
    """The net with its first head alone: symbols, which it learned to tell from digits, have a network of their own."""
    first = net.config.heads[0]
    alone = EmbeddingNet(replace(net.config, heads=(first,), intermediate_grid=0), net.input)
    alone.backbone.load_state_dict(net.backbone.state_dict())
    alone.heads[first].load_state_dict(net.heads[first].state_dict())
    return alone


def _check_memory(config: RunConfig, device: str) -> None:
    """Refuse a network that the memory cannot hold; the one for small pictures always fits."""
    count = sum(min(config.data.limit or size, size) for size in (TRAIN_SIZE, TEST_SIZE))
    images = count * config.input.size[0] * config.input.size[1]
    if config.network.backbone != "conv":
        check_step(config, len(NAMES) * config.data.digits.per_class, images, device)
    check_measuring(config, count, images)
