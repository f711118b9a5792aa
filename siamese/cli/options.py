"""train.py's options: which value of a run's configuration each sets, and the command that a configuration comes to.

changed(PRESETS["fast"], {"training.epochs": 5})
command(config)                                # "python train.py --preset fast --epochs 5"
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from siamese.config import (
    PRESETS,
    FitName,
    LossName,
    MiningName,
    RunConfig,
    SamplingName,
    SplitName,
    from_json,
    to_json,
)


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


PRETRAINED_RATE = 0.1  # of a pretrained backbone, as a share of the heads' learning rate
INT, FLOAT = {"type": int, "metavar": "N"}, {"type": float, "metavar": "X"}
RECIPE_OPTIONS = (
    Option(
        "--backbone",
        "network.backbone",
        "conv, or a classifier of torchvision's, such as resnet18",
        {"metavar": "NAME"},
    ),
    Option("--embedding-dim", "network.embedding_dim", "length of the embedding", INT),
    Option(
        "--pretrained-backbone", "training.pretrained_backbone", "begin with ImageNet weights", {"action": "store_true"}
    ),
    Option("--backbone-rate", "training.backbone_rate", "its learning rate, as a share of the head's", FLOAT),
    Option("--freeze-epochs", "training.freeze_epochs", "first train the head alone for so many", INT),
    Option("--epochs", "training.epochs", "passes over the digits; of own pictures several a time", INT),
    Option("--loss", "training.loss", "the network for new symbols keeps supcon", {"choices": get_args(LossName)}),
    Option("--sampling", "training.sampling", "what a step is made of", {"choices": get_args(SamplingName)}),
    Option("--margin", "training.margin", "of contrastive (1.0) or triplet loss (0.3)", FLOAT),
    Option("--temperature", "training.temperature", "of supcon", FLOAT),
    Option("--mining", "training.mining", "of triplets within a batch", {"choices": get_args(MiningName)}),
    Option("--learning-rate", "training.learning_rate", "at its peak", FLOAT),
    Option("--seed", "training.seed", "of first weights, batches and augmentation", INT),
)
DIGITS_OPTIONS = (
    Option("--limit", "data.limit", "train on N images, for a smoke run", INT),
    Option("--exclude-classes", "data.exclude_classes", "digits never to train on", INT | {"nargs": "+"}),
    Option("--hold-out", "data.held_out_alphabets", "alphabets never to train on", {"nargs": "*", "metavar": "NAME"}),
)
FOLDER_OPTIONS = (
    Option("--limit", "folder.limit", "train on N images, for a smoke run", INT),
    Option(
        "--image-size", "folder.image_size", "of the input: height, and width if it is another", INT | {"nargs": "+"}
    ),
    Option("--channels-in", "folder.channels", "1 for grey, 3 for colours", INT),
    Option("--fit", "folder.fit", "pictures of other proportions", {"choices": get_args(FitName)}),
    Option("--kind", "folder.kind", "what they are", {"choices": ("photo", "document")}),
    Option("--split", "folder.split", "by class where there are 20 or more", {"choices": get_args(SplitName)}),
    Option("--group-by", "folder.group_by", "which classes belong together", {"metavar": "SEPARATOR|PATTERN|CSV"}),
    Option("--mirror", "training.photo_augmentation.mirror", "show them mirrored too", {"action": "store_true"}),
)


def options_of(own: bool) -> tuple[Option, ...]:
    """The options that own pictures take, or digits. What both call by one flag may set another value in each."""
    return (*(FOLDER_OPTIONS if own else DIGITS_OPTIONS), *RECIPE_OPTIONS)


def changed(config: RunConfig, values: dict[str, Any]) -> RunConfig:
    """A configuration with other values, by path, such as {"training.epochs": 5}.

    A pretrained backbone that learns too fast forgets what it brings, so that its rate is a tenth. Intermediate features
    are for symbols and own pictures; digits do without them on a backbone of torchvision's.

    Raises:
        ValueError: they make no sense, alone or together.
    """
    if values.get("training.pretrained_backbone"):
        values = {"training.backbone_rate": PRETRAINED_RATE} | values
    if not config.folder and values.get("network.backbone", "conv") != "conv":
        values = {"network.intermediate_grid": 0} | values
    tree = to_json(config)
    for path, value in values.items():
        *parents, name = path.split(".")
        branch = tree
        for parent in parents:
            branch = branch[parent]
        branch[name] = value
    return from_json(RunConfig, tree)


def command(
    config: RunConfig, images: Path | None = None, weights: Path | None = None, flags: Sequence[str] = ()
) -> str:
    """The shortest command that makes a run of this configuration.

    Args:
        config: of the run, as it was asked for.
        images: the folder of own pictures; only its name is written.
        weights: the file of weights, likewise.
        flags: further options, written as they are.

    Raises:
        ValueError: no preset comes to it by options alone.
    """
    found = []
    options = options_of(config.folder is not None)
    for name, preset in PRESETS.items():
        if (preset.folder is None) != (config.folder is None):
            continue
        differing = {
            option: value_at(config, option.path)
            for option in options
            if value_at(config, option.path) != value_at(preset, option.path)
        }
        # What `changed` derives needs no option.
        if config.training.pretrained_backbone and config.training.backbone_rate == PRETRAINED_RATE:
            differing = {option: value for option, value in differing.items() if option.flag != "--backbone-rate"}
        if _comes_to(preset, differing, config):
            arguments = ["--preset", name] if name not in ("base", "pictures") else []
            for flag, path in (("--images", images), ("--weights", weights)):
                arguments += [flag, path.resolve().name] if path else []
            for option, value in differing.items():
                given = [] if value is True else value if isinstance(value, list) else [value]
                arguments += [option.flag, *map(str, given)]
            found.append(arguments)
    if not found:
        raise ValueError("This configuration is none of the presets with other options, so no command makes it.")
    return shlex.join(["python", "train.py", *min(found, key=len), *flags])


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
        value = None if value is None else value.get(name)
    return value
