"""Whether the memory holds a run, told before hours go into it.

What a step takes is counted, not guessed: the network runs once without any storage (torch's `meta` device), and what it
keeps for the backward pass is added up.
"""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor

from siamese.config import RunConfig
from siamese.data.reading import available_memory
from siamese.models.device import mixed_precision
from siamese.models.networks import initialised
from siamese.models.processes import world_size
from siamese.training.trainer import BATCH

STATES = 6  # times the weights: their gradients, AdamW's two averages, the moving average, the best ones so far
FLOAT = 4  # bytes of a float32
COPIES = 2  # of what is measured: as it is, and as unit vectors
GB = 1e9


def check_step(config: RunConfig, batch: int, images: float, device: str) -> None:
    """Refuse a run of which the memory cannot hold a step.

    Args:
        config: of the run, whose network, input and sampling count.
        batch: pictures of a step, where batches are of classes.
        images: bytes of the pictures that are held in memory.
        device: on which it learns.

    Raises:
        ValueError: it takes more than there is; the message says what to change.
    """
    batch = {"pairs": 2 * BATCH, "triplets": 3 * BATCH}.get(config.training.sampling, batch)
    needed = step_bytes(config, -(-batch // world_size()), device) + images  # each process passes its share
    free = torch.cuda.mem_get_info()[0] if device == "cuda" else available_memory()
    smaller = "a smaller --image-size or a smaller --backbone" if config.folder else "a smaller --backbone"
    _check(f"To train on {batch}", config, needed, free, smaller)


def check_measuring(config: RunConfig, count: int, images: float) -> None:
    """Refuse a run that trains and then cannot be measured: its pictures stand beside their pixels or embeddings as floats.

    Args:
        config: of the run.
        count: of the pictures that are measured at a time.
        images: bytes of the pictures that are held in memory.

    Raises:
        ValueError: it takes more than there is; the message says what to change.
    """
    height, width = config.input.size
    row = max(config.input.channels * height * width, config.network.embedding_dim)
    smaller = "a smaller --image-size" if config.folder else "a smaller --embedding-dim"
    needed = COPIES * FLOAT * count * row + images
    _check(f"To measure {count}", config, needed, available_memory(), f"{smaller}, or fewer pictures by --limit")


def _check(what: str, config: RunConfig, needed: float, free: float, smaller: str) -> None:
    if needed > free:
        height, width = config.input.size
        raise ValueError(
            f"{what} pictures of {height}x{width} at a time takes some {needed / GB:.1f} GB of memory, and {free / GB:.1f} GB "
            f"are free. Choose {smaller}."
        )


def step_bytes(config: RunConfig, batch: int, device: str = "cpu") -> int:
    """What a step of training takes at least: the states of the weights, and what is kept for the backward pass.

    Args:
        config: of the run.
        batch: pictures.
        device: where it computes in bfloat16, what is kept takes half as much.
    """
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()  # two tensors may share one
        kept[id(storage)] = storage
        return tensor

    net = initialised(config.network, config.input, config.training.seed).to("meta").train()
    net.backbone.requires_grad_(config.training.freeze_epochs < config.training.epochs)
    images = torch.empty(batch, config.input.channels, *config.input.size, device="meta")
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        net(images)
    own = {id(parameter.untyped_storage()) for parameter in net.parameters()}
    activations = sum(storage.nbytes() for key, storage in kept.items() if key not in own)
    if not isinstance(mixed_precision(torch.device(device)), nullcontext):
        activations //= 2
    return STATES * sum(parameter.nbytes for parameter in net.parameters()) + activations
