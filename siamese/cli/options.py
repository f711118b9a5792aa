"""train.py's options: words of a command line -> a run's configuration, and back.

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

from siamese.config import PRESETS, Backbone, Loss, Mining, RunConfig, Sampling, from_json, to_json
from siamese.models.device import best_device


@dataclass(frozen=True, eq=False)
class Option:
    """An option of train.py that says a value of the run's configuration.

    Attributes:
        flag: such as `--epochs`. path: of the value, such as `training.epochs`.
        kwargs: of argparse's `add_argument`.
    """

    flag: str
    path: str
    kwargs: dict[str, Any]


def _option(flag: str, path: str, **kwargs: Any) -> Option:
    return Option(flag, path, kwargs)


OPTIONS = (
    _option("--limit", "data.limit", type=int, metavar="N", help="train on N images, for a smoke run"),
    _option(
        "--exclude-classes", "data.exclude_classes", type=int, nargs="+", metavar="DIGIT", help="never train on these"
    ),
    _option("--hold-out", "data.held_out_alphabets", nargs="*", metavar="ALPHABET", help="never train on these"),
    _option("--backbone", "network.backbone", choices=get_args(Backbone)),
    _option("--embedding-dim", "network.embedding_dim", type=int, metavar="N"),
    _option(
        "--pretrained-backbone",
        "training.pretrained_backbone",
        action="store_true",
        help="torchvision's, from ImageNet",
    ),
    _option("--epochs", "training.epochs", type=int, metavar="N"),
    _option("--loss", "training.loss", choices=get_args(Loss), help="a retrained head ends with supcon"),
    _option("--sampling", "training.sampling", choices=get_args(Sampling), help="what a step is made of"),
    _option("--margin", "training.margin", type=float, metavar="M", help="of contrastive (1) or triplet loss (0.3)"),
    _option("--temperature", "training.temperature", type=float, metavar="T", help="of supcon"),
    _option("--mining", "training.mining", choices=get_args(Mining), help="of triplets within a batch"),
    _option("--learning-rate", "training.learning_rate", type=float, metavar="R", help="at its peak"),
    _option("--seed", "training.seed", type=int, metavar="S"),
)


@dataclass(frozen=True)
class Job:
    """What a run needs besides its configuration: where data lie, where it computes, where results go.

    Attributes:
        data_dir: holds `MNIST/raw`; None for `$SIAMESE_DATA`, or a download to `./data`.
        out: folder of the bundle. resume: go on from its last checkpoint.
        device: cpu, cuda or mps.
        push_to_hub: "user/repo", or None. private: create that repository so that only you see it.
    """

    data_dir: str | None
    out: Path
    resume: bool
    device: str
    push_to_hub: str | None
    private: bool


def parse_training(arguments: list[str] | None = None) -> tuple[RunConfig, Job]:
    """What the words of `train.py` say; those of the command line if None.

    Raises:
        ValueError: values that make no sense, alone or together.
        SystemExit: words that are no option, with status 2; `--help`, with 0.
    """
    parser = argparse.ArgumentParser(prog="train.py", description="Train, measure and bundle a Siamese network.")
    add = parser.add_argument
    add(
        "--data-dir",
        help="holds MNIST/raw as torchvision lays it out; default $SIAMESE_DATA, else downloaded to ./data",
    )
    add("--out", default="runs/base", help="folder of the bundle (runs/base)")
    add("--preset", choices=PRESETS, default="base", help="a recipe by name; other options change it")
    add("--resume", action="store_true", help="go on from the folder's last checkpoint")
    add("--device", choices=("cpu", "cuda", "mps"), help="default: the best there is")
    add("--push-to-hub", metavar="USER/REPO", help="push the bundle there once it is made")
    add("--private", action="store_true", help="create that repository so that only you see it")
    group = parser.add_argument_group("recipe", "Each changes a value of the preset.")
    for option in OPTIONS:
        group.add_argument(option.flag, dest=option.path, default=argparse.SUPPRESS, **option.kwargs)
    said = vars(parser.parse_args(arguments))
    config = changed(
        PRESETS[said["preset"]], {option.path: said[option.path] for option in OPTIONS if option.path in said}
    )
    if said["private"] and not said["push_to_hub"]:
        raise ValueError("--private says how to make the repository of --push-to-hub, which is missing")
    if said["device"] == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device cuda: this machine has no CUDA device that torch can use")
    if Path(said["out"]).is_file():
        raise ValueError(f"--out names a folder, and {said['out']!r} is a file")
    return config, Job(
        said["data_dir"],
        Path(said["out"]),
        said["resume"],
        said["device"] or best_device(),
        said["push_to_hub"],
        said["private"],
    )


def changed(config: RunConfig, values: dict[str, Any]) -> RunConfig:
    """A configuration with other values, by path, such as {"training.epochs": 5}.

    Raises:
        ValueError: they make no sense, alone or together.
    """
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
            words = ["--preset", name] if name != "base" else []
            for option, value in differing.items():
                said = [] if value is True else value if isinstance(value, list) else [value]
                words += [option.flag, *map(str, said)]
            found.append(words)
    if not found:
        raise ValueError("This configuration is none of the presets with other options, so no command makes it.")
    return shlex.join(["python", "train.py", *min(found, key=len)])


def _comes_to(preset: RunConfig, values: dict[Option, Any], config: RunConfig) -> bool:
    """Whether options with these values make a configuration out of a preset."""
    if any(value is None or value is False for value in values.values()):
        return False  # no option takes a value back
    try:
        return changed(preset, {option.path: value for option, value in values.items()}) == config
    except ValueError:  # they make no sense with what the preset has besides
        return False


def value_at(config: RunConfig, path: str) -> Any:
    """A value of a configuration, as JSON, by its path."""
    value: Any = to_json(config)
    for name in path.split("."):
        value = value[name]
    return value
