"""A network's weights in a safetensors file: every tensor is checked before it is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from siamese.bundle.files import write_whole

TYPES = {torch.float32: "F32", torch.int64: "I64"}  # of a network's tensors, as safetensors names them

Net = TypeVar("Net", bound=nn.Module)


def save_weights(net: nn.Module, path: Path) -> None:
    """Write a network's state, from whatever device it is on."""
    weights = {name: value.detach().cpu().contiguous() for name, value in net.state_dict().items()}
    write_whole(path, lambda temporary: save_file(weights, temporary))


def load_weights(build: Callable[[], Net], path: Path) -> Net:
    """A network with the weights that `save_weights` wrote.

    Nothing is allocated before the file's header says that its tensors are those of the network.

    Args:
        build: makes the network; it is called on the device "meta" first.
        path: of the file.

    Raises:
        ValueError: it is no safetensors file, or a tensor is missing, unexpected, of another shape or type, or holds
            values that are not finite; the message names the file and the tensor.
    """
    with torch.device("meta"):
        expected = build().state_dict()
    try:
        with safe_open(path, framework="pt") as file:
            found = {name: file.get_slice(name) for name in file.keys()}
            told = _difference(expected, found)
        if told:
            raise ValueError(f"{path}: {told}")
        weights = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from error
    for name, tensor in weights.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{path}: tensor {name!r} holds values that are not numbers.")
    net = build()
    net.load_state_dict(weights, strict=True)
    return net


def _difference(expected: dict[str, torch.Tensor], found: dict[str, Any]) -> str:
    """In what the tensors of a file differ from a network's; empty where they do not."""
    for name in sorted(expected.keys() ^ found.keys()):
        return f"tensor {name!r} is {'missing' if name in expected else 'unexpected'}."
    for name, tensor in found.items():
        kind, shape = tensor.get_dtype(), tuple(tensor.get_shape())
        wanted = TYPES[expected[name].dtype], tuple(expected[name].shape)
        if (kind, shape) != wanted:
            return f"tensor {name!r} is {kind} {shape}, expected {wanted[0]} {wanted[1]}."
    return ""
