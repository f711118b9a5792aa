"""train.py's command line -> the configuration of a run, and what the run needs besides.

config, job = parse_training(["--preset", "fast", "--epochs", "5"])
"""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import Any

from siamese.cli.options import (
    DIGITS_OPTIONS,
    FOLDER_OPTIONS,
    PRETRAINED_RATE,
    Option,
    changed,
    options_of,
    value_at,
)
from siamese.cli.parser import Parser
from siamese.config import PRESETS, MeasuringConfig, RunConfig
from siamese.models.classifiers import check_backbone
from siamese.models.device import best_device, check_device
from siamese.models.processes import is_main
from siamese.recipes.job import Job

MOST_THREADS = 1024


def parse_training(arguments: list[str] | None = None) -> tuple[RunConfig, Job]:
    """The configuration and the job that arguments of `train.py` describe; those of the command line if None.

    Raises:
        ValueError: values that make no sense, alone or together.
        SystemExit: arguments that are no options, with status 2; `--help`, with 0.
    """
    parser = Parser(prog="train.py", description="Train, measure and bundle a Siamese network.")
    add = parser.add_argument
    add(
        "--data-dir",
        help="holds MNIST/raw as torchvision lays it out; default $SIAMESE_DATA, else downloaded to ./data",
    )
    add("--images", metavar="DIR", help="own pictures in the place of digits: a folder of each class")
    add("--weights", metavar="FILE", help="of a backbone to begin with: safetensors, or a state dictionary of torch's")
    add("--out", help="folder of the bundle (runs/base); with --images runs/NAME of that folder")
    add("--preset", choices=PRESETS, help="a recipe by name (base), with --images pictures, which other options change")
    add("--resume", action="store_true", help="go on from the folder's last checkpoint")
    add("--device", choices=("cpu", "cuda", "mps"), help="default: the best there is")
    add("--push-to-hub", metavar="USER/REPO", help="push the bundle there once it is made")
    add("--private", action="store_true", help="create that repository so that only you see it")
    add("--threads", type=int, metavar="N", help="of the processor; default: as many as a trial finds fastest")
    add("--no-baselines", action="store_true", help="measure this network alone")
    add("--no-map", action="store_true", help="principal components in the place of t-SNE, which takes longer")
    group = parser.add_argument_group("recipe", "Each changes a value of the preset; in brackets the value of base.")
    for option in options_of(own=False):
        default = value_at(RunConfig(), option.path)
        shown = " ".join(map(str, default)) if isinstance(default, list) else default
        text = f"{option.help} ({shown})" if shown else option.help
        group.add_argument(option.flag, default=argparse.SUPPRESS, help=text, **option.kwargs)
    group = parser.add_argument_group("own pictures", "What is left out is chosen from the pictures, and said.")
    for option in FOLDER_OPTIONS:
        if option.flag not in {other.flag for other in DIGITS_OPTIONS}:
            group.add_argument(option.flag, default=argparse.SUPPRESS, help=option.help, **option.kwargs)
    given = vars(parser.parse_args(arguments))
    given["preset"] = given["preset"] or ("pictures" if given["images"] else "base")
    _check_kind(given)
    try:
        values = _values(given)
        if values.get("network.backbone", "conv") != "conv":
            check_backbone(values["network.backbone"])
        config = changed(PRESETS[given["preset"]], values)
    except ValueError as error:
        raise ValueError(_by_flag(str(error), given["images"] is not None)) from error
    if config.training.pretrained_backbone and config.network.backbone == "conv":
        raise ValueError(
            "--pretrained-backbone: the conv backbone has no pretrained weights; torchvision's have (--backbone)"
        )
    if given["weights"] and not Path(given["weights"]).is_file():
        raise ValueError(f"--weights: there is no file {given['weights']!r}")
    out = Path(given["out"] or f"runs/{Path(given['images']).resolve().name if given['images'] else 'base'}")
    if "data.held_out_alphabets" in values and not config.data.omniglot:
        raise ValueError(f"--hold-out names alphabets, and the preset {given['preset']} trains on none")
    if given["private"] and not given["push_to_hub"]:
        raise ValueError("--private says how to make the repository of --push-to-hub, which is missing")
    device = given["device"] or best_device()
    check_device(device)
    if given["threads"] is not None and not 1 <= given["threads"] <= MOST_THREADS:
        raise ValueError(f"--threads must be from 1 to {MOST_THREADS}, got {given['threads']}")
    _check_out(out)
    return config, Job(
        given["data_dir"],
        out,
        given["resume"],
        device,
        given["push_to_hub"] if is_main() else None,
        given["private"],
        Path(given["images"]) if given["images"] else None,
        Path(given["weights"]) if given["weights"] else None,
        given["threads"],
        MeasuringConfig(not given["no_baselines"], not given["no_map"]),
    )


def flags_of(job: Job) -> list[str]:
    """The options that change no weights but for rounding, as a recorded command has them."""
    flags = ["--threads", str(job.threads)] if job.threads else []
    return flags + ["--no-baselines"] * (not job.measuring.baselines) + ["--no-map"] * (not job.measuring.map)


def _check_out(out: Path) -> None:
    """Refuse a folder for results that cannot be made or written, before hours go into them."""
    if out.is_file():
        raise ValueError(f"--out names a folder, and {str(out)!r} is a file")
    there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise ValueError(f"--out {str(out)!r} cannot be made: {str(there)!r} is a file")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"--out {str(out)!r} cannot be written: {str(there)!r} is read-only")


def _given(option: Option, given: dict[str, Any]) -> Any:
    """What was given for an option; None for nothing."""
    return given.get(option.flag.removeprefix("--").replace("-", "_"))


def _values(given: dict[str, Any]) -> dict[str, Any]:
    """The values of the configuration that the arguments set, by their paths."""
    values = {option.path: _given(option, given) for option in options_of(given["images"] is not None)}
    values = {path: value for path, value in values.items() if value is not None}
    for path, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{path} must be a finite number, got {value}")
    size = values.get("folder.image_size")
    if size and len(size) == 1:
        values["folder.image_size"] = size * 2
    if given["weights"]:
        values = {"training.backbone_rate": PRETRAINED_RATE} | values
    return values


def _check_kind(given: dict[str, Any]) -> None:
    """Refuse options of digits with own pictures, and the other way round."""
    own = given["images"] is not None
    preset = given["preset"]
    if own and given["data_dir"]:
        raise ValueError("--data-dir is of digits, --images of own pictures: give one of them")
    if own and not PRESETS[preset].folder:
        raise ValueError(f"--preset {preset} is of digits; own pictures have the preset pictures")
    if not own and PRESETS[preset].folder:
        raise ValueError(f"--preset {preset} is of own pictures: name their folder by --images")
    if not own and given["weights"]:
        raise ValueError("--weights is of own pictures: name their folder by --images")
    allowed = {option.flag for option in options_of(own)}
    for option in options_of(not own):
        if option.flag not in allowed and _given(option, given) is not None:
            raise ValueError(
                f"{option.flag} is of {'digits, and --images names own pictures' if own else 'own pictures: name their folder by --images'}"
            )


def _by_flag(message: str, own: bool) -> str:
    """A message of the configuration, which begins with a field, with the option that sets the field in its place."""
    for option in options_of(own):
        for name in (option.path, option.name):
            if message.startswith(f"{name} "):
                return option.flag + message.removeprefix(name)
    return message
