"""The loop: class-balanced batches, pairs or triplets; mixed precision; weight averaging; resume.

What an epoch shows the network follows from the seed and the epoch's number alone, so a run that is
stopped and resumed from its last checkpoint sees what it would have seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from siamese.bundle.files import write_whole
from siamese.data.augmentation import Augmentation
from siamese.data.images import FIRST_SYMBOL, LabeledImages, join
from siamese.data.sampling import ClassBalancedSampler, Group, PairDataset, TripletDataset
from siamese.models.networks import EmbeddingNet, SiameseNetwork
from siamese.training import losses

LOSSES = ("contrastive", "triplet", "supcon")
SAMPLINGS = ("classes", "pairs", "triplets")


@dataclass(frozen=True)
class TrainConfig:
    """A recipe. The defaults are the ones that measured best; `benchmarks/recipes.md` has the others.

    Attributes:
        epochs: passes over the digits. 5 give a good network, 100 the last tenth of a percent.
        loss: supcon, contrastive or triplet. sampling: what a step is made of (see `sampling.py`).
        margin: of contrastive and triplet loss; None for the loss's own default.
        temperature: of supcon; 0.05 to 0.5.
        mining: of in-batch triplets.
        per_class: pictures of each digit in a batch; strokes, scans, symbols, per_symbol and strangers likewise: of
            each digit drawn by pen, of each digit re-scanned, how many other symbols, of each of these, and strangers.
            Of chimeras there are twice as many as of other symbols.
        symbols_every: 4 for other symbols, chimeras and strangers in every fourth batch: they are learned much
            sooner than the digits.
        learning_rate: at the peak of the one-cycle schedule (Smith, 2018). weight_decay: of AdamW.
        averaging: decay per step of the averaged weights that are kept in the end.
    """

    epochs: int = 20
    loss: str = "supcon"
    sampling: str = "classes"
    distance: str = "euclidean"
    margin: float | None = None
    temperature: float = 0.07
    mining: str = "batch-hard"
    per_class: int = 12
    strokes: int = 8
    scans: int = 4
    symbols: int = 64
    per_symbol: int = 4
    symbols_every: int = 4
    strangers: int = 12
    learning_rate: float = 5e-3
    weight_decay: float = 0.03
    averaging: float = 0.999
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        _one_of("loss", self.loss, LOSSES)
        _one_of("sampling", self.sampling, SAMPLINGS)
        _one_of("distance", self.distance, losses.DISTANCES)
        _one_of("mining", self.mining, losses.MININGS)
        for name in ("epochs", "temperature", "learning_rate"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than 0, got {getattr(self, name)}")
        if self.per_class < 2:
            raise ValueError(
                f"per_class must be at least 2, two pictures of a class to tell them the same; got {self.per_class}"
            )
        if self.margin is not None and not 0 < self.margin <= 2:
            raise ValueError(
                f"margin must lie between 0 and 2, the largest distance of unit vectors; got {self.margin}"
            )
        needed = {"pairs": "contrastive", "triplets": "triplet"}.get(self.sampling)
        if needed and self.loss != needed:
            raise ValueError(f"sampling {self.sampling!r} goes with the loss {needed!r}, not {self.loss!r}")

    def to_json(self) -> dict:
        return asdict(self)


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {value!r}")


@dataclass(frozen=True)
class Sources:
    """What there is to learn from; all but the digits may be missing.

    Attributes:
        digits: MNIST. strokes: digits drawn by pen. scans: digits re-scanned or photographed.
        symbols: other symbols, labelled from 10. chimeras: symbols made of two digits, labelled from
            `chimeras.FIRST_CHIMERA`. strangers: what is no symbol at all, labelled -1.
    """

    digits: LabeledImages
    strokes: LabeledImages | None = None
    scans: LabeledImages | None = None
    symbols: LabeledImages | None = None
    chimeras: LabeledImages | None = None
    strangers: LabeledImages | None = None

    def joined(self) -> LabeledImages:
        parts = (self.digits, self.strokes, self.scans, self.symbols, self.chimeras, self.strangers)
        return join(*(part for part in parts if part is not None))

    def groups(self, config: TrainConfig) -> list[Group]:
        groups, offset = [], 0
        for part, classes, per_class, every in (
            (self.digits, 10, config.per_class, 1),
            (self.strokes, 10, config.strokes, 1),
            (self.scans, 10, config.scans, 1),
            (self.symbols, config.symbols, config.per_symbol, config.symbols_every),
            (self.chimeras, 2 * config.symbols, config.per_symbol, config.symbols_every),
            (self.strangers, 1, config.strangers, config.symbols_every),
        ):
            if part is not None:
                if per_class and classes:
                    groups.append(Group.of(part.labels, classes, per_class, offset, every))
                offset += len(part)
        return groups


@dataclass
class Step:
    """What a callback is told after each step."""

    step: int
    epoch: int
    loss: float
    active: float
    seen: int


class Trainer:
    """The state of a run: the net, its average, the optimiser, and how far it has come."""

    def __init__(self, net: EmbeddingNet, sources: Sources, config: TrainConfig, device: str = "cpu") -> None:
        self.config, self.device = config, torch.device(device)
        self.net = net.to(self.device, memory_format=torch.channels_last)
        # Only a part of the data has strokes, scans and symbols; the classic forms learn from all alike.
        joined = sources.joined()
        self.twin = SiameseNetwork(self.net)
        if config.sampling == "classes":
            batch = config.per_class * len(sources.digits.labels.unique())
            self.sampler = ClassBalancedSampler(
                sources.groups(config), max(1, len(sources.digits) // batch), config.seed
            )
            self.data = joined.to(self.device)
        else:
            dataset = PairDataset if config.sampling == "pairs" else TripletDataset
            self.items = dataset(joined, config.seed)
            size = min(128, len(self.items))
            generator = torch.Generator()
            self.loader = DataLoader(self.items, size, shuffle=True, drop_last=True, generator=generator)
        self.steps_per_epoch = len(self.sampler) if config.sampling == "classes" else len(self.loader)
        self.optimizer = torch.optim.AdamW(
            net.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
        )
        total = self.steps_per_epoch * config.epochs
        self.scheduler = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, config.learning_rate, total_steps=total + 1, pct_start=min(0.3, 0.15 + 10 / (total + 1))
        )
        # A short run is averaged over a short stretch.
        decay = min(config.averaging, 1 - 1 / max(2.0, total / 20))
        self.average = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
        self.precision = mixed_precision(self.device)
        self.epoch = 0
        self.history: list[dict] = []

    @property
    def averaged(self) -> EmbeddingNet:
        """The net with averaged weights: the one to measure and to keep."""
        return self.average.module

    def steps(self) -> Iterator[Step]:
        """Train for an epoch, a step at a time. Leave off whenever you like: the net is as it is then."""
        self.net.train()
        seed = self.config.seed * 100003 + self.epoch
        self.chance = torch.Generator().manual_seed(seed)
        batches = self._class_batches() if self.config.sampling == "classes" else self._item_batches(seed)
        for number, (loss, seen) in enumerate(batches):
            self.optimizer.zero_grad(set_to_none=True)
            loss.value.backward()
            self.optimizer.step()
            self.scheduler.step()
            self.average.update_parameters(self.net)
            value = float(loss.value.detach())
            if value != value:
                raise ValueError(
                    "The loss is no longer a number: the learning rate is too high. Lower --learning-rate."
                )
            yield Step(self.epoch * self.steps_per_epoch + number + 1, self.epoch, value, float(loss.active), seen)
        self.epoch += 1

    def _class_batches(self) -> Iterator[tuple[losses.Loss, int]]:
        for index in self.sampler.epoch(self.epoch):
            index = index.to(self.device)
            images, labels = self._augmented(self.data.images[index]), self.data.labels[index]
            with self.precision:
                features = self.net.features(images)
            # In float32 from here on: the loss tells distances apart that are alike in bfloat16. And what
            # is done with the step, while this waits, is not to be done in mixed precision.
            yield self._heads_loss(features.float(), labels), len(index)

    def _heads_loss(self, features: Tensor, labels: Tensor) -> losses.Loss:
        """The sum over the heads.

        The symbols' head learns from symbols, the digits' head from digits, to which symbols and strangers are each
        of a class of its own: what is no digit shall lie near none. An only head learns from all alike.
        """
        symbol = (labels >= FIRST_SYMBOL) & ("symbols" in self.net.config.heads)
        own_class = -1 - torch.arange(len(labels), device=labels.device)
        classes = torch.where(symbol | (labels < 0), own_class, labels)
        digits = self._batch_loss(self.net.neck(features), classes)
        if not symbol.any():
            return digits
        symbols = self._batch_loss(self.net.neck(features[symbol], "symbols"), labels[symbol])
        return losses.Loss(digits.value + symbols.value, digits.active)

    def _batch_loss(self, embeddings: Tensor, labels: Tensor) -> losses.Loss:
        config = self.config
        if config.loss == "supcon":
            return losses.supervised_contrastive(embeddings, labels, config.temperature)
        if config.loss == "triplet":
            return losses.triplet_mined(embeddings, labels, config.margin or 0.3, config.mining, config.distance)
        return losses.contrastive(embeddings, labels, config.margin or 1.0, config.distance)

    def _item_batches(self, seed: int) -> Iterator[tuple[losses.Loss, int]]:
        config = self.config
        self.items.set_epoch(self.epoch)
        self.loader.generator.manual_seed(seed)
        for item in self.loader:
            if config.sampling == "pairs":
                a, b, same = (part.to(self.device) for part in item)
                with self.precision:
                    a, b = self.twin(self._augmented(a), self._augmented(b))
                yield losses.contrastive_pairs(a, b, same, config.margin or 1.0, config.distance), 2 * len(same)
            else:
                images = self._augmented(torch.cat(item).to(self.device))
                with self.precision:
                    anchor, positive, negative = self.net(images).chunk(3)
                yield losses.triplet(anchor, positive, negative, config.margin or 0.3, config.distance), len(images)

    def _augmented(self, images: Tensor) -> Tensor:
        return self.config.augmentation(images, self.chance).contiguous(memory_format=torch.channels_last)

    # --- checkpoints --------------------------------------------------------------------------------

    def save(self, path: Path, origin: str = "") -> None:
        """Write everything that `restore` needs, whole or not at all; `origin` says what data it learned from."""
        state = {
            "config": f"{self.config} {origin}",
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "epoch": self.epoch,
            "history": self.history,
        }
        write_whole(path, lambda temporary: torch.save(state, temporary))

    def restore(self, path: Path, origin: str = "") -> None:
        """Go on where a checkpoint of the same recipe and origin stopped.

        Raises:
            ValueError: the checkpoint cannot be read, or belongs to another recipe.
        """
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            if not isinstance(state, dict):
                raise TypeError(f"a checkpoint is a dictionary, this is a {type(state).__name__}")
            saved = state["config"]
        except (OSError, RuntimeError, EOFError, KeyError, TypeError) as error:
            raise ValueError(f"{str(path)!r} cannot be read as a checkpoint. Start again without --resume.") from error
        except Exception as error:  # torch raises UnpicklingError, which it does not export
            if type(error).__name__ != "UnpicklingError":
                raise
            raise ValueError(f"{str(path)!r} is no checkpoint. Start again without --resume.") from error
        if saved != f"{self.config} {origin}":
            raise ValueError(
                f"{str(path)!r} was made with other settings ({saved}). Resume with the same, or start anew without --resume."
            )
        try:
            self.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.scheduler.load_state_dict(state["scheduler"])
        except (RuntimeError, ValueError, KeyError) as error:
            raise ValueError(f"{str(path)!r} was made with another network. Start anew without --resume.") from error
        self.epoch, self.history = state["epoch"], state["history"]


def mixed_precision(device: torch.device) -> torch.autocast | nullcontext:
    """bfloat16 where the processor computes in it, float32 elsewhere."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.autocast("cuda", torch.bfloat16)
    if device.type == "cpu" and torch.cpu._is_avx512_bf16_supported():
        return torch.autocast("cpu", torch.bfloat16)
    return nullcontext()


def train(
    trainer: Trainer,
    validate: Callable[[EmbeddingNet], dict] | None = None,
    on_step: Callable[[Trainer, Step], None] | None = None,
    on_epoch: Callable[[Trainer, dict], None] | None = None,
) -> list[dict]:
    """Train until the recipe's last epoch.

    Args:
        validate: measures the averaged net after each epoch; its figures go into the history.
        on_step, on_epoch: told of each step and each epoch's figures; an exception they raise ends the run.

    Returns:
        the history: a dictionary for each epoch.
    """
    while trainer.epoch < trainer.config.epochs:
        start = time.perf_counter()
        loss = active = seen = count = 0.0
        for step in trainer.steps():
            loss, active, seen, count = loss + step.loss, active + step.active, seen + step.seen, count + 1
            if on_step:
                on_step(trainer, step)
        seconds = time.perf_counter() - start
        figures = {
            "epoch": trainer.epoch,
            "loss": loss / count,
            "active": active / count,
            "images_per_second": seen / seconds,
            "seconds": seconds,
            **(validate(trainer.averaged) if validate else {}),
        }
        trainer.history.append(figures)
        if on_epoch:
            on_epoch(trainer, figures)
    return trainer.history
