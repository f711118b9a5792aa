"""How much of a training step is not forward and backward: python benchmarks/training_step.py [--preset fast]

Compares the full recipe's step (drawing the batch, augmentation, forward, loss, backward, optimiser, EMA) with forward
and backward of the same network alone, on prepared batches of the same sizes and in the same precision. The two take
turns. They are timed over a round of batches, since symbols come only in every fourth. Pictures of the shipped gallery
stand in for every source: what they show does not change how long a step takes. Two cores.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import common
import torch
from torch import Tensor

import siamese
from siamese.config import PRESETS
from siamese.data.augmentation import augment
from siamese.data.images import LabeledImages
from siamese.data.sources import Role, Source
from siamese.models.networks import EmbeddingNet
from siamese.training.trainer import Step, Trainer

CHARACTERS = 500  # number of classes of the pictures that stand in for symbols


def make_trainer(preset: str) -> Trainer:
    """A trainer of a preset, with a stand-in for each of the preset's sources (half-swap classes are left out)."""
    config = PRESETS[preset]
    gallery = siamese.load().gallery
    digits = LabeledImages(
        torch.from_numpy(gallery.images)[:, None], torch.from_numpy(gallery.labels), tuple("0123456789")
    )
    number = torch.arange(len(digits)) % CHARACTERS
    symbols = LabeledImages(digits.images, number, tuple(f"symbol {i}" for i in range(CHARACTERS)))
    outliers = LabeledImages(digits.images, torch.zeros_like(digits.labels), ("outlier",))
    kinds = (
        (digits, Role.DIGIT, config.data.digits),
        (digits, Role.DIGIT, config.data.pen),
        (digits, Role.DIGIT, config.data.corrupted),
        (symbols, Role.SYMBOL, config.data.symbols if config.data.omniglot else None),
        (outliers, Role.OUTLIER, config.data.outliers),
    )
    sources = [Source.of(pictures, role, shares) for pictures, role, shares in kinds if shares]
    torch.manual_seed(0)
    training = replace(config.training, epochs=100)  # of these few pictures, so that steps do not come to an end
    return Trainer(EmbeddingNet(config.network), sources, training)


def endless(trainer: Trainer) -> Iterator[Step]:
    while True:
        yield from trainer.steps()


def bare_step(trainer: Trainer) -> Callable[[int], None]:
    """A function that runs forward and backward on a prepared batch of a given size, with a prepared gradient."""

    @cache
    def ready(size: int) -> tuple[Tensor, Tensor]:
        images = torch.rand(size, 1, 28, 28).contiguous(memory_format=torch.channels_last)
        return images, torch.randn(size, trainer.net.config.embedding_dim)

    def step(size: int) -> None:
        images, gradient = ready(size)
        trainer.net.zero_grad(set_to_none=True)
        with trainer.precision:
            embeddings = trainer.net(images)
        embeddings.backward(gradient)

    return step


def parts(trainer: Trainer, length: int, repeats: int) -> dict[str, float]:
    """Milliseconds a step of each part other than the network and the loss: medians over rounds of `length` batches."""
    batches = iter(index for epoch in range(10**6) for index in trainer.sampler.epoch(epoch))
    drawn = [next(batches) for _ in range(length)]
    generator = torch.Generator()

    def augmented(index: Tensor) -> None:
        augment(trainer.data.images[index], trainer.config.augmentation, generator)

    calls = {
        "drawing the batch": lambda index: next(batches),
        "taking it and augmentation": augmented,
        "optimiser": lambda index: trainer.optimizer.step(),
        "EMA": lambda index: trainer.average.update_parameters(trainer.net),
    }

    def of_a_round(call: Callable[[Tensor], object]) -> float:
        return common.median_ms(lambda: [call(index) for index in drawn], repeats) / length

    return {name: of_a_round(call) for name, call in calls.items()}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=("full", "fast", "base", "tiny"), default="full")
    parser.add_argument("--rounds", type=int, default=40, help="of each side")
    options = parser.parse_args(arguments)
    common.use_cores(2)
    trainer = make_trainer(options.preset)
    steps, bare = endless(trainer), bare_step(trainer)
    length = max(group.every for group in trainer.sampler.groups)
    whole, alone = [], []
    for number in range(options.rounds + 2):
        start = time.perf_counter()
        sizes = [next(steps).images for _ in range(length)]
        middle = time.perf_counter()
        for size in sizes:
            bare(size)
        end = time.perf_counter()
        if number >= 2:
            whole.append((middle - start) * 1000 / length)
            alone.append((end - middle) * 1000 / length)
    step, only = statistics.median(whole), statistics.median(alone)
    pictures = sum(sizes) / length
    print(common.where())
    print(f"{pictures:.0f} pictures a step, {sum(p.numel() for p in trainer.net.parameters()):,} parameters")
    print(f"the whole step       {step:7.1f} ms {pictures / step * 1000:8.0f} images/s")
    print(f"forward and backward {only:7.1f} ms {pictures / only * 1000:8.0f} images/s")
    print(f"ratio {step / only:.2f} (limit 1.3)")
    shares = parts(trainer, length, options.rounds)
    for name, milliseconds in shares.items():
        print(f"  {name:34s} {milliseconds:7.2f} ms {milliseconds / step:6.1%}")
    rest = step - only - sum(shares.values())
    print(f"  {'loss, and the rest':34s} {rest:7.2f} ms {rest / step:6.1%}")


if __name__ == "__main__":
    main()
