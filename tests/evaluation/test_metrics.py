"""Every metric against the plainest way to compute it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from siamese.evaluation import metrics
from siamese.retrieval.distances import BINS, PairDistances, pair_distances
from tests.helpers import unit_rows


@pytest.fixture(scope="module")
def embeddings() -> torch.Tensor:
    """Four loose clusters, so that no metric is perfect and none is at chance."""
    noise = unit_rows(80, 6, seed=1)
    centres = unit_rows(4, 6, seed=2)[torch.arange(80) % 4]
    return torch.nn.functional.normalize(centres + 0.8 * noise, dim=1)


@pytest.fixture(scope="module")
def labels() -> torch.Tensor:
    return torch.arange(80) % 4


@pytest.fixture(scope="module")
def scored(embeddings, labels) -> tuple[np.ndarray, np.ndarray]:
    """(distance, same) of every pair, one after the other."""
    pairs = list(itertools.combinations(range(len(labels)), 2))
    distances = [float((embeddings[i].double() - embeddings[j].double()).norm()) for i, j in pairs]
    return np.array(distances), np.array([bool(labels[i] == labels[j]) for i, j in pairs])


@pytest.fixture(scope="module")
def pairs(embeddings, labels) -> PairDistances:
    return pair_distances(embeddings, labels)


@pytest.fixture
def constant() -> PairDistances:
    """Distances by a scorer to which all of 300 same and 700 different pairs are equally far."""
    counts = np.zeros((2, BINS), np.int64)
    counts[:, BINS // 3] = 300, 700
    return PairDistances(*counts)


def order_of(embeddings: torch.Tensor, i: int) -> list[int]:
    """All the others, nearest first."""
    others = [j for j in range(len(embeddings)) if j != i]
    return sorted(others, key=lambda j: float((embeddings[i].double() - embeddings[j].double()).norm()))


@pytest.mark.parametrize("k", [1, 5])
def test_knn_accuracy(embeddings, labels, k):
    fit, queries = embeddings[:50], embeddings[50:]
    right = 0
    for query, label in zip(queries, labels[50:].tolist(), strict=True):
        near = sorted(range(50), key=lambda j, query=query: float((query.double() - fit[j].double()).norm()))[:k]
        votes = [int(labels[j]) for j in near]
        right += max(votes, key=lambda v: (votes.count(v), -votes.index(v))) == label
    accuracy = metrics.knn_accuracy(fit, labels[:50], queries, labels[50:], k)
    assert 0.3 < accuracy < 1
    assert accuracy == pytest.approx(right / 30)


def test_knn_of_shuffled_labels_is_at_chance():
    embeddings = unit_rows(2000, 8)
    labels = torch.randint(0, 10, (2000,), generator=torch.Generator().manual_seed(1))
    accuracy = metrics.knn_accuracy(embeddings[:1000], labels[:1000], embeddings[1000:], labels[1000:])
    assert accuracy == pytest.approx(0.1, abs=0.04)


def test_retrieval(embeddings, labels):
    recall1, recall5, average = [], [], []
    for i in range(len(labels)):
        hits = [bool(labels[j] == labels[i]) for j in order_of(embeddings, i)]
        recall1.append(hits[0])
        recall5.append(any(hits[:5]))
        relevant = sum(hits)
        precisions = [sum(hits[: rank + 1]) / (rank + 1) for rank in range(relevant) if hits[rank]]
        average.append(sum(precisions) / relevant)
    result = metrics.retrieval_scores(embeddings, labels)
    assert result["recall@1"] == pytest.approx(np.mean(recall1))
    assert result["recall@5"] == pytest.approx(np.mean(recall5))
    assert result["map@r"] == pytest.approx(np.mean(average), abs=1e-6)
    assert 0.1 < result["map@r"] < 0.9


def test_retrieval_counts_uneven_classes_by_their_own_size(embeddings):
    """R is the number of others of the query's own class, not of the largest."""
    labels = torch.tensor([0] * 60 + [1] * 17 + [2, 2, 3])
    average = []
    for i in range(79):  # the last stands alone and is no query
        hits = [bool(labels[j] == labels[i]) for j in order_of(embeddings, i)]
        relevant = sum(hits)
        average.append(sum(sum(hits[: r + 1]) / (r + 1) for r in range(relevant) if hits[r]) / relevant)
    assert metrics.retrieval_scores(embeddings, labels)["map@r"] == pytest.approx(np.mean(average), abs=1e-6)


def test_verification_is_symmetric(embeddings, labels):
    one, other = pair_distances(embeddings, labels), pair_distances(embeddings.flip(0), labels.flip(0))
    assert metrics.roc_auc(one) == pytest.approx(metrics.roc_auc(other), abs=1e-6)
    assert metrics.equal_error_rate(one) == pytest.approx(metrics.equal_error_rate(other), abs=1e-3)


