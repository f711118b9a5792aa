"""Distances of all pairs, against taking each pair by itself."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from siamese.retrieval.distances import BINS, BLOCK, PairDistances, distance_of, pair_distances
from tests.helpers import unit_rows

STEP = 2 / BINS  # distances are exact to this


@pytest.fixture(scope="module")
def embeddings() -> torch.Tensor:
    return unit_rows(80, 6, seed=1)


@pytest.fixture(scope="module")
def labels() -> torch.Tensor:
    return torch.arange(80) % 4


@pytest.fixture(scope="module")
def pairs(embeddings, labels) -> PairDistances:
    return pair_distances(embeddings, labels)


def test_the_distance_of_a_similarity_is_that_of_the_vectors(embeddings):
    similarity = embeddings @ embeddings.T
    wanted = torch.cdist(embeddings.double(), embeddings.double()).numpy()
    assert distance_of(similarity).numpy() == pytest.approx(wanted, abs=1e-3)
    assert distance_of(similarity.numpy()) == pytest.approx(wanted, abs=1e-3)
    assert distance_of(np.float32([-1, 0, 1])).tolist() == pytest.approx([2, 2**0.5, 0])


def test_a_similarity_beyond_one_by_rounding_has_no_distance():
    assert distance_of(np.float32([1 + 1e-6])).tolist() == [0]
    assert distance_of(torch.tensor([1 + 1e-6])).tolist() == [0]


def test_every_pair_is_counted_once(embeddings, labels, pairs):
    both = list(itertools.combinations(range(80), 2))
    distances = np.array([float((embeddings[i].double() - embeddings[j].double()).norm()) for i, j in both])
    same = np.array([bool(labels[i] == labels[j]) for i, j in both])
    assert pairs.same.sum() == same.sum()
    assert pairs.different.sum() == (~same).sum()
    for counts, wanted in ((pairs.same, distances[same]), (pairs.different, distances[~same])):
        # A distance that lies on an edge may fall on either side of it.
        assert np.repeat(pairs.centres, counts) == pytest.approx(np.sort(wanted), abs=STEP)


def test_counting_goes_on_beyond_one_block():
    """All N (N - 1) / 2 pairs are there, and no row is paired with itself."""
    count = 9 * BLOCK + 50
    labels = torch.arange(count) % 7
    pairs = pair_distances(unit_rows(count, 16), labels)
    sizes = torch.bincount(labels)
    same = int((sizes * (sizes - 1) // 2).sum())
    assert (pairs.same.sum(), pairs.different.sum()) == (same, count * (count - 1) // 2 - same)
    assert pairs.same[0] == pairs.different[0] == 0


def test_tensors_and_arrays_are_counted_alike(embeddings, labels, pairs):
    again = pair_distances(embeddings.numpy(), labels.numpy())
    assert (again.same == pairs.same).all()
    assert (again.different == pairs.different).all()


def test_opposite_and_equal_vectors_fall_into_the_outermost_bins():
    pairs = pair_distances(np.float32([[1, 0], [1, 0], [-1, 0]]), np.array([0, 0, 1]))
    assert pairs.same[0] == pairs.same.sum() == 1
    assert pairs.different[-1] == pairs.different.sum() == 2


def test_no_and_one_picture_have_no_pairs(embeddings, labels):
    for count in (0, 1):
        pairs = pair_distances(embeddings[:count], labels[:count])
        assert pairs.same.sum() == pairs.different.sum() == 0


def test_pair_distances_add_up(pairs):
    both = pairs + pairs
    assert (both.same == 2 * pairs.same).all()
    assert (both.different == 2 * pairs.different).all()


def test_rates_are_the_share_of_pairs_up_to_each_edge(pairs):
    accept, false = pairs.rates()
    assert accept.shape == false.shape == pairs.edges.shape == (BINS + 1,)
    for at in (0, BINS // 3, BINS):
        assert accept[at] == pytest.approx(pairs.same[:at].sum() / pairs.same.sum())
        assert false[at] == pytest.approx(pairs.different[:at].sum() / pairs.different.sum())


def test_a_histogram_holds_the_share_of_the_pairs_in_each_step(pairs, embeddings, labels):
    same, different = pairs.histogram(8)
    distances = torch.pdist(embeddings.double()).numpy()
    alike = np.array([bool(labels[i] == labels[j]) for i, j in itertools.combinations(range(80), 2)])
    for shares, chosen in ((same, alike), (different, ~alike)):
        assert shares.sum() == pytest.approx(1)
        assert shares == pytest.approx(np.histogram(distances[chosen], 8, (0, 2))[0] / chosen.sum(), abs=0.001)
    assert [shares.tolist() for shares in pair_distances(embeddings[:1], labels[:1]).histogram(2)] == [[0, 0]] * 2
