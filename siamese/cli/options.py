"""train.py's options: arguments of a command line -> a run's configuration, and back.

config, job = parse_training(["--preset", "fast", "--epochs", "5"])
command(config)                                # "python train.py --preset fast --epochs 5"
"""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import torch

from siamese.config import (
    PRESETS,
    BackboneName,
    LossName,
    MiningName,
    RunConfig,
    SamplingName,
    from_json,
    to_json,
)
from siamese.models.device import best_device


@dataclass(frozen=True, eq=False)
class Option:
    """An option of train.py that sets a value of the run's configuration.

    Attributes:
        flag: such as `--epochs`.
        path: of the value, such as `training.epochs`.
        help: what it is, in a few words.
        kwargs: for argparse's `add_argument`.
    """

    flag: str
    path: str
    help: str
    kwargs: dict[str, Any]

    @property
    def name(self) -> str:
        """Of the field, as the configuration's messages begin with it."""
        return self.path.rpartition(".")[2]


INT, FLOAT = {"type": int, "metavar": "N"}, {"type": float, "metavar": "X"}
OPTIONS = (
    Option("--limit", "data.limit", "train on N images, for a smoke run", INT),
    Option("--exclude-classes", "data.exclude_classes", "digits never to train on", INT | {"nargs": "+"}),
    Option("--hold-out", "data.held_out_alphabets", "alphabets never to train on", {"nargs": "*", "metavar": "NAME"}),
    Option("--backbone", "network.backbone", "the network's body", {"choices": get_args(BackboneName)}),
    Option("--embedding-dim", "network.embedding_dim", "length of the embedding", INT),
    Option(
        "--pretrained-backbone", "training.pretrained_backbone", "begin with ImageNet weights", {"action": "store_true"}
    ),
    Option("--epochs", "training.epochs", "passes over the digits", INT),
    Option("--loss", "training.loss", "a retrained head ends with supcon", {"choices": get_args(LossName)}),
    Option("--sampling", "training.sampling", "what a step is made of", {"choices": get_args(SamplingName)}),
    Option("--margin", "training.margin", "of contrastive (1.0) or triplet loss (0.3)", FLOAT),
    Option("--temperature", "training.temperature", "of supcon", FLOAT),
    Option("--mining", "training.mining", "of triplets within a batch", {"choices": get_args(MiningName)}),
    Option("--learning-rate", "training.learning_rate", "at its peak", FLOAT),
    Option("--seed", "training.seed", "of first weights, batches and augmentation", INT),
)


@dataclass(frozen=True)
class Job:
    """What a run needs besides its configuration: where data lie, where it computes, where results go.

    Attributes:
        data_dir: holds `MNIST/raw`; None for `$SIAMESE_DATA`, or a download to `./data`.
        out: folder of the bundle.
        resume: go on from its last checkpoint.
        device: cpu, cuda or mps.
        push_to_hub: "user/repo", or None.
        private: create that repository so that only you see it.
    """

    data_dir: str | None
    out: Path
    resume: bool
    device: str
    push_to_hub: str | None
    private: bool


