"""A progress bar an epoch, on standard output."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm

from siamese.training.trainer import Step, Trainer


class ProgressBars:
    """Callbacks for `trainer.train`: `on_step` and `on_epoch`."""

    def __init__(self) -> None:
        self.bar: tqdm | None = None

    def on_step(self, trainer: Trainer, step: Step) -> None:
        """Go on by a step, and say the loss, the active share and the speed now and then."""
        if self.bar is None:
            label = f"epoch {step.epoch + 1}/{trainer.config.epochs}"
            self.bar = tqdm(total=trainer.steps_per_epoch, desc=label, mininterval=1, file=sys.stdout)
        self.bar.update()
        if self.bar.n % 10 == 0 or self.bar.n == self.bar.total:
            seconds = max(self.bar.format_dict["elapsed"], 1e-6)
            speed = self.bar.n * step.images / seconds
            self.bar.set_postfix_str(
                f"loss {step.loss:.3f}, active {step.active:.1%}, {speed:.0f} images/s", refresh=False
            )

    def on_epoch(self, trainer: Trainer, figures: dict[str, Any]) -> None:
        """Close the bar with the epoch's figures."""
        if self.bar is None:
            return
        line = (
            f"loss {figures['loss']:.3f}, active {figures['active']:.1%}, {figures['images_per_second']:.0f} images/s"
        )
        if "validation_error" in figures:
            line += f", validation EER {figures['validation_error']:.2%}"
        elif "validation_accuracy" in figures:
            line += f", validation 5-NN {figures['validation_accuracy']:.2%}"
        self.bar.set_postfix_str(line)
        self.bar.close()
        self.bar = None
