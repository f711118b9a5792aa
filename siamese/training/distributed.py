"""One run on many GPUs or machines: `torchrun --nproc-per-node N train.py ...`.

Each process passes its share of a batch through the backbone. The features of all are gathered, so that every process
takes the loss of the whole batch; `DistributedDataParallel` averages the gradients. With batch normalisation over all
shares (`batch_norm`) N processes take the step that one would take. Without torchrun all of this does nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import torch
import torch.distributed as dist

# Its functions have the group of all processes as a default. `DistributedDataParallel` imports it: by then there is one,
# which would outlive `leave`, and a thread of it could abort the program while the interpreter shuts down.
import torch.distributed.nn
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn.parallel import DistributedDataParallel

from siamese.data.shares import Share
from siamese.models import processes
from siamese.training.losses import Loss

PATIENCE = timedelta(hours=1)  # while the main process measures; that one has died is known without it


def join(device: str) -> None:
    """Join the other processes, if torchrun started several. From here on, only the main one has an output.

    Args:
        device: cpu or cuda; of several GPUs each process takes the one with its number.

    Raises:
        ValueError: there are more processes than GPUs, or processes cannot share the device.
    """
    if processes.world_size() == 1:
        return
    if device == "cuda":
        gpus = torch.cuda.device_count()
        if processes.local_rank() >= gpus:
            raise ValueError(f"There are {gpus} GPUs on this machine: give torchrun --nproc-per-node {gpus}.")
        torch.cuda.set_device(processes.local_rank())
    elif device != "cpu":
        raise ValueError(f"Several processes share CPUs or CUDA devices, not {device}: give --device cpu.")
    if not processes.is_main():
        sys.stdout = Path(os.devnull).open("w")
    dist.init_process_group("nccl" if device == "cuda" else "gloo", timeout=PATIENCE)


def leave() -> None:
    """Leave the others once the training is done: the main process goes on alone, for the others the program ends.

    Raises:
        SystemExit: in the others, with status 0.
    """
    if dist.is_initialized():
        dist.destroy_process_group()
        if not processes.is_main():
            sys.exit(0)


def count() -> int:
    """How many processes have joined."""
    return dist.get_world_size() if dist.is_initialized() else 1


def check_batch(size: int) -> None:
    """Make sure that each process has a share of a batch of that size.

    Raises:
        ValueError: there are more processes than pictures.
    """
    if count() > size:
        raise ValueError(f"A batch holds {size} pictures, too few for {count()} processes: start fewer.")


def share_of(whole: int) -> Share:
    """This process's share of a batch."""
    return Share.of(whole, dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else Share.of(whole)


def gather(rows: Tensor, share: Share) -> Tensor:
    """The rows of all shares, (whole, ...), with their gradients.

    Args:
        rows: of this process's share.
        share: which part of the batch they are.
    """
    return cast(Tensor, _Gather.apply(rows, share)) if dist.is_initialized() else rows


def from_main(tensor: Tensor) -> Tensor:
    """The main process's tensor, in all: what each computes may differ by rounding. Shape and type are the same."""
    if dist.is_initialized():
        tensor = tensor.contiguous()
        dist.broadcast(tensor, 0)
    return tensor


def shared(net: nn.Module, seed: int) -> Callable[[Callable[[], Loss]], Loss]:
    """A function that takes a loss of a net, so that its backward pass averages the gradients of all processes.

    Args:
        net: as it is to be trained; which of its weights learn must not change afterwards.
        seed: of what a network draws by itself, such as stochastic depth. Each process draws its own.
    """
    if not dist.is_initialized():
        return lambda loss: loss()
    torch.manual_seed(seed + dist.get_rank())
    # A head that learns nothing in a step has no gradient there. Buffers are the same already.
    return DistributedDataParallel(_Step(net), broadcast_buffers=False, find_unused_parameters=True)


class _Step(nn.Module):
    """What `DistributedDataParallel` wraps: forward is whatever leads from a net to its loss."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, loss: Callable[[], Loss]) -> Loss:
        return loss()


class _Gather(Function):
    """Every process takes the loss of all rows, and of these its own lead back into its net.

    The gradients of the processes' shares add up to the batch's, and are averaged afterwards: hence the factor.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, share: Share) -> Tensor:  # type: ignore[override]
        ctx.share = share
        whole = rows.new_zeros(share.whole, *rows.shape[1:])
        whole[share.rows] = rows
        dist.all_reduce(whole)
        return whole

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        return gradient[ctx.share.rows] * dist.get_world_size(), None
