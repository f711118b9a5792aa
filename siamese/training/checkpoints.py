"""Checkpoints: everything that a run needs to go on after it was stopped."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, cast

import torch

from siamese.bundle.files import write_whole
from siamese.config import RunConfig, from_json, to_json
from siamese.training.checkpoint_fields import problem_of
from siamese.training.trainer import Trainer

CHECKPOINT = "checkpoint.pt"  # its name in a run's folder
FIELDS: dict[str, type | tuple[type, ...]] = {  # of a checkpoint, beside its configuration
    "kept": (torch.Tensor, type(None)),
    "net": dict,
    "ema": dict,
    "optimizer": dict,
    "epoch": int,
    "history": list,
    "best": (dict, type(None)),
}


def save(trainer: Trainer, path: Path, config: RunConfig, kept: torch.Tensor | None = None) -> None:
    """Write a checkpoint, whole or not at all.

    Args:
        trainer: the state to go on from.
        path: of the file.
        config: of the run that it belongs to.
        kept: (N,) bool, what a label-noise filter kept, so that a resumed run learns from the same pictures.
    """
    state = {
        "config": to_json(config),
        "kept": kept,
        "net": trainer.net.state_dict(),
        "ema": trainer.average.state_dict(),
        "optimizer": trainer.optimizer.state_dict(),
        "epoch": trainer.epoch,
        "history": trainer.history,
        "best": trainer.best,
    }
    write_whole(path, lambda temporary: _write(state, temporary))


def _write(state: dict[str, Any], path: Path) -> None:
    with path.open("wb") as file:  # whose errors are the context of torch's own
        torch.save(state, file)


def read(path: Path, config: RunConfig, device: str = "cpu") -> dict[str, Any]:
    """The content of a checkpoint, for `restore`; `kept` is what was given to `save`.

    Args:
        path: of the file.
        config: of the run that is to go on, compared by value with the one in the checkpoint.
        device: to which tensors go.

    Raises:
        ValueError: the checkpoint cannot be read, or belongs to another run.
    """
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        if not isinstance(state, dict):
            raise TypeError(f"a checkpoint is a dictionary, this is a {type(state).__name__}")
        saved = state["config"]
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise ValueError(f"{str(path)!r} cannot be read as a checkpoint. Start again without --resume.") from error
    if not isinstance(saved, dict):
        raise ValueError(f"{str(path)!r} is a checkpoint of an older version. Start again without --resume.")
    differing = differences(_with_defaults(saved), to_json(config))
    if differing:
        raise ValueError(
            f"{str(path)!r} was made with other settings ({differing[0]}). Resume with the same, or start again without "
            "--resume."
        )
    for name, kind in FIELDS.items():
        if name not in state or not isinstance(state[name], kind):
            raise ValueError(f"{str(path)!r} has no whole {name!r}. Start again without --resume.")
    if not 0 <= state["epoch"] <= config.training.epochs or len(state["history"]) != state["epoch"]:
        raise ValueError(
            f"{str(path)!r} is at epoch {state['epoch']} of {config.training.epochs}, with {len(state['history'])} in its "
            "history. Start again without --resume."
        )
    return state


def _with_defaults(saved: dict[str, Any]) -> dict[str, Any]:
    """A configuration as it is written today: fields that it was written without have their defaults."""
    try:
        return cast(dict[str, Any], to_json(from_json(RunConfig, saved)))
    except ValueError:  # what does not fit is named by comparing
        return saved


def restore(trainer: Trainer, state: dict[str, Any], name: str = "The checkpoint") -> None:
    """Bring a trainer to the state of a checkpoint.

    Args:
        trainer: of the same network and recipe; it is changed in place.
        state: what `read` returned.
        name: of the checkpoint, for messages.

    Raises:
        ValueError: a value within a field is none of this network and recipe; it is named, and the trainer is as it was.
    """
    problem = problem_of(state, trainer)
    if problem:
        raise ValueError(f"{name} is damaged, or of another network: {problem}. Start again without --resume.")
    trainer.net.load_state_dict(state["net"])
    trainer.average.load_state_dict(state["ema"])
    trainer.optimizer.load_state_dict(state["optimizer"])
    trainer.epoch, trainer.history, trainer.best = state["epoch"], state["history"], state["best"]
    # The schedule follows from the configuration, and from how far the run has come.
    trainer.scheduler.last_epoch = trainer.epoch * trainer.steps_per_epoch


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
