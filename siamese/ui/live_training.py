"""Live training: a small network learns from a part of a gallery, and snapshots show where it puts the other part.

    split = split_gallery(gallery.images, gallery.labels)
    for snapshot in run(Settings(loss="triplet", margin=0.3), split):
        snapshot.positions, snapshot.accuracy                            # as the network learns

`training.Trainer` does the training. This module adds the split of the gallery, the time limit, and the single core.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F

from siamese.config import InputConfig
from siamese.data.images import SPLIT_SEED, LabeledImages, mean_and_deviation
from siamese.data.sources import Role, Source
from siamese.models.networks import initialised
from siamese.training.trainer import Step, Trainer
from siamese.ui.live_settings import (
    MIN_CLASSES,
    MIN_PER_CLASS,
    MIN_PER_DIGIT,
    SECONDS,
    Settings,
    enough_digits,
    enough_pictures,
)
from siamese.ui.snapshots import Batch, Snapshot, Snapshots

PATIENCE = 6.0  # times its budget, a run ends by the clock: where the cores are busy, processor time passes slowly
STEPS_BETWEEN = 4  # from one snapshot to the next
HELD_OUT = 100  # pictures of each digit in the snapshots, never trained on
MOST_CLASSES, EPOCH = 30, 4000  # classes of a batch, and pictures of an epoch, of own pictures
LARGEST = 32  # pixels, of the longer side of a photograph here


@dataclass(frozen=True)
class GallerySplit:
    """A gallery in two parts.

    Attributes:
        fit: to learn from.
        held_out: for the snapshots.
        indices: (len(held_out),) place of each held-out picture in the gallery.
        input: of a network that learns from it.
    """

    fit: LabeledImages
    held_out: LabeledImages
    indices: np.ndarray
    input: InputConfig = field(default_factory=InputConfig)


def split_gallery(images: np.ndarray, labels: np.ndarray) -> GallerySplit:
    """Split a gallery, the same way each time: 100 pictures of each digit are held out.

    Of a digit with fewer than 800 pictures, an eighth is held out.

    Args:
        images: (N, 28, 28) uint8, white ink on black.
        labels: (N,) int, the digits.

    Raises:
        ValueError: the gallery is too small to learn from.
    """
    if not enough_digits(labels):
        raise ValueError(f"The gallery has too few pictures to learn from: it takes {MIN_PER_DIGIT} of each digit.")
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(SPLIT_SEED)).numpy()
    held_out = np.concatenate(
        [order[labels[order] == digit][: min(HELD_OUT, count // 8)] for digit, count in enumerate(np.bincount(labels))]
    )
    names = tuple(map(str, range(10)))
    everything = LabeledImages(torch.from_numpy(np.array(images))[:, None], torch.from_numpy(np.array(labels)), names)
    fit = np.ones(len(labels), bool)
    fit[held_out] = False
    return GallerySplit(
        everything.subset(torch.from_numpy(fit)), everything.subset(torch.from_numpy(held_out)), held_out
    )


def split_pictures(images: np.ndarray, labels: np.ndarray, names: tuple[str, ...]) -> GallerySplit:
    """Split a gallery of own pictures, the same way each time: half of each class is held out, at most 100 pictures.

    Args:
        images: (N, h, w) or (N, h, w, 3) uint8 thumbnails; they are reduced to at most 32 pixels.
        labels: (N,) int, indices into `names`. Classes of fewer than eight pictures are left out.
        names: of the classes.

    Raises:
        ValueError: there are fewer than four classes of eight pictures.
    """
    if not enough_pictures(labels):
        raise ValueError(f"The gallery is too small to learn from: it takes {MIN_CLASSES} classes of {MIN_PER_CLASS}.")
    pixels = torch.from_numpy(images if images.ndim == 4 else images[..., None]).permute(0, 3, 1, 2)
    scale = min(1.0, LARGEST / max(pixels.shape[2:]))
    size = round(pixels.shape[2] * scale), round(pixels.shape[3] * scale)
    small = F.interpolate(pixels.float(), size=size, mode="area").round().to(torch.uint8)
    everything = LabeledImages(small, torch.from_numpy(labels.astype(np.int64)), names)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(SPLIT_SEED)).numpy()
    members = [order[labels[order] == label] for label in range(len(names))]
    members = [found for found in members if len(found) >= MIN_PER_CLASS]
    halves = [min(HELD_OUT, len(found) // 2) for found in members]
    held_out = np.concatenate([found[:half] for found, half in zip(members, halves, strict=True)])
    fit = everything.subset(
        torch.from_numpy(np.concatenate([found[n:] for found, n in zip(members, halves, strict=True)]))
    )
    mean, std = mean_and_deviation(fit)
    form = InputConfig("photo", size, len(mean), mean, std, box=None, stroke_widths=None, fit="crop")
    return GallerySplit(fit, everything.subset(torch.from_numpy(held_out)), held_out, form)


def run(
    settings: Settings, split: GallerySplit, seconds: float = SECONDS, device: str = "cpu"
) -> Generator[Snapshot, None, None]:
    """Train, and yield a snapshot every few steps of the averaged weights, which are the ones kept in the end.

    The iterator may be closed at any time; it then releases everything. A run uses one core, so that the others are
    free for other visitors' answers.

    Args:
        settings: of the run.
        split: the pictures to learn from and to measure on.
        seconds: of processor time that the run may take. It ends then, at whatever step, and in any case after
            `PATIENCE` times as many seconds of the clock.
        device: on which the network learns.

    Raises:
        ValueError: the loss, or an embedding, is no longer a number.
    """
    budget = CpuBudget(seconds)
    with closing(_snapshots(settings, split, budget, device)) as snapshots:
        while True:
            # Another thread may go on with the run after a snapshot, so each stretch is limited and counted on its own.
            with budget.running():
                snapshot = next(snapshots, None)
            if snapshot is None:
                return
            yield snapshot


def _snapshots(
    settings: Settings, split: GallerySplit, budget: CpuBudget, device: str
) -> Generator[Snapshot, None, None]:
    config = settings.run()
    net = initialised(config.network, split.input, config.training.seed)
    fit = split.fit.without(config.data.exclude_classes)
    source = Source.of(fit, Role.DIGIT, config.data.digits)
    if split.input.kind != "ink":  # few pictures, so that an epoch is as many steps as of a gallery of digits
        source = replace(source, per_class=4, classes=MOST_CLASSES, passes=max(1, EPOCH // len(fit)))
    trainer = Trainer(net, [source], config.training, device)
    total = trainer.steps_per_epoch * config.training.epochs
    snapshots = Snapshots(split.held_out, config.data.exclude_classes, total, config.training)
    yield snapshots.take(trainer.ema, Batch(1, fit.subset(next(trainer.sampler.epoch(0)))), [])
    recent: list[Step] = []
    while trainer.epoch < config.training.epochs:
        # The sampler draws the same batches as often as it is asked for an epoch: these are the ones of the steps.
        for step, drawn in zip(trainer.steps(), trainer.sampler.epoch(trainer.epoch), strict=True):
            recent.append(step)
            last = step.step == total or budget.exhausted()
            if last or len(recent) == STEPS_BETWEEN:
                yield snapshots.take(trainer.ema, Batch(step.step, fit.subset(drawn)), recent, last)
                recent = []
            if last:
                return


class CpuBudget:
    """The processor time that a run may take, counted on whichever threads it runs, one after the other.

    Args:
        seconds: of processor time; the clock's limit is `PATIENCE` times as long.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self.spent, self.began = seconds, 0.0, time.monotonic()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of this block, and keep torch to one thread in it."""
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        self.resumed = time.thread_time()
        try:
            yield
        finally:
            self.spent += time.thread_time() - self.resumed
            torch.set_num_threads(before)

    def exhausted(self) -> bool:
        """Whether the time is up; to be asked within `running`."""
        spent = self.spent + time.thread_time() - self.resumed
        return spent >= self.seconds or time.monotonic() - self.began >= PATIENCE * self.seconds
