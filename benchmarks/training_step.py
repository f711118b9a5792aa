"""How much of a training step is not forward and backward: python benchmarks/training_step.py [--preset fast]

The full recipe's step (drawing the batch, augmentation, forward, loss, backward, optimiser, averaging)
against the forward and backward of the same network alone, on a ready batch of the same size and in the
same precision. The two take turns. Pictures are the shipped gallery's, standing in for every source: what
they show does not change how long it takes. Two cores.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import common
import torch

import siamese
import train
from siamese.data import FIRST_SYMBOL, LabeledImages
from siamese.networks import EmbeddingNet
from siamese.presets import PRESETS
from siamese.training import Sources, Step, Trainer

CHARACTERS = 500  # that the pictures are dealt to, where they stand for symbols


def make_trainer(preset: str | None = None) -> Trainer:
    """A trainer of the full recipe, on all kinds of sources, or of a preset, on digits."""
    gallery = siamese.load().gallery
    digits = LabeledImages(torch.from_numpy(gallery.images)[:, None], torch.from_numpy(gallery.labels))
    symbols = LabeledImages(digits.images, FIRST_SYMBOL + torch.arange(len(digits)) % CHARACTERS)
    network, recipe = train.settings(train.parse(["--preset", preset] if preset else []))
    torch.manual_seed(0)
    sources = Sources(digits) if preset else Sources(digits, digits, digits, symbols)
    return Trainer(EmbeddingNet(network), sources, recipe)


def endless(trainer: Trainer) -> Iterator[Step]:
    while True:
        yield from trainer.steps()


def bare_step(trainer: Trainer, size: int) -> Callable[[], None]:
    """Forward and backward on a ready batch; the gradient that enters is ready too."""
    images = torch.rand(size, 1, 28, 28).contiguous(memory_format=torch.channels_last)
    gradient = torch.randn(size, trainer.net.config.embedding_dim)

    def step() -> None:
        trainer.net.zero_grad(set_to_none=True)
        with trainer.precision:
            embeddings = trainer.net(images)
        embeddings.backward(gradient)

    return step


def parts(trainer: Trainer, repeats: int) -> dict[str, float]:
    """Median milliseconds of each part of a step that is neither the network's nor the loss's."""
    batches = iter(index for epoch in range(10**6) for index in trainer.sampler.epoch(epoch))
    index = next(batches)
    chance = torch.Generator()

    def augmented() -> None:
        trainer.config.augmentation(trainer.data.images[index], chance)

    calls = {
        "drawing the batch": lambda: next(batches),
        "cutting it out and augmentation": augmented,
        "optimiser": trainer.optimizer.step,
        "averaging": lambda: trainer.average.update_parameters(trainer.net),
    }
    return {name: common.median_ms(call, repeats) for name, call in calls.items()}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=PRESETS, help="instead of the full recipe")
    parser.add_argument("--steps", type=int, default=60, help="of each side")
    options = parser.parse_args(arguments)
    common.use_cores(2)
    trainer = make_trainer(options.preset)
    steps = endless(trainer)
    size = next(steps).seen
    sides = {"step": lambda: next(steps), "alone": bare_step(trainer, size)}
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(options.steps + 5):
        for name, call in sides.items():
            start = time.perf_counter()
            call()
            if number >= 5:
                times[name].append((time.perf_counter() - start) * 1000)
    step, alone = (statistics.median(times[name]) for name in sides)
    print(common.where())
    print(f"{size} pictures a step, {sum(p.numel() for p in trainer.net.parameters()):,} parameters")
    print(f"the whole step       {step:7.1f} ms {size / step * 1000:8.0f} images/s")
    print(f"forward and backward {alone:7.1f} ms {size / alone * 1000:8.0f} images/s")
    print(f"ratio {step / alone:.2f} (limit 1.3)")
    shares = parts(trainer, options.steps)
    for name, milliseconds in shares.items():
        print(f"  {name:34s} {milliseconds:7.2f} ms {milliseconds / step:6.1%}")
    rest = step - alone - sum(shares.values())
    print(f"  {'loss, and the rest':34s} {rest:7.2f} ms {rest / step:6.1%}")


if __name__ == "__main__":
    main()
