"""The loop: class-balanced batches, pairs or triplets; mixed precision; exponential moving average of the weights.

What an epoch shows follows from the seed and the epoch's number alone: a resumed run sees what it would have seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from siamese.config import TrainingConfig
from siamese.data.images import join
from siamese.data.pairs import PairDataset, TripletDataset
from siamese.data.photo_augmentation import augment_as
from siamese.data.sampling import ClassBalancedSampler, batches, epoch_seed, groups_of
from siamese.data.shares import Share
from siamese.data.sources import Role, Source
from siamese.models.device import mixed_precision
from siamese.models.networks import EmbeddingNet, channels_last
from siamese.training import distributed, losses
from siamese.training.batch_norm import at_least_float32, synchronised
from siamese.training.objective import classes_of_heads, heads_loss
from siamese.training.optimizer import make_optimizer
from siamese.training.step import Step

BATCH = 128  # pairs or triplets, in the classic samplings


class Trainer:
    """The state of a run: the net, its moving average, the optimiser, and how far it has come.

    Args:
        net: with its first weights; it is moved to the device, and trained in place.
        sources: what it learns from. An epoch is a pass over the first.
        config: the recipe.
        device: such as `cpu` or `cuda`.

    Raises:
        ValueError: the sources have fewer than two classes, or no two pictures of a class; outliers, which belong to no
            class, stand beside pairs or triplets; or processes are more than pictures in a batch.
    """

    def __init__(
        self, net: EmbeddingNet, sources: Sequence[Source], config: TrainingConfig, device: str = "cpu"
    ) -> None:
        self.config, self.device = config, torch.device(device)
        self.net = channels_last(net, self.device)
        if distributed.count() > 1:
            synchronised(self.net)
        joined = join(*(source.pictures for source in sources))
        if config.sampling == "classes":
            smallest = sources[0].batch
            self.sampler = ClassBalancedSampler(groups_of(sources), sources[0].steps, config.seed)
            self.data = joined.to(self.device)
            self.learns = classes_of_heads(joined.names, sources, net.config.heads).to(self.device)
            self.steps_per_epoch = len(self.sampler)
        else:
            if any(source.role == Role.OUTLIER for source in sources):
                raise ValueError(f"Outliers belong to no class: take sampling 'classes', not {config.sampling!r}.")
            self.items = (PairDataset if config.sampling == "pairs" else TripletDataset)(joined, config.seed)
            smallest = min(BATCH, len(self.items))
            self.loader: DataLoader = DataLoader(
                self.items, smallest, shuffle=True, drop_last=True, generator=torch.Generator()
            )
            self.steps_per_epoch = len(self.loader)
        distributed.check_batch(smallest)
        total = self.steps_per_epoch * config.epochs
        self.optimizer, self.scheduler = make_optimizer(net, config, total)
        # A short run is averaged over a short stretch.
        decay = min(config.ema_decay, 1 - 1 / max(2.0, total / 20))
        self.average = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
        self.precision = mixed_precision(self.device)
        self.epoch = 0
        self.history: list[dict[str, Any]] = []
        self.best: dict[str, Tensor] | None = None

    @property
    def ema(self) -> EmbeddingNet:
        """The net with averaged weights: the one to measure and to keep."""
        return cast(EmbeddingNet, self.average.module)

    def keep_if_best(self) -> None:
        """Keep the averaged weights if the last epoch's validation error is the lowest so far."""
        errors = [row["validation_error"] for row in self.history]
        if errors[-1] == min(errors):
            self.best = {name: value.detach().clone() for name, value in self.ema.state_dict().items()}

    def restore_best(self) -> EmbeddingNet:
        """The averaged net with the weights that were kept; with the last ones if none were."""
        if self.best:
            self.ema.load_state_dict(self.best)
        return self.ema

    def steps(self) -> Iterator[Step]:
        """Train for an epoch, a step at a time. A caller may stop after any step; the net is then as that step left it.

        Raises:
            ValueError: the loss is no longer a number.
        """
        self._set_modes()
        seed = epoch_seed(self.config.seed, self.epoch)
        self.generator = torch.Generator().manual_seed(seed)
        self.shared = distributed.shared(self.net, seed)
        batches = self._class_batches() if self.config.sampling == "classes" else self._item_batches(seed)
        for number, (loss, images) in enumerate(batches):
            self.optimizer.zero_grad(set_to_none=True)
            loss.value.backward()
            self.optimizer.step()
            self.scheduler.step()
            self.average.update_parameters(self.net)
            value = float(loss.value.detach())
            if value != value:
                raise ValueError("The loss is no longer a number: the learning rate is too high. Lower it.")
            yield Step(self.epoch * self.steps_per_epoch + number + 1, self.epoch, value, float(loss.active), images)
        self.epoch += 1

    def _set_modes(self) -> None:
        """Training mode; while the backbone is frozen, it neither learns nor counts its batch statistics anew."""
        self.net.train()
        frozen = self.epoch < self.config.freeze_epochs
        self.net.backbone.train(not frozen).requires_grad_(not frozen)

    def _class_batches(self) -> Iterator[tuple[losses.Loss, int]]:
        drawn = list(self.sampler.epoch(self.epoch))
        own = (index[distributed.share_of(len(index)).rows] for index in drawn)
        for index, images in zip(drawn, batches(self.data.images, own), strict=True):
            yield self.shared(partial(self._class_loss, index.to(self.device), images)), len(index)

    def _class_loss(self, index: Tensor, images: Tensor) -> losses.Loss:
        share, labels = distributed.share_of(len(index)), self.data.labels[index]
        (features,) = self._features((images, share))
        if self.config.dropout:
            kept = torch.rand(features.shape, generator=self.generator) >= self.config.dropout
            features = features * kept.to(self.device) / (1 - self.config.dropout)
        return heads_loss(self.net, features, labels, self.learns[:, labels], self.config)

    def _item_batches(self, seed: int) -> Iterator[tuple[losses.Loss, int]]:
        self.items.set_epoch(self.epoch)
        self.loader.generator.manual_seed(seed)
        taken = self._pair_loss if self.config.sampling == "pairs" else self._triplet_loss
        for item in self.loader:
            yield self.shared(partial(taken, *item)), len(item[0]) * (2 if self.config.sampling == "pairs" else 3)

    def _pair_loss(self, first: Tensor, second: Tensor, same: Tensor) -> losses.Loss:
        share = distributed.share_of(len(same))
        parts = self._features((first[share.rows], share), (second[share.rows], share))
        a, b = (self.net.heads(part, self.net.config.heads[0]) for part in parts)
        return losses.contrastive_pairs(a, b, same.to(self.device), self.config.margin or losses.CONTRASTIVE_MARGIN)

    def _triplet_loss(self, *item: Tensor) -> losses.Loss:
        images = torch.cat(item)
        share = distributed.share_of(len(images))
        (features,) = self._features((images[share.rows], share))
        anchor, positive, negative = self.net.heads(features, self.net.config.heads[0]).chunk(3)
        return losses.triplet(anchor, positive, negative, self.config.margin or losses.TRIPLET_MARGIN)

    def _features(self, *parts: tuple[Tensor, Share]) -> list[Tensor]:
        """The features of whole batches, of which this process has shares; all go through the net together."""
        kind = self.net.input.kind
        varied = [
            augment_as(kind, images.to(self.device), self.config, self.generator, share) for images, share in parts
        ]
        with self.precision:
            features = self.net.features(torch.cat(varied).contiguous(memory_format=torch.channels_last))
        # In float32 at least from here on: the loss tells distances apart that are alike in bfloat16. And what a caller does
        # between two steps is not to be done in mixed precision.
        split = at_least_float32(features).split([len(images) for images in varied])
        return [distributed.gather(own, share) for own, (_, share) in zip(split, parts, strict=True)]


