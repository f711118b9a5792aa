"""Checkpoints: everything that a run needs to go on after it was stopped."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from siamese.bundle.files import write_whole
from siamese.config import RunConfig, to_json
from siamese.training.trainer import Trainer

CHECKPOINT = "checkpoint.pt"  # its name in a run's folder


def save(trainer: Trainer, path: Path, config: RunConfig) -> None:
    """Write a checkpoint, whole or not at all, with the configuration of the run that it belongs to."""
    state = {
        "config": to_json(config),
        "net": trainer.net.state_dict(),
        "ema": trainer.average.state_dict(),
        "optimizer": trainer.optimizer.state_dict(),
        "scheduler": trainer.scheduler.state_dict(),
        "epoch": trainer.epoch,
        "history": trainer.history,
    }
    write_whole(path, lambda temporary: torch.save(state, temporary))


def restore(trainer: Trainer, path: Path, config: RunConfig) -> None:
    """Go on where a checkpoint of the same run stopped.

    Args:
        trainer: of the same network and recipe; it is changed in place.
        config: of the run, compared by value with the one in the checkpoint.

    Raises:
        ValueError: the checkpoint cannot be read, or belongs to another run.
    """
    try:
        state = torch.load(path, map_location=trainer.device, weights_only=True)
        if not isinstance(state, dict):
            raise TypeError(f"a checkpoint is a dictionary, this is a {type(state).__name__}")
        saved = state["config"]
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise ValueError(f"{str(path)!r} cannot be read as a checkpoint. Start again without --resume.") from error
    differing = differences(saved, to_json(config))
    if differing:
        raise ValueError(
            f"{str(path)!r} was made with other settings ({differing[0]}). Resume with the same, or start anew without "
            "--resume."
        )
    try:
        trainer.net.load_state_dict(state["net"])
        trainer.average.load_state_dict(state["ema"])
        trainer.optimizer.load_state_dict(state["optimizer"])
        trainer.scheduler.load_state_dict(state["scheduler"])
        trainer.epoch, trainer.history = state["epoch"], state["history"]
    except (RuntimeError, ValueError, KeyError) as error:
        raise ValueError(f"{str(path)!r} was made with another network. Start anew without --resume.") from error


def differences(saved: Any, asked: Any, name: str = "") -> list[str]:
    """Where two configurations differ, as JSON: "training.epochs is 4 there and 9 here"."""
    if isinstance(saved, dict) and isinstance(asked, dict):
        keys = dict.fromkeys([*saved, *asked])
        return [
            line
            for key in keys
            for line in differences(saved.get(key), asked.get(key), f"{name}.{key}" if name else str(key))
        ]
    return [] if saved == asked else [f"{name or 'the configuration'} is {saved!r} there and {asked!r} here"]
