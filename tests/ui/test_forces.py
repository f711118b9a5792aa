"""The pulls and pushes of a batch are those of the loss that is trained with."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from siamese.config import TrainingConfig
from siamese.training import losses
from siamese.ui.forces import SHOWN, forces, mined


@pytest.fixture(scope="module")
def batch() -> SimpleNamespace:
    """40 unit vectors of five classes, one of which has a single picture."""
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(40, 6)).astype(np.float32)
    labels = np.concatenate([np.repeat(np.arange(4), 10)[:39], [4]])
    rows += rng.normal(size=(5, 6)).astype(np.float32)[labels]
    return SimpleNamespace(rows=rows / np.linalg.norm(rows, axis=1, keepdims=True), labels=labels)


def gradients(batch: SimpleNamespace, value) -> np.ndarray:
    """(40, 40) by how much a loss falls as two embeddings come closer, found with autograd from its similarities."""
    rows = torch.from_numpy(batch.rows)
    similarity = (rows @ rows.T).requires_grad_()
    value(similarity).backward()
    return (similarity.grad + similarity.grad.T).numpy()


@pytest.mark.parametrize("mining", ["batch-hard", "semi-hard"])
def test_the_triplets_are_those_of_the_loss(batch, mining):
    anchors, positives, negatives, violations = mined(batch.rows, batch.labels, 0.3, mining)
    assert (batch.labels[anchors] == batch.labels[positives]).all() and (anchors != positives).all()
    assert (batch.labels[anchors] != batch.labels[negatives]).all()
    expected = losses.triplet_mined(torch.from_numpy(batch.rows), torch.from_numpy(batch.labels), 0.3, mining)
    assert np.maximum(0, violations).mean() == pytest.approx(float(expected.value), abs=1e-4)
    found = forces(batch.rows, batch.labels, TrainingConfig(loss="triplet", margin=0.3, mining=mining))
    assert found.active[0] / found.possible[0] == pytest.approx(float(expected.active))
    assert np.array_equal(found.pulled[:, 0], found.pushed[:, 0]), "one anchor for both"
    assert 0 < len(found.pulled) <= SHOWN


def test_contrastive_pairs_are_counted_and_the_strongest_shown(batch):
    found = forces(batch.rows, batch.labels, TrainingConfig(loss="contrastive", margin=0.8))
    distances = np.linalg.norm(batch.rows[:, None] - batch.rows, axis=2)
    same = batch.labels[:, None] == batch.labels
    pairs = np.triu(np.ones_like(same), 1)
    assert found.possible == (int((pairs & same).sum()), int((pairs & ~same).sum()))
    assert found.active == (found.possible[0], int((pairs & ~same & (distances < 0.8)).sum()))
    assert distances[tuple(found.pulled[0])] == distances[pairs & same].max()
    assert distances[tuple(found.pushed[0])] == distances[pairs & ~same].min()
    assert all(batch.labels[a] == batch.labels[b] for a, b in found.pulled)
    assert len(set(batch.labels[found.pulled[:, 0]])) == len(found.pulled), "no class twice"


def test_those_of_the_softmax_are_its_gradient(batch):
    labels = torch.from_numpy(batch.labels)

    def value(similarity: torch.Tensor) -> torch.Tensor:
        itself = torch.eye(len(labels), dtype=torch.bool)
        same = (labels[:, None] == labels) & ~itself
        share = similarity / 0.2 - torch.logsumexp((similarity / 0.2).masked_fill(itself, -torch.inf), 1, keepdim=True)
        return -((share * same).sum(1) / same.sum(1).clamp(min=1))[same.any(1)].mean()

    expected = float(losses.supervised_contrastive(torch.from_numpy(batch.rows), labels, 0.2).value)
    slope = gradients(batch, value)
    assert float(value(torch.from_numpy(batch.rows @ batch.rows.T))) == pytest.approx(expected, abs=1e-5)
    found = forces(batch.rows, batch.labels, TrainingConfig(loss="supcon", temperature=0.2))
    same = batch.labels[:, None] == batch.labels
    np.fill_diagonal(slope, 0)
    assert slope[tuple(found.pulled[0])] == pytest.approx(slope[same].min())
    assert slope[tuple(found.pushed[0])] == pytest.approx(slope[~same].max())


@pytest.mark.parametrize("loss", ["contrastive", "triplet", "supcon"])
def test_a_batch_of_one_class_pushes_nothing_and_a_collapsed_one_breaks_nothing(batch, loss):
    config = TrainingConfig(loss=loss, margin=None if loss == "supcon" else 0.3)
    alone = forces(batch.rows, np.zeros(40, int), config)
    assert len(alone.pushed) == 0
    collapsed = forces(np.tile(batch.rows[:1], (40, 1)), batch.labels, config)
    assert len(collapsed.pulled) <= SHOWN and np.isfinite(collapsed.pushed).all()
    if loss == "contrastive":
        assert collapsed.active == (0, collapsed.possible[1]), "on one point, nothing is left to pull"
