"""The part that all recipes share: train, with a bar an epoch and a checkpoint after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from siamese.bundle.curves import Epoch
from siamese.config import RunConfig, from_json
from siamese.models.networks import EmbeddingNet
from siamese.models.processes import is_main
from siamese.training import checkpoints, distributed
from siamese.training.progress import ProgressBars
from siamese.training.threads import ThreadTrial
from siamese.training.trainer import Step, Trainer, train


def run(
    trainer: Trainer,
    validate: Callable[[EmbeddingNet], dict[str, Any]],
    config: RunConfig,
    checkpoint: Path,
    resumed: dict[str, Any] | None = None,
    kept: torch.Tensor | None = None,
    threads: int | None = None,
) -> float:
    """Train to the last epoch. Of several processes, the main one alone goes on afterwards; for the others the program ends.

    Args:
        trainer: with a new network.
        validate: measures the averaged net after each epoch.
        config: of the run, which goes into the checkpoint.
        checkpoint: path of the file that is written after each epoch.
        resumed: the content of such a file, to go on from; None to begin.
        kept: (N,) bool, what a label-noise filter kept.
        threads: that a step computes with; None to find the best number by trial.

    Returns:
        seconds of all epochs, those before a stop too, without the measuring after each.

    Raises:
        ValueError: the checkpoint is damaged, or of another network.
    """
    if resumed:
        checkpoints.restore(trainer, resumed, str(checkpoint))
        for number, row in enumerate(trainer.history):  # told now, not when all of it is measured
            from_json(Epoch, row, f"{checkpoint}: history[{number}]")
    learn(trainer, threads, validate, lambda trainer: checkpoints.save(trainer, checkpoint, config, kept))
    distributed.leave()
    return sum(row["seconds"] for row in trainer.history)


def learn(
    trainer: Trainer,
    threads: int | None,
    validate: Callable[[EmbeddingNet], dict[str, Any]] | None = None,
    after_epoch: Callable[[Trainer], None] | None = None,
) -> None:
    """Train to the last epoch, with a bar an epoch; of several processes the main one validates and shows it.

    Args:
        trainer: with the state to begin from.
        threads: that a step computes with; None to find the best number by trial.
        validate: measures the averaged net after each epoch.
        after_epoch: is called once the epoch was shown.
    """
    bars, trial = ProgressBars(), ThreadTrial.of_machine(trainer.device, threads)

    def on_step(trainer: Trainer, step: Step) -> None:
        bars.on_step(trainer, step)
        trial.on_step(trainer, step)

    def on_epoch(trainer: Trainer, figures: dict[str, Any]) -> None:
        bars.on_epoch(trainer, figures)
        if after_epoch:
            after_epoch(trainer)

    if is_main():
        train(trainer, validate, on_step, on_epoch)
    else:
        train(trainer, on_step=trial.on_step)
    trial.settle()
