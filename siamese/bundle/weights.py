"""The weights of a bundle's networks in a safetensors file: every tensor is checked before it is used.

Those of the first network have their own names, those of another one its name in front: `few_shot.backbone...`. A tensor
that 16 bits hold exactly takes 16.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from siamese.bundle.files import write_whole

# Of a network's tensors, as safetensors names them.
TYPES = {torch.float32: ("F32", "F16"), torch.int64: ("I64",)}

Net = TypeVar("Net", bound=nn.Module)


@torch.no_grad()
def rounded(net: Net) -> Net:
    """The net, its weights rounded to what 16 bits hold, so that `save_weights` takes half the room; in place.

    Biases and batch statistics, which are few, stay as they are. An embedding moves by less than 0.001.
    """
    for parameter in net.parameters():
        if parameter.ndim > 1:
            parameter.copy_(parameter.half())
    return net


def save_weights(nets: Mapping[str, nn.Module], path: Path) -> None:
    """Write the state of some networks, from whatever device they are on.

    Args:
        nets: by what stands before the names of their tensors, "" before those of the first.
        path: of the file.
    """
    weights = {
        f"{before}{name}": _smallest(value) for before, net in nets.items() for name, value in net.state_dict().items()
    }
    write_whole(path, lambda temporary: save_file(weights, temporary))


def _smallest(value: torch.Tensor) -> torch.Tensor:
    value = value.detach().cpu().contiguous()
    half = value.half() if value.is_floating_point() else value
    return half if torch.equal(half.to(value.dtype), value) else value


def load_weights(build: Callable[[], dict[str, Net]], path: Path) -> dict[str, Net]:
    """Networks with the weights that `save_weights` wrote, in float32.

    Nothing is allocated before the file's header says that its tensors are those of the networks.

    Args:
        build: makes the networks; it is called on the device "meta" first.
        path: of the file.

    Raises:
        ValueError: it is no safetensors file, or a tensor is missing, unexpected, of another shape or type, or holds
            values that are not finite; the message names the file and the tensor.
    """
    with torch.device("meta"):
        expected = {
            f"{before}{name}": value for before, net in build().items() for name, value in net.state_dict().items()
        }
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
    nets = build()
    for before, net in nets.items():
        net.load_state_dict({name: weights[f"{before}{name}"] for name in net.state_dict()}, strict=True)
    return nets


def _difference(expected: dict[str, torch.Tensor], found: dict[str, Any]) -> str:
    """In what the tensors of a file differ from a network's; empty where they do not."""
    for name in sorted(expected.keys() ^ found.keys()):
        return f"tensor {name!r} is {'missing' if name in expected else 'unexpected'}."
    for name, tensor in found.items():
        kind, shape = tensor.get_dtype(), tuple(tensor.get_shape())
        kinds, wanted = TYPES[expected[name].dtype], tuple(expected[name].shape)
        if kind not in kinds or shape != wanted:
            return f"tensor {name!r} is {kind} {shape}, expected {' or '.join(kinds)} {wanted}."
    return ""
