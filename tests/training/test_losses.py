"""Each loss against a plain loop over its pairs, triplets or anchors; and batches that leave little to do."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from siamese.training import losses
from tests.helpers import unit_rows

LABELS = torch.tensor([0, 0, 1, 1, 1, 2, 2, 0, 3])  # the 3 stands alone
MININGS = ("batch-hard", "semi-hard")
EVERY_MINING = pytest.mark.parametrize("mining", MININGS)
IN_BATCH = {
    "contrastive": losses.contrastive,
    "batch-hard": losses.triplet_mined,
    "semi-hard": lambda embeddings, labels: losses.triplet_mined(embeddings, labels, mining="semi-hard"),
    "supcon": losses.supervised_contrastive,
}
EVERY_LOSS = pytest.mark.parametrize("loss", IN_BATCH.values(), ids=IN_BATCH.keys())


def apart(a: torch.Tensor, b: torch.Tensor) -> float:
    return math.dist(a.tolist(), b.tolist())


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def test_contrastive_of_pairs():
    a, b = unit_rows(12, 3, seed=1), unit_rows(12, 3, seed=2)
    same = torch.tensor([1, 0] * 6)
    terms, active = [], []
    for x, y, s in zip(a, b, same.tolist(), strict=True):
        d = apart(x, y)
        terms.append(d**2 if s else max(0, 1.1 - d) ** 2)
        active.append(d > 0.001 if s else d < 1.1)
    value, share = losses.contrastive_pairs(a, b, same, 1.1)
    assert float(value) == pytest.approx(mean(terms), abs=1e-5)
    assert 0 < float(share) < 1
    assert float(share) == pytest.approx(mean(active))


def test_contrastive_of_a_batch():
    embeddings = unit_rows(len(LABELS), 3)
    pull, push, active = [], [], []
    for i, j in itertools.combinations(range(len(LABELS)), 2):
        d = apart(embeddings[i], embeddings[j])
        if LABELS[i] == LABELS[j]:
            pull.append(d**2)
            active.append(d > 0.001)
        else:
            push.append(max(0, 0.9 - d) ** 2)
            active.append(d < 0.9)
    value, share = losses.contrastive(embeddings, LABELS, 0.9)
    assert float(value) == pytest.approx((mean(pull) + mean(push)) / 2, abs=1e-5)
    assert 0 < float(share) < 1
    assert float(share) == pytest.approx(mean(active))


def test_triplet():
    anchor, positive, negative = (unit_rows(20, 3, seed) for seed in range(3))
    violations = [apart(a, p) - apart(a, n) + 0.2 for a, p, n in zip(anchor, positive, negative, strict=True)]
    value, share = losses.triplet(anchor, positive, negative, 0.2)
    assert float(value) == pytest.approx(mean([max(0, v) for v in violations]), abs=1e-5)
    assert 0 < float(share) < 1
    assert float(share) == pytest.approx(mean([v > 0 for v in violations]))


def mined(embeddings: torch.Tensor, labels: list[int], margin: float, mining: str) -> list[float]:
    """How far each triplet that the mining picks violates the margin."""
    violations = []
    everyone = range(len(labels))
    for a in everyone:
        to = [apart(embeddings[a], embeddings[i]) for i in everyone]
        positives = [to[i] for i in everyone if i != a and labels[i] == labels[a]]
        negatives = [to[i] for i in everyone if labels[i] != labels[a]]
        if not positives or not negatives:
            continue
        if mining == "batch-hard":
            violations.append(max(positives) - min(negatives) + margin)
        else:
            for p in positives:
                farther = [n for n in negatives if n > p]
                violations.append(p - (min(farther) if farther else max(negatives)) + margin)
    return violations


@EVERY_MINING
@pytest.mark.parametrize("dim", [2, 5])
def test_mined_triplets(mining, dim):
    embeddings = unit_rows(len(LABELS), dim, seed=3)
    violations = mined(embeddings, LABELS.tolist(), 0.1, mining)
    value, share = losses.triplet_mined(embeddings, LABELS, 0.1, mining)
    assert float(value) == pytest.approx(mean([max(0, v) for v in violations]), abs=1e-5)
    assert float(share) == pytest.approx(mean([v > 0 for v in violations]))


def test_minings_differ_and_batch_hard_is_the_harder():
    embeddings = unit_rows(len(LABELS), 2, seed=3)
    hard, gentle = (losses.triplet_mined(embeddings, LABELS, mining=mining).value for mining in MININGS)
    assert hard > gentle


def test_supervised_contrastive():
    embeddings, temperature = unit_rows(len(LABELS), 4), 0.2
    terms, active = [], []
    everyone = range(len(LABELS))
    for a in everyone:
        positives = [i for i in everyone if i != a and LABELS[i] == LABELS[a]]
        if not positives:
            continue
        similar = [float(embeddings[a] @ embeddings[i]) / temperature for i in everyone]
        total = sum(math.exp(similar[i]) for i in everyone if i != a)
        terms.append(-mean([math.log(math.exp(similar[i]) / total) for i in positives]))
        nearest = max(similar[i] for i in everyone if LABELS[i] != LABELS[a])
        active.append(nearest > min(similar[i] for i in positives))
    value, share = losses.supervised_contrastive(embeddings, LABELS, temperature)
    assert float(value) == pytest.approx(mean(terms), abs=1e-5)
    assert float(share) == pytest.approx(mean(active))


def test_one_class_has_nothing_to_push_apart():
    embeddings, labels = unit_rows(5, 3), torch.zeros(5, dtype=torch.long)
    pairs = itertools.combinations(embeddings, 2)
    pulled = mean([apart(a, b) ** 2 for a, b in pairs]) / 2
    assert float(losses.contrastive(embeddings, labels).value) == pytest.approx(pulled, abs=1e-5)
    for mining in MININGS:
        assert losses.triplet_mined(embeddings, labels, mining=mining) == (0, 0)
    assert float(losses.supervised_contrastive(embeddings, labels).active) == 0


@EVERY_LOSS
@pytest.mark.parametrize("labels", [[4], [1, 1, 1], [0, 1, 2]], ids=["one image", "one class", "no two alike"])
def test_a_degenerate_batch_has_a_finite_loss_and_gradient(loss, labels):
    embeddings = unit_rows(len(labels), 3).requires_grad_()
    value, active = loss(embeddings, torch.tensor(labels))
    value.backward()
    assert value.isfinite()
    assert 0 <= float(active) <= 1
    assert embeddings.grad.isfinite().all()


@EVERY_LOSS
def test_duplicates_have_a_finite_loss_and_gradient(loss):
    embeddings = unit_rows(3, 4).repeat(2, 1).requires_grad_()
    value, _ = loss(embeddings, torch.tensor([0, 1, 2, 0, 1, 2]))
    value.backward()
    assert value.isfinite()
    assert embeddings.grad.isfinite().all()


@pytest.mark.parametrize("loss", [losses.contrastive, losses.triplet_mined], ids=["contrastive", "triplet"])
def test_classes_that_coincide_are_still_pushed_apart(loss):
    """Of two embeddings at the same place `cdist` has no gradient, and a square root has NaN."""
    embeddings = unit_rows(1, 4).repeat(3, 1).requires_grad_()
    loss(embeddings, torch.tensor([0, 0, 1])).value.backward()
    assert embeddings.grad.isfinite().all()
    assert embeddings.grad[2].norm() > 0.01


def test_a_pair_that_coincides_is_still_pushed_apart():
    a = unit_rows(1, 4).requires_grad_()
    losses.contrastive_pairs(a, a.detach().clone(), torch.zeros(1)).value.backward()
    assert a.grad.isfinite().all()
    assert a.grad.norm() > 0.01


def test_a_negative_that_coincides_with_its_anchor_is_still_pushed_away():
    anchor, positive = unit_rows(2, 4).chunk(2)
    negative = anchor.clone().requires_grad_()
    losses.triplet(anchor, positive, negative).value.backward()
    assert negative.grad.isfinite().all()
    assert negative.grad.norm() > 0.01


@EVERY_LOSS
def test_well_parted_classes_leave_nothing_active(loss):
    value, active = loss(torch.eye(3).repeat(2, 1), torch.tensor([0, 1, 2, 0, 1, 2]))
    assert float(active) == 0
    assert float(value) < 0.01


@EVERY_LOSS
def test_a_step_down_the_gradient_lowers_the_loss(loss):
    embeddings = unit_rows(len(LABELS), 4).requires_grad_()
    before = loss(embeddings, LABELS).value
    before.backward()
    after = loss(F.normalize((embeddings - 0.01 * embeddings.grad).detach(), dim=1), LABELS).value
    assert after < before


def test_an_unknown_mining_is_refused():
    with pytest.raises(ValueError, match="easy"):
        losses.triplet_mined(unit_rows(4, 3), torch.tensor([0, 0, 1, 1]), mining="easy")
