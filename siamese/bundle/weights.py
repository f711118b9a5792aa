"""A network's weights in a safetensors file: every tensor is checked before it is used."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from siamese.bundle.files import write_whole


def save_weights(net: nn.Module, path: Path) -> None:
    """Write a network's state, from whatever device it is on."""
    weights = {name: value.detach().cpu().contiguous() for name, value in net.state_dict().items()}
    write_whole(path, lambda temporary: save_file(weights, temporary))


def load_weights(net: nn.Module, path: Path) -> None:
    """Read what `save_weights` wrote into a network of the same architecture.

    Raises:
        ValueError: it is no safetensors file, or a tensor is missing, unexpected, of another shape or type, or holds
            values that are not finite; the message names the file and the tensor.
    """
    try:
        weights = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from error
    expected = net.state_dict()
    for name in sorted(expected.keys() ^ weights.keys()):
        raise ValueError(f"{path}: tensor {name!r} is {'missing' if name in expected else 'unexpected'}.")
    for name, tensor in weights.items():
        wanted = expected[name]
        if tensor.shape != wanted.shape or tensor.dtype != wanted.dtype:
            raise ValueError(
                f"{path}: tensor {name!r} is {tensor.dtype} {tuple(tensor.shape)}, "
                f"expected {wanted.dtype} {tuple(wanted.shape)}."
            )
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{path}: tensor {name!r} holds values that are not numbers.")
    net.load_state_dict(weights, strict=True)
