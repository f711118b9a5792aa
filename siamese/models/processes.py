"""The processes that a run is shared among. `torchrun` starts them and tells each its rank; without it there is one."""

from __future__ import annotations

import os


def rank() -> int:
    """Which of the processes this is, from 0."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """How many processes there are, on all machines."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main() -> bool:
    """Whether this is the process that writes, measures and pushes."""
    return rank() == 0


def local_rank() -> int:
    """Which of the processes on its own machine this is, from 0."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def local_world_size() -> int:
    """How many processes there are on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
