"""Weights that a backbone begins with: torchvision's own, or those of a file."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, TypeAlias

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from siamese.models.classifiers import ClassifierBackbone
from siamese.models.networks import EmbeddingNet

Normalisation: TypeAlias = tuple[tuple[float, ...], tuple[float, ...]]  # mean and deviation, a number a channel


def pretrained_normalisation(backbone: str) -> Normalisation:
    """Mean and standard deviation of the pictures that torchvision's weights of a backbone were trained with.

    Raises:
        ValueError: torchvision has no such weights.
    """
    from torchvision import models

    try:
        preset: Any = models.get_model_weights(backbone)["DEFAULT"].transforms()  # type: ignore[index]
    except (KeyError, ValueError) as error:
        raise ValueError(f"torchvision has no weights for the backbone {backbone!r}.") from error
    return tuple(preset.mean), tuple(preset.std)


def load_backbone(net: EmbeddingNet, path: Path) -> list[str]:
    """Give a network's backbone the weights of a file: strictly, but for the classifier that the backbone lacks.

    Args:
        net: whose backbone is changed in place.
        path: of a safetensors file, or of a state dictionary that torch saved, which is read without unpickling code.
            A bundle's `model.safetensors` serves too; its heads are left out.

    Returns:
        the names of the file's tensors that were left out.

    Raises:
        ValueError: the file cannot be read, or does not fit the backbone; the message names the first tensor.
    """
    weights = {name.removeprefix("backbone."): value for name, value in _read(path).items()}
    backbone: Any = net.backbone
    left_out = ["heads"]
    if isinstance(backbone, ClassifierBackbone):
        left_out += backbone.left_out
        weights = {name.removeprefix("model."): value for name, value in weights.items()}
        backbone = backbone.model
    ignored = [name for name in weights if name.partition(".")[0] in left_out]
    given = {name: value for name, value in weights.items() if name not in ignored}
    expected = backbone.state_dict()
    for name in sorted(expected.keys() ^ given.keys()):
        raise ValueError(f"{path}: tensor {name!r} is {'missing' if name in expected else 'unexpected'}.")
    for name, value in given.items():
        if value.shape != expected[name].shape:
            raise ValueError(
                f"{path}: tensor {name!r} is {tuple(value.shape)}, the backbone's is {tuple(expected[name].shape)}."
            )
    backbone.load_state_dict(given)
    return ignored


def _read(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path} cannot be read as weights: {line}") from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in state.items()):
        raise ValueError(f"{path} holds no state dictionary: names and tensors.")
    return state
