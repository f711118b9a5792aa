"""Seconds of training to an honest 5-NN accuracy of 99.35 %: python benchmarks/time_to_accuracy.py --data-dir DATA

`train.py --preset fast` against the network and the loop of a well-known tutorial, written afresh: what a
person would otherwise run. Both are measured after each epoch on the 5,000 validation pictures, fitted on
the other 55,000, until they are there; the measuring is not counted on either side, everything else is,
but for reading MNIST. The seeds take turns, reference and preset in one process on two cores.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import common
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from siamese.config import PRESETS
from siamese.data.images import LabeledImages, Split, limit, split_by_picture
from siamese.data.mnist import load_mnist
from siamese.data.sources import Role, Source
from siamese.models.device import processor_name
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet, initialised
from siamese.retrieval.search import vote
from siamese.training.trainer import Trainer

TARGET = 0.9935
MARGIN = 1.0


class Run(NamedTuple):
    """How a side fared: seconds of training, epochs, accuracy after the last, and whether that is enough."""

    seconds: float
    epochs: int
    accuracy: float

    @property
    def there(self) -> bool:
        return self.accuracy >= TARGET

    def __str__(self) -> str:
        lacking = "" if self.there else ", which is not enough"
        return f"{self.accuracy:.2%} after {self.epochs} epochs and {self.seconds:.1f} s{lacking}"


class TutorialNet(nn.Sequential):
    """(B, 1, 28, 28) in [0, 1] -> (B, 50), of any length."""

    def __init__(self) -> None:
        layers: list[nn.Module] = []
        for entering, leaving, side in ((1, 64, 5), (64, 128, 5), (128, 256, 3)):
            layers += [nn.Conv2d(entering, leaving, side, padding="same"), nn.ReLU(), nn.MaxPool2d(2)]
        layers += [nn.Flatten(), nn.Linear(256 * 3 * 3, 1024), nn.ReLU()]
        layers += [nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, 50)]
        super().__init__(*layers)


def tutorial_loss(embeddings: Tensor, labels: Tensor) -> Tensor:
    """The mean over all pairs in the batch of d^2 where they are the same, else of how far d is short of the margin, squared."""
    i, j = torch.triu_indices(len(labels), len(labels), offset=1, device=labels.device)
    d = F.pairwise_distance(embeddings[i], embeddings[j])
    return torch.where(labels[i] == labels[j], d**2, (MARGIN - d).clamp(min=0) ** 2).mean()


def tutorial(fit: LabeledImages, seed: int, device: str, epochs: int) -> Iterator[nn.Module]:
    """Train for an epoch before each net that is given out."""
    torch.manual_seed(seed)
    net = TutorialNet().to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    loader = DataLoader(TensorDataset(fit.images.float() / 255, fit.labels), batch_size=32, shuffle=True)
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            tutorial_loss(net(images.to(device)), labels.to(device)).backward()
            optimizer.step()
        yield net


def preset(fit: LabeledImages, seed: int, device: str) -> Iterator[nn.Module]:
    """The same, of what `train.py --preset fast --seed SEED` does."""
    config = PRESETS["fast"]
    training = replace(config.training, seed=seed)
    net = initialised(config.network, config.input, seed)
    source = Source.of(fit, Role.DIGIT, config.data.digits)
    trainer = Trainer(net, [source], training, device)
    while trainer.epoch < training.epochs:
        for _ in trainer.steps():
            pass
        yield trainer.ema


@torch.inference_mode()
def accuracy(net: nn.Module, split: Split) -> float:
    """5-NN accuracy on the validation pictures, fitted on the others, by Euclidean distance."""
    if isinstance(net, EmbeddingNet):
        rows = [embed(net, part.images) for part in (split.fit, split.validation)]
    else:
        device = next(net.parameters()).device
        rows = [
            torch.cat([net(batch.to(device).float() / 255).cpu() for batch in part.images.split(1000)])
            for part in (split.fit, split.validation)
        ]
    fit, queries = rows
    nearest = torch.cat([torch.cdist(some, fit).topk(5, largest=False).indices for some in queries.split(500)])
    return float((torch.from_numpy(vote(split.fit.labels[nearest])) == split.validation.labels).float().mean())


def timed(nets: Iterator[nn.Module], split: Split) -> Run:
    """Let it train, with the clock stopped while it is measured, until it is there or has no more epochs."""
    run, seconds = Run(0.0, 0, 0.0), 0.0
    while not run.there:
        start = time.perf_counter()
        net = next(nets, None)
        if net is None:
            break
        if next(net.parameters()).is_cuda:
            torch.cuda.synchronize()
        seconds += time.perf_counter() - start
        run = Run(seconds, run.epochs + 1, accuracy(net, split))
    return run


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="holds MNIST/raw")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="SEED")
    parser.add_argument("--epochs", type=int, default=10, help="after which the reference is given up")
    parser.add_argument("--limit", type=int, metavar="N", help="learn from N pictures, to see that it runs")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    options = parser.parse_args(arguments)
    common.use_cores(2)
    mnist = load_mnist(options.data_dir)
    if options.limit:
        mnist = limit(mnist, options.limit)
    split = split_by_picture(mnist, len(mnist) // 12)
    print(common.where() + (f"; {processor_name(options.device)}" if options.device == "cuda" else ""))
    references, presets = [], []
    for seed in options.seeds:
        presets.append(timed(preset(split.fit, seed, options.device), split))
        print(f"seed {seed}: --preset fast {presets[-1]}", flush=True)
        references.append(timed(tutorial(split.fit, seed, options.device, options.epochs), split))
        print(f"seed {seed}: reference     {references[-1]}", flush=True)
    ours, theirs = (statistics.median(run.seconds for run in runs) for runs in (presets, references))
    print(f"median: --preset fast {ours:.1f} s, reference {theirs:.1f} s: {theirs / ours:.1f} times as long")
    if not all(run.there for run in references):
        print(f"The reference was not always there after {options.epochs} epochs: its time is a lower bound.")
    if not all(run.there for run in presets):
        print("The preset was not always there: its time means nothing.")


if __name__ == "__main__":
    main()
