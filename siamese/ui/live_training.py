"""A run to look at: a small network learns from a gallery's pictures, and shows where it puts some it never saw.

    pictures = parted(gallery.images, gallery.labels)
    for frame in run(Settings(loss="triplet", margin=0.3), pictures):
        frame.places, frame.accuracy                                     # as the network learns

It is `training.Trainer` that trains; here is only what is fixed for a short run, and what is seen of it.
"""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from siamese.data.images import SPLIT_SEED, LabeledImages
from siamese.models.networks import EmbeddingNet, NetworkConfig
from siamese.training.trainer import Sources, Step, TrainConfig, Trainer
from siamese.ui.snapshots import Camera, Frame

SECONDS = 20.0  # of a core that a run may take; it ends then, wherever it stands
PATIENCE = 120.0  # seconds after which it ends on a machine that is busy with other things
EPOCHS, PER_CLASS = 3, 12  # 225 steps: ten seconds of a core, frames included
CHANNELS, BLOCKS = (12, 24, 48), (1, 1, 1)
EVERY = 4  # steps from one frame to the next
HELD = 100  # pictures of each digit that are looked at, and never trained on
SEEDING = threading.Lock()  # torch draws a network's first weights from one generator for all threads
FEWEST = 50  # pictures of each digit that a gallery must have
LARGEST_DIM = 64


@dataclass(frozen=True)
class Settings:
    """What can be chosen of a run; the rest is fixed, so that it is over in time.

    Attributes:
        loss: contrastive, triplet or supcon, as in `TrainConfig`; likewise mining, of triplets, margin, of
            contrastive and triplet loss, and temperature, of supcon.
        dim: of the embedding, 2 to 64. 2 and 3 are drawn as they are, more by their principal components.
        learning_rate: at its peak; at most 100.
        excluded: digits that are not trained on, up to eight.
    """

    loss: str = "contrastive"
    mining: str = "semi-hard"
    margin: float = 1.0
    temperature: float = 0.1
    dim: int = 16
    learning_rate: float = 0.02
    excluded: tuple[int, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "excluded", tuple(sorted(set(self.excluded))))
        if not 2 <= self.dim <= LARGEST_DIM:
            raise ValueError(f"The embedding has 2 to {LARGEST_DIM} dimensions here, got {self.dim}.")
        if not 0 < self.learning_rate <= 100:
            raise ValueError(f"The learning rate must lie between 0 and 100, got {self.learning_rate}.")
        if set(self.excluded) - set(range(10)) or len(self.excluded) > 8:
            raise ValueError(f"Leave out digits from 0 to 9, and at least two in; got {list(self.excluded)}.")
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"The seed must be a whole number from 0, got {self.seed}.")
        TrainConfig(
            loss=self.loss, mining=self.mining, margin=self.margin, temperature=self.temperature
        )  # checks these

    @classmethod
    def of(cls, values: object) -> Settings:
        """Settings from what a page sent.

        Raises:
            ValueError: a value is of the wrong kind, or out of range.
        """
        if not isinstance(values, dict):
            raise ValueError(f"Settings are names and values, got {type(values).__name__}.")
        kinds = {"loss": str, "mining": str, "margin": float, "temperature": float, "learning_rate": float}
        kinds |= {"dim": int, "seed": int, "excluded": lambda digits: tuple(int(digit) for digit in digits)}
        unknown = sorted(set(values) - set(kinds))
        if unknown:
            raise ValueError(f"There is no setting {unknown[0]!r}.")
        given = {}
        for name, value in values.items():
            try:
                given[name] = kinds[name](value)
            except (TypeError, ValueError, OverflowError) as error:
                raise ValueError(f"{name.replace('_', ' ')} cannot be {value!r}.") from error
        return cls(**given)

    @property
    def has_margin(self) -> bool:
        return self.loss != "supcon"

    def recipe(self) -> TrainConfig:
        """The recipe of the run."""
        chosen: dict = {"margin": self.margin} if self.has_margin else {"temperature": self.temperature}
        if self.loss == "triplet":
            chosen["mining"] = self.mining
        return TrainConfig(
            epochs=EPOCHS,
            loss=self.loss,
            per_class=PER_CLASS,
            learning_rate=self.learning_rate,
            seed=self.seed,
            **chosen,
        )

    def network(self) -> NetworkConfig:
        return NetworkConfig(embedding_dim=self.dim, channels=CHANNELS, blocks=BLOCKS)

    def command(self) -> str:
        """The command that trains the same network by the same recipe on the whole of MNIST."""
        words = ["python", "train.py", "--loss", self.loss]
        words += ["--mining", self.mining] if self.loss == "triplet" else []
        words += ["--margin", self.margin] if self.has_margin else ["--temperature", self.temperature]
        words += ["--embedding-dim", self.dim, "--channels", *CHANNELS, "--blocks", *BLOCKS]
        words += ["--epochs", EPOCHS, "--per-class", PER_CLASS, "--learning-rate", self.learning_rate]
        words += ["--seed", self.seed]
        words += ["--exclude-classes", *self.excluded] if self.excluded else []
        return shlex.join(map(str, words))


