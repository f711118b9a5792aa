"""Training on what there is: torchrun --standalone --nproc-per-node N benchmarks/many_gpus.py [--preset fast] [--steps 40]

Prints images a second and memory by the size of the batch, for all processes together. Also runs without torchrun, as one process.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from dataclasses import replace

import common
import torch

import siamese
from siamese.config import PRESETS
from siamese.data.images import LabeledImages
from siamese.data.sources import Role, Source
from siamese.models.device import best_device
from siamese.models.networks import EmbeddingNet
from siamese.models.processes import world_size
from siamese.training import distributed
from siamese.training.trainer import Trainer

WARM_UP = 5  # steps


def images_per_second(trainer: Trainer, steps: int) -> float:
    """Of a trainer, over so many steps."""
    started = images = 0.0
    for number, step in enumerate(trainer.steps()):
        if number == WARM_UP:
            started, images = time.perf_counter(), 0
        images += step.images
        if number == WARM_UP + steps:
            break
    if trainer.device.type == "cuda":
        torch.cuda.synchronize()
    return images / (time.perf_counter() - started)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=("fast", "base", "tiny"), default="fast")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batches", type=int, nargs="+", default=[120, 480], help="multiples of ten")
    options = parser.parse_args(arguments)
    device = best_device()
    distributed.join(device)
    config, gallery = PRESETS[options.preset], siamese.load().gallery
    digits = LabeledImages(
        torch.from_numpy(gallery.images)[:, None], torch.from_numpy(gallery.labels), tuple("0123456789")
    )
    print(common.where())
    for batch in options.batches:
        source = Source(
            digits, Role.DIGIT, per_class=batch // 10, passes=1 + batch * (options.steps + 10) // len(digits)
        )
        torch.manual_seed(0)
        trainer = Trainer(EmbeddingNet(config.network), [source], replace(config.training, epochs=1), device)
        speed = images_per_second(trainer, options.steps)
        memory = (
            torch.cuda.max_memory_allocated() / 2**20
            if device == "cuda"
            else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        )
        print(
            f"{world_size()} processes on {device}, batch {batch:5d}: {speed:8.0f} images/s, {memory:.0f} MB each",
            flush=True,
        )
    distributed.leave()


if __name__ == "__main__":
    main()
