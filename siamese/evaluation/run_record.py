"""What is recorded of a run beside its figures: how it was made, on what, and by which versions."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from siamese.config import RunConfig, to_json
from siamese.models.device import processor_name, usable_cores
from siamese.models.networks import EmbeddingNet


def run_record(
    nets: Sequence[EmbeddingNet], config: RunConfig, command: str, seconds: float, device: torch.device
) -> dict[str, Any]:
    """Those fields of `Measurements` that say how a bundle's networks came about.

    Args:
        nets: trained.
        config: of its run.
        command: that makes the same again.
        seconds: that training took.
        device: that it ran on.
    """
    name = processor_name(device)
    return {
        "config": to_json(config),
        "parameters": sum(parameter.numel() for net in nets for parameter in net.parameters()),
        "command": command,
        "provenance": "",
        "seed": config.training.seed,
        "seconds": round(seconds),
        "hardware": name if device.type == "cuda" else f"{name}, {usable_cores()} cores",
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
    }
