"""Steps of several trainings, by one process or by those that torchrun starts; `python distributed_steps.py OUT` keeps them."""

from __future__ import annotations

import sys
import weakref

import torch
import torch.distributed as dist

import siamese
from siamese.config import TrainingConfig
from siamese.data.sources import Role, Source
from siamese.models.networks import EmbeddingNet
from siamese.models.processes import is_main
from siamese.training import distributed
from siamese.training.trainer import Trainer
from tests.helpers import TINY, first_of_each

STEPS = 50
TRAININGS = {
    "classes": (TrainingConfig(epochs=10, dropout=0.3), STEPS),
    "pairs": (TrainingConfig(loss="contrastive", sampling="pairs"), 2),
    "triplets": (TrainingConfig(loss="triplet", sampling="triplets"), 2),
}


class Exact(EmbeddingNet):
    """In float64: in float32 rounding alone turns a ReLU or the choice of a max-pooling, and a gradient by a hundredth."""

    def features(self, images: torch.Tensor) -> torch.Tensor:
        return super().features(images.double())


def steps(name: str) -> tuple[dict[str, torch.Tensor], list[float], list[int]]:
    """(gradients after the first step by weight, losses, pictures a step) of a training."""
    config, count = TRAININGS[name]
    # Batches of 50 digits: of three processes, each would have another share.
    source = Source(first_of_each(siamese.load(), 25), Role.DIGIT, per_class=5)
    torch.manual_seed(0)
    trainer = Trainer(Exact(TINY).double(), [source], config)
    gradients: dict[str, torch.Tensor] = {}
    losses, pictures = list[float](), list[int]()
    while len(losses) < count:
        for step in trainer.steps():
            gradients = gradients or {
                key: weight.grad.clone() for key, weight in trainer.net.named_parameters() if weight.grad is not None
            }
            losses.append(step.loss)
            pictures.append(step.images)
            if len(losses) == count:
                break
    return gradients, losses, pictures


if __name__ == "__main__":
    torch.set_num_threads(1)
    distributed.join("cpu")
    group = weakref.ref(dist.group.WORLD)
    found = {name: steps(name) for name in TRAININGS}
    if is_main():
        torch.save(found, sys.argv[1])
    distributed.leave()
    if group() is not None:
        sys.exit(
            "The process group outlives `leave`: a thread of it may abort the program while the interpreter shuts down."
        )
