"""Whether a run can go on from what the fields of a checkpoint hold: each is compared with the run's own."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from siamese.training.trainer import Trainer

VARYING = {"lr": 100, "betas": 1}  # what the schedule changes of an optimiser's groups, and the most that it can be
MEASURED = ("loss", "active", "images_per_second", "seconds")  # in every row of a history


def problem_of(state: dict[str, Any], trainer: Trainer) -> str:
    """What is wrong with the first field that does not fit, named by its path; empty if all fit.

    Args:
        state: the content of a checkpoint.
        trainer: new, of the run that is to go on.
    """
    return next(_problems(state, trainer), "")


def kind(value: Any) -> str:
    """What a value is, in a few words: the type and shape of a tensor, or the value itself where it is short."""
    if isinstance(value, Tensor):
        return f"{value.dtype} {tuple(value.shape)}".removeprefix("torch.")
    return repr(value) if value is None or isinstance(value, bool | int | float | str) else type(value).__name__


def _problems(state: dict[str, Any], trainer: Trainer) -> Iterator[str]:
    best = trainer.ema.state_dict()
    for name, own in (("net", trainer.net.state_dict()), ("ema", trainer.average.state_dict()), ("best", best)):
        if name != "best" or state[name] is not None:
            yield from _differences(state[name], own, name)
    yield from _optimizer_problems(state["optimizer"], trainer)
    yield from _history_problems(state["history"])


def _differences(found: Any, own: Any, name: str) -> Iterator[str]:
    """Where a value differs from the run's own: in names, types and shapes of tensors, in numbers of everything else."""
    if isinstance(own, Tensor):
        if not isinstance(found, Tensor) or (found.dtype, found.shape) != (own.dtype, own.shape):
            yield f"{name} is {kind(found)}, expected {kind(own)}"
        elif not torch.isfinite(found).all():
            yield f"{name} holds values that are not numbers"
    elif isinstance(own, dict):
        if not isinstance(found, dict):
            yield f"{name} is {kind(found)}, expected a dictionary"
            return
        for key in [*own, *(key for key in found if key not in own)]:
            if key not in found or key not in own:
                yield f"{name}.{key} is {'unknown' if key in found else 'missing'}"
            else:
                yield from _differences(found[key], own[key], f"{name}.{key}")
    elif type(found) is not type(own) or found != own:
        yield f"{name} is {kind(found)}, expected {kind(own)}"


def _optimizer_problems(found: Any, trainer: Trainer) -> Iterator[str]:
    groups = trainer.optimizer.state_dict()["param_groups"]
    parameters = [parameter for group in trainer.optimizer.param_groups for parameter in group["params"]]
    if not isinstance(found, dict) or not isinstance(found.get("state"), dict):
        yield f"optimizer is {kind(found)}, expected a dictionary with its state"
        return
    if not isinstance(found.get("param_groups"), list) or len(found["param_groups"]) != len(groups):
        yield f"optimizer.param_groups is {kind(found.get('param_groups'))}, expected a list of {len(groups)}"
        return
    for place, (group, own) in enumerate(zip(found["param_groups"], groups, strict=True)):
        name = f"optimizer.param_groups.{place}"
        varying = {key: group[key] for key in VARYING if isinstance(group, dict) and key in group}
        yield from _differences(group, own | varying, name)
        for key, numbers in varying.items():
            for number in numbers if isinstance(numbers, tuple) else (numbers,):
                if not isinstance(number, float) or not 0 <= number <= VARYING[key]:
                    yield f"{name}.{key} is {numbers!r}, expected from 0 to {VARYING[key]}"
    for key, own_state in found["state"].items():
        name = f"optimizer.state.{key}"
        if not isinstance(key, int) or not 0 <= key < len(parameters):
            yield f"{name} is unknown"
            return
        weights = parameters[key].detach()
        step = torch.zeros((), dtype=torch.float32)
        yield from _differences(own_state, {"step": step, "exp_avg": weights, "exp_avg_sq": weights}, name)


def _history_problems(history: list[Any]) -> Iterator[str]:
    for number, row in enumerate(history):
        if not isinstance(row, dict):
            yield f"history[{number}] is {kind(row)}, expected a dictionary"
            return
        if row.get("epoch") != number + 1:
            yield f"history[{number}].epoch is {kind(row.get('epoch'))}, expected {number + 1}"
        for name in (*MEASURED, *row):
            value = row.get(name)
            if not isinstance(value, int | float) or not isfinite(value):
                yield f"history[{number}].{name} is {kind(value)}, expected a number"
