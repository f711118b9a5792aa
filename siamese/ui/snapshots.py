"""Frames of a training run: where the network puts pictures that it never saw, and how well it parts them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from siamese.data.images import LabeledImages
from siamese.evaluation import metrics
from siamese.models.networks import embed
from siamese.training.trainer import Step, Trainer

BINS = 50  # of the distances, from 0 to 2
NEIGHBOURS = 5  # that vote
DRAWN = 3  # dimensions
EMBEDDED_AT_ONCE = 250  # pictures: twice as fast as 1,000, whose activations leave the processor's cache


@dataclass(frozen=True)
class Frame:
    """What is seen at a step.

    Attributes:
        step: of `steps`; 0 is the network before it learned anything.
        loss, active: mean since the last frame; None at step 0.
        accuracy: share of the held-out pictures that their 5 nearest among the other held-out ones name.
        unseen: the same for those of the excluded digits alone; None if there are none.
        places: (N, 2 or 3) float32, within -2 to 2: the embedding itself, or its three principal components.
        shown: share of the embedding's variance that `places` show.
        same, different: (50,) share of the held-out pairs at each distance from 0 to 2.
        seconds: since the run began.
        last: whether no frame follows.
    """

    step: int
    steps: int
    loss: float | None
    active: float | None
    accuracy: float
    unseen: float | None
    places: np.ndarray
    shown: float
    same: np.ndarray
    different: np.ndarray
    seconds: float
    last: bool


class Camera:
    """Takes frames of a run. Of more than three dimensions it follows the three in which the pictures differ most."""

    def __init__(self, held: LabeledImages, excluded: tuple[int, ...], steps: int) -> None:
        self.held, self.steps = held, steps
        self.axes: Tensor | None = None
        self.began = time.monotonic()
        self.excluded = torch.isin(held.labels, torch.tensor(excluded, dtype=held.labels.dtype))

    def frame(self, trainer: Trainer, recent: list[Step], last: bool = False) -> Frame:
        """What is seen after the recent steps.

        Raises:
            ValueError: an embedding is not finite.
        """
        embeddings, labels = embed(trainer.averaged, self.held.images, batch_size=EMBEDDED_AT_ONCE), self.held.labels
        if not embeddings.isfinite().all():
            raise ValueError("What the network puts out is no longer a number: the learning rate is too high.")
        places, shown = self._places(embeddings)
        _, nearest = metrics.nearest(embeddings, embeddings, NEIGHBOURS, exclude_self=True)
        right = (metrics.vote(labels[nearest]) == labels).float()
        pairs = metrics.pair_distances(embeddings, labels)
        return Frame(
            step=recent[-1].step if recent else 0,
            steps=self.steps,
            loss=float(np.mean([step.loss for step in recent])) if recent else None,
            active=float(np.mean([step.active for step in recent])) if recent else None,
            accuracy=float(right.mean()),
            unseen=float(right[self.excluded].mean()) if self.excluded.any() else None,
            places=places.numpy(),
            shown=shown,
            same=_shares(pairs.same),
            different=_shares(pairs.different),
            seconds=time.monotonic() - self.began,
            last=last,
        )

    def _places(self, embeddings: Tensor) -> tuple[Tensor, float]:
        """(N, 2 or 3) places, and the share of the variance that they show."""
        if embeddings.shape[1] <= DRAWN:
            return embeddings, 1.0
        centred = embeddings - embeddings.mean(0)
        scatter = centred.T @ centred
        if self.axes is None:
            self.axes = torch.linalg.eigh(scatter).eigenvectors[:, -DRAWN:].flip(1)
        else:
            # Subspace iteration from the last frame's axes, then the orthonormal ones nearest to the result:
            # they go where the principal components go, without their jumps of sign and order.
            u, _, vt = torch.linalg.svd(torch.linalg.matrix_power(scatter, 2) @ self.axes, full_matrices=False)
            self.axes = u @ vt
        places = centred @ self.axes
        return places, float(places.square().sum() / scatter.trace().clamp(min=1e-12))


def _shares(counts: np.ndarray) -> np.ndarray:
    coarse = counts.reshape(BINS, -1).sum(1)
    return coarse / max(coarse.sum(), 1)
