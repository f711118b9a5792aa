"""What a run was measured on: hardware and versions."""

from __future__ import annotations

import platform

import numpy as np
import torch

from siamese.models.device import processor_name


def hardware(device: torch.device) -> str:
    """What a device is called, and how many cores were used of a processor."""
    name = processor_name(device)
    return name if device.type == "cuda" else f"{name}, {torch.get_num_threads()} cores"


def versions() -> dict[str, str]:
    """Of Python and the libraries that figures depend on."""
    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