def test_roc_auc(pairs, scored):
    distances, same = scored
    assert metrics.roc_auc(pairs) == pytest.approx(roc_auc_score(same, -distances), abs=1e-4)


def test_equal_error_rate(pairs, scored):
    distances, same = scored
    rate, at = metrics.equal_error_rate(pairs)
    accepted = distances <= at
    assert 0.02 < rate < 0.5
    assert accepted[~same].mean() == pytest.approx(rate, abs=0.003)
    assert (~accepted)[same].mean() == pytest.approx(rate, abs=0.003)


@pytest.mark.parametrize("allowed", [0.001, 0.01, 0.1])
def test_true_accept_rate(pairs, scored, allowed):
    distances, same = scored
    thresholds = np.concatenate([[0], np.sort(distances)])
    possible = [t for t in thresholds if (distances[~same] <= t).mean() <= allowed]
    best = (distances[same] <= max(possible)).mean()
    assert metrics.true_accept_rate(pairs, allowed) == pytest.approx(best, abs=0.003)


def test_balanced_accuracy(pairs, scored):
    distances, same = scored
    for threshold in (0.3, 0.8, 1.3):
        wanted = ((distances[same] <= threshold).mean() + (distances[~same] > threshold).mean()) / 2
        assert metrics.balanced_accuracy(pairs, threshold) == pytest.approx(wanted, abs=0.002)


def test_calibration_error(pairs, scored):
    distances, same = scored
    confidence = 1 / (1 + np.exp(6 * (distances - 0.9)))
    weight = np.where(same, 0.5 / same.sum(), 0.5 / (~same).sum())
    error = 0.0
    for low in np.arange(15) / 15:
        inside = (confidence >= low) & (confidence < low + 1 / 15)
        error += abs((weight * confidence)[inside].sum() - weight[inside & same].sum())
    probability = 1 / (1 + np.exp(6 * (pairs.centres - 0.9)))
    assert error > 0.01
    assert metrics.calibration_error(pairs, probability) == pytest.approx(error, abs=0.003)


def test_calibration_curve_weighs_one_in_all(pairs):
    curve = metrics.calibration_curve(pairs, 1 - pairs.centres / 2)
    assert sum(point.weight for point in curve) == pytest.approx(1)
    assert len({point.accuracy for point in curve}) > 1
    confidences = [point.confidence for point in curve]
    assert confidences == sorted(confidences)


def test_the_right_confidence_has_no_calibration_error(constant):
    assert metrics.calibration_error(constant, np.full(BINS, 0.5)) == pytest.approx(0)
    assert metrics.calibration_error(constant, np.full(BINS, 0.9)) == pytest.approx(0.4)


def test_a_constant_scorer_is_at_chance(constant):
    assert metrics.roc_auc(constant) == pytest.approx(0.5)
    assert metrics.equal_error_rate(constant)[0] == pytest.approx(0.5)
    assert metrics.true_accept_rate(constant, 0.1) == 0
    for threshold in (0.1, 1.5):
        assert metrics.balanced_accuracy(constant, threshold) == pytest.approx(0.5)


def test_a_collapsed_network_is_at_chance(labels):
    pairs = pair_distances(unit_rows(1, 6).repeat(80, 1), labels)
    assert metrics.roc_auc(pairs) == pytest.approx(0.5)
    assert metrics.equal_error_rate(pairs)[0] == pytest.approx(0.5)


def test_a_perfect_scorer_makes_no_error():
    labels = torch.arange(60) % 3
    embeddings = torch.eye(3)[labels]
    pairs = pair_distances(embeddings, labels)
    assert metrics.roc_auc(pairs) == 1
    assert metrics.equal_error_rate(pairs)[0] == pytest.approx(0, abs=1e-9)
    assert metrics.true_accept_rate(pairs, 0) == 1
    assert metrics.retrieval_scores(embeddings, labels)["map@r"] == 1


def test_tensors_and_arrays_are_measured_alike(embeddings, labels):
    arrays = embeddings.numpy(), labels.numpy()
    assert metrics.retrieval_scores(*arrays) == metrics.retrieval_scores(embeddings, labels)
    assert metrics.knn_accuracy(*arrays, *arrays) == metrics.knn_accuracy(embeddings, labels, embeddings, labels)


def test_a_collapsed_network_has_a_calibration_curve_of_one_point(labels):
    """Its weight is 1, which rounding must not exceed: a share beyond 1 would be refused."""
    for count in (3, 7, 23, 80):
        pairs = pair_distances(unit_rows(1, 6).repeat(count, 1), torch.arange(count) % 3)
        (point,) = metrics.calibration_curve(pairs, np.full(BINS, 1 / 3))
        assert point.weight == pytest.approx(1 if count > 3 else 0.5)
        assert point.confidence == pytest.approx(1 / 3)