def parse_training(arguments: list[str] | None = None) -> tuple[RunConfig, Job]:
    """The configuration and the job that arguments of `train.py` describe; those of the command line if None.

    Raises:
        ValueError: values that make no sense, alone or together.
        SystemExit: arguments that are no options, with status 2; `--help`, with 0.
    """
    parser = argparse.ArgumentParser(prog="train.py", description="Train, measure and bundle a Siamese network.")
    add = parser.add_argument
    add(
        "--data-dir",
        help="holds MNIST/raw as torchvision lays it out; default $SIAMESE_DATA, else downloaded to ./data",
    )
    add("--out", default="runs/base", help="folder of the bundle (runs/base)")
    add("--preset", choices=PRESETS, default="base", help="a recipe by name (base), which other options change")
    add("--resume", action="store_true", help="go on from the folder's last checkpoint")
    add("--device", choices=("cpu", "cuda", "mps"), help="default: the best there is")
    add("--push-to-hub", metavar="USER/REPO", help="push the bundle there once it is made")
    add("--private", action="store_true", help="create that repository so that only you see it")
    group = parser.add_argument_group("recipe", "Each changes a value of the preset; in brackets the value of base.")
    for option in OPTIONS:
        default = value_at(RunConfig(), option.path)
        shown = " ".join(map(str, default)) if isinstance(default, list) else default
        text = f"{option.help} ({shown})" if shown else option.help
        group.add_argument(option.flag, dest=option.path, default=argparse.SUPPRESS, help=text, **option.kwargs)
    given = vars(parser.parse_args(arguments))
    values = {option.path: given[option.path] for option in OPTIONS if option.path in given}
    try:
        config = changed(PRESETS[given["preset"]], values)
    except ValueError as error:
        raise ValueError(_by_flag(str(error))) from error
    if "data.held_out_alphabets" in values and not config.data.omniglot:
        raise ValueError(f"--hold-out names alphabets, and the preset {given['preset']} trains on none")
    if given["private"] and not given["push_to_hub"]:
        raise ValueError("--private says how to make the repository of --push-to-hub, which is missing")
    if given["device"] == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device cuda: this machine has no CUDA device that torch can use")
    if Path(given["out"]).is_file():
        raise ValueError(f"--out names a folder, and {given['out']!r} is a file")
    return config, Job(
        given["data_dir"],
        Path(given["out"]),
        given["resume"],
        given["device"] or best_device(),
        given["push_to_hub"],
        given["private"],
    )


def _by_flag(message: str) -> str:
    """A message of the configuration, which begins with a field, with the option that sets the field in its place."""
    for option in OPTIONS:
        for name in (option.path, option.name):
            if message.startswith(f"{name} "):
                return option.flag + message.removeprefix(name)
    return message


def changed(config: RunConfig, values: dict[str, Any]) -> RunConfig:
    """A configuration with other values, by path, such as {"training.epochs": 5}.

    A backbone of torchvision's has no intermediate features, so that their grid is 0 with it.

    Raises:
        ValueError: they make no sense, alone or together.
    """
    if values.get("network.backbone", "conv") != "conv":
        values = {"network.intermediate_grid": 0} | values
    tree = to_json(config)
    for path, value in values.items():
        *parents, name = path.split(".")
        branch = tree
        for parent in parents:
            branch = branch[parent]
        branch[name] = value
    return from_json(RunConfig, tree)


def command(config: RunConfig) -> str:
    """The shortest command that makes a run of this configuration.

    Raises:
        ValueError: no preset comes to it by options alone.
    """
    found = []
    for name, preset in PRESETS.items():
        differing = {
            option: value_at(config, option.path)
            for option in OPTIONS
            if value_at(config, option.path) != value_at(preset, option.path)
        }
        if _comes_to(preset, differing, config):
            arguments = ["--preset", name] if name != "base" else []
            for option, value in differing.items():
                given = [] if value is True else value if isinstance(value, list) else [value]
                arguments += [option.flag, *map(str, given)]
            found.append(arguments)
    if not found:
        raise ValueError("This configuration is none of the presets with other options, so no command makes it.")
    return shlex.join(["python", "train.py", *min(found, key=len)])


def _comes_to(preset: RunConfig, values: dict[Option, Any], config: RunConfig) -> bool:
    """Whether options with these values make a configuration out of a preset."""
    if any(value is None or value is False for value in values.values()):
        return False  # no option unsets a value
    try:
        return changed(preset, {option.path: value for option, value in values.items()}) == config
    except ValueError:  # they make no sense with the rest of the preset
        return False


def value_at(config: RunConfig, path: str) -> Any:
    """A value of a configuration, as JSON, by its path."""
    value: Any = to_json(config)
    for name in path.split("."):
        value = value[name]
    return value
