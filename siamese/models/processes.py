"""The processes that a run is shared among. `torchrun` starts them and tells each its rank; without it there is one."""

from __future__ import annotations

import os
from datetime import timedelta


def rank() -> int:
    """Which of the processes this is, from 0."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """How many processes there are, on all machines."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def local_rank() -> int:
    """Which of this machine's processes this is, from 0."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def local_world_size() -> int:
    """How many of the processes share this machine's cores and memory."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def is_main() -> bool:
    """Whether this is the process that writes, measures and pushes."""
    return rank() == 0


def first_to_tell() -> bool:
    """Whether none of the processes has yet said why the run ends. Where they cannot be asked, each says it."""
    if world_size() == 1:
        return True
    from torch.distributed import TCPStore

    restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    address, port = os.environ.get("MASTER_ADDR", ""), int(os.environ.get("MASTER_PORT", "0"))
    try:
        store = TCPStore(address, port, is_master=False, timeout=timedelta(seconds=5))
        return store.add(f"siamese/told/{restart}", 1) == 1
    except (RuntimeError, ValueError):
        return True


def has_lost_another(error: BaseException) -> bool:
    """Whether an error says that another process of the run has ended or is silent."""
    if world_size() == 1:
        return False
    from torch.distributed import DistError

    return isinstance(error, DistError) or "gloo" in str(error)