def train(
    trainer: Trainer,
    validate: Callable[[EmbeddingNet], dict[str, Any]] | None = None,
    on_step: Callable[[Trainer, Step], None] | None = None,
    on_epoch: Callable[[Trainer, dict[str, Any]], None] | None = None,
) -> list[dict[str, Any]]:
    """Train until the recipe's last epoch.

    Args:
        trainer: with the state to begin from.
        validate: measures the averaged net after each epoch; its figures go into the history. Where there is a
            "validation_error" among them, the weights of the epoch with the lowest are kept in `trainer.best`.
        on_step: is told of each step.
        on_epoch: is told of each epoch's figures. An exception that a callback raises ends the run.

    Returns:
        the history: a dictionary for each epoch.
    """
    while trainer.epoch < trainer.config.epochs:
        start = time.perf_counter()
        loss = active = images = count = 0.0
        for step in trainer.steps():
            loss, active, images, count = loss + step.loss, active + step.active, images + step.images, count + 1
            if on_step:
                on_step(trainer, step)
        seconds = time.perf_counter() - start
        figures = {
            "epoch": trainer.epoch,
            "loss": loss / count,
            "active": active / count,
            "images_per_second": images / seconds,
            "seconds": seconds,
            **(validate(trainer.ema) if validate else {}),
        }
        trainer.history.append(figures)
        if "validation_error" in figures:
            trainer.keep_if_best()
        if on_epoch:
            on_epoch(trainer, figures)
    return trainer.history
