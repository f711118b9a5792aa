"""Snapshots of a training run: where the network puts pictures that it does not learn from, and how it tells them apart."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese.config import TrainingConfig
from siamese.data.images import LabeledImages
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.distances import pair_distances
from siamese.retrieval.projection import principal_axes
from siamese.retrieval.search import leave_one_out_vote
from siamese.training.trainer import Step
from siamese.ui.forces import forces

HISTOGRAM_BINS = 50  # of the distances, from 0 to 2
NEIGHBOURS = 5  # that vote
MAX_AXES = 3  # that can be drawn
BATCH = 250  # pictures embedded at a time: twice as fast as 1,000, whose activations leave the processor's cache


@dataclass(frozen=True)
class Batch:
    """A batch that was learned from, (B, channels, H, W) uint8 and (B,) classes, before augmentation.

    Attributes:
        step: that it was learned from in, from 1.
        pictures: with their classes.
    """

    step: int
    pictures: LabeledImages


@dataclass(frozen=True)
class Lines:
    """The strongest pulls and pushes of a loss within a batch, where the network of a snapshot puts its pictures.

    Attributes:
        step: whose batch it is.
        labels: (M,) int, of the pictures at the lines' ends.
        positions: (M, 2 or 3) float32, where those are, as `Snapshot.positions`.
        pulled: (P, 2) int, indices of these pictures; of triplets anchor and positive.
        pushed: (Q, 2) int, likewise; of triplets anchor and negative.
        active: how many pairs, or triplets, of the batch are (pulled, pushed).
        possible: out of how many each.
    """

    step: int
    labels: np.ndarray
    positions: np.ndarray
    pulled: np.ndarray
    pushed: np.ndarray
    active: tuple[int, int]
    possible: tuple[int, int]


@dataclass(frozen=True)
class Snapshot:
    """A network at a step of its training, measured on the N held-out pictures.

    Attributes:
        step: of `steps`; 0 is the network before it has learned anything.
        steps: of the whole run.
        loss: mean since the last snapshot; None at step 0.
        active: share of active pairs, triplets or anchors, likewise.
        accuracy: leave-one-out 5-NN accuracy among the held-out pictures.
        unseen_accuracy: the same of the excluded digits' pictures alone; None if no digit is excluded.
        positions: (N, 2 or 3) float32, within -2 to 2: the embedding itself, or its three principal components.
        explained: share of the embedding's variance that `positions` explain.
        same: (50,) histogram of the distances of same pairs, from 0 to 2; it sums to 1.
        different: likewise, of different pairs.
        seconds: since the run began.
        last: whether no snapshot follows.
        lines: what the loss pulls and pushes in the batch of this step; at step 0, in that of the first one.
    """

    step: int
    steps: int
    loss: float | None
    active: float | None
    accuracy: float
    unseen_accuracy: float | None
    positions: np.ndarray
    explained: float
    same: np.ndarray
    different: np.ndarray
    seconds: float
    last: bool
    lines: Lines


class Snapshots:
    """Takes the snapshots of one run. Of more than three dimensions, it follows the three principal components.

    Args:
        held_out: the pictures that are shown.
        excluded: labels that are not trained on.
        steps: of the whole run.
        config: with the loss.
    """

    def __init__(self, held_out: LabeledImages, excluded: Sequence[int], steps: int, config: TrainingConfig) -> None:
        self.images, self.labels = held_out.images, held_out.labels.numpy()
        self.unseen = np.isin(self.labels, excluded)
        self.steps, self.config = steps, config
        self.axes: np.ndarray | None = None
        self.began = time.monotonic()

    def take(self, net: EmbeddingNet, batch: Batch, recent: Sequence[Step], last: bool = False) -> Snapshot:
        """A snapshot of the network after the steps since the one before.

        Args:
            net: as it is then.
            batch: of the last of these steps; of the first one where none was taken yet.
            recent: the steps.
            last: whether no snapshot follows.

        Raises:
            ValueError: an embedding is not finite.
        """
        embeddings = embed(net, self.images, batch_size=BATCH).numpy()
        if not np.isfinite(embeddings).all():
            raise ValueError("What the network puts out is no longer a number: the learning rate is too high.")
        positions, explained = self._project(embeddings)
        correct = leave_one_out_vote(embeddings, self.labels, NEIGHBOURS) == self.labels
        same, different = pair_distances(embeddings, self.labels).histogram(HISTOGRAM_BINS)
        return Snapshot(
            step=recent[-1].step if recent else 0,
            steps=self.steps,
            loss=float(np.mean([step.loss for step in recent])) if recent else None,
            active=float(np.mean([step.active for step in recent])) if recent else None,
            accuracy=float(correct.mean()),
            unseen_accuracy=float(correct[self.unseen].mean()) if self.unseen.any() else None,
            positions=positions,
            explained=explained,
            same=same,
            different=different,
            seconds=time.monotonic() - self.began,
            last=last,
            lines=self._lines(net, batch, embeddings),
        )

    def _lines(self, net: EmbeddingNet, batch: Batch, shown: np.ndarray) -> Lines:
        """The batch's forces, its pictures projected as `shown`, the held-out ones, (N, dim), were."""
        labels = batch.pictures.labels.numpy()
        embeddings = embed(net, batch.pictures.images, batch_size=BATCH).numpy()
        found = forces(embeddings, labels, self.config)
        ends, index = np.unique(np.concatenate((found.pulled, found.pushed)), return_inverse=True)
        pulled, pushed = np.split(index.reshape(-1, 2), [len(found.pulled)])
        positions = embeddings[ends]
        if self.axes is not None:
            positions = (positions - shown.mean(axis=0)) @ self.axes
        return Lines(batch.step, labels[ends], positions, pulled, pushed, found.active, found.possible)

    def _project(self, embeddings: np.ndarray) -> tuple[np.ndarray, float]:
        """(N, 2 or 3) positions, and the share of the variance that they explain."""
        if embeddings.shape[1] <= MAX_AXES:
            return embeddings, 1.0
        centred = embeddings - embeddings.mean(axis=0)
        scatter = centred.T @ centred
        if self.axes is None:
            self.axes = principal_axes(embeddings, MAX_AXES)
        else:
            # Subspace iteration from the last snapshot's axes, then the orthonormal axes nearest to the result. They
            # follow the principal components without their jumps of sign and order.
            u, _, vt = np.linalg.svd(np.linalg.matrix_power(scatter, 2) @ self.axes, full_matrices=False)
            self.axes = u @ vt
        positions = centred @ self.axes
        return positions, float(np.square(positions).sum() / max(np.trace(scatter), 1e-12))