@dataclass(frozen=True)
class Pictures:
    """A gallery in two parts.

    Attributes:
        fit: to learn from. held: to look at. indices: (len(held),) where each of these stands in the gallery.
    """

    fit: LabeledImages
    held: LabeledImages
    indices: np.ndarray


def parted(images: np.ndarray, labels: np.ndarray) -> Pictures:
    """Part a gallery, (N, 28, 28) uint8 and its labels, the same way each time: 100 of each digit are held out.

    Of a gallery with fewer than 800 of a digit, an eighth is.

    Raises:
        ValueError: it is too small to learn from.
    """
    counts = np.bincount(labels, minlength=10)
    if len(counts) != 10 or counts.min() < FEWEST:
        raise ValueError(f"The gallery has too few pictures to learn from: it takes {FEWEST} of each digit.")
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(SPLIT_SEED)).numpy()
    held = np.concatenate([order[labels[order] == d][: min(HELD, count // 8)] for d, count in enumerate(counts)])
    everything = LabeledImages(torch.from_numpy(np.array(images))[:, None], torch.from_numpy(np.array(labels)))
    fitted = np.ones(len(labels), bool)
    fitted[held] = False
    return Pictures(everything.subset(torch.from_numpy(fitted)), everything.subset(torch.from_numpy(held)), held)


def run(settings: Settings, pictures: Pictures, seconds: float = SECONDS, device: str = "cpu") -> Iterator[Frame]:
    """Train, and yield a frame every few steps, of the averaged net, which is the one that is kept in the end.

    Leave off whenever you like: nothing stays behind. The run takes one core, so that whatever else the process
    answers has the others, and ends by itself after `seconds` of that core.

    Raises:
        ValueError: the loss is no longer a number.
    """
    meter = Meter(seconds)
    with closing(_run(settings, pictures, meter, device)) as frames:
        while True:
            # Between two frames another thread may go on with the run, so each is limited and metered on its own.
            with meter.running():
                frame = next(frames, None)
            if frame is None:
                return
            yield frame


def _run(settings: Settings, pictures: Pictures, meter: Meter, device: str) -> Iterator[Frame]:
    with SEEDING:
        torch.manual_seed(settings.seed)
        net = EmbeddingNet(settings.network())
    trainer = Trainer(net, Sources(pictures.fit.without(list(settings.excluded))), settings.recipe(), device)
    total = trainer.steps_per_epoch * EPOCHS
    camera = Camera(pictures.held, settings.excluded, total)
    yield camera.frame(trainer, [])
    recent: list[Step] = []
    while trainer.epoch < EPOCHS:
        for step in trainer.steps():
            recent.append(step)
            last = step.step == total or meter.over()
            if last or len(recent) == EVERY:
                yield camera.frame(trainer, recent, last)
                recent = []
            if last:
                return


class Meter:
    """Counts the seconds that a run computes, on whichever threads it does, and keeps it to one at a time."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.spent, self.began = seconds, 0.0, time.monotonic()

    @contextmanager
    def running(self) -> Iterator[None]:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        self.resumed = time.thread_time()
        try:
            yield
        finally:
            self.spent += time.thread_time() - self.resumed
            torch.set_num_threads(before)

    def over(self) -> bool:
        """Whether the time is up; asked while running."""
        spent = self.spent + time.thread_time() - self.resumed
        return spent >= self.seconds or time.monotonic() - self.began >= PATIENCE
