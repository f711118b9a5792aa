"""The exact search against looking at every distance, and the vote against counting."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from siamese.retrieval import search
from siamese.retrieval.search import BLOCK, farthest, leave_one_out_vote, nearest, vote
from siamese.retrieval.search import unit_rows as unit_rows_of
from tests.helpers import unit_rows


def brute_force(embeddings: np.ndarray, query: np.ndarray, k: int) -> np.ndarray:
    """Indices of the k nearest: every distance is taken, in the search's own precision, and all are sorted."""
    distances = np.sqrt(np.vecdot(embeddings - query, embeddings - query))
    return np.lexsort((np.arange(len(embeddings)), distances))[:k]


@pytest.mark.parametrize("count", [1, 15, 16, 17, 333, 5000])
@pytest.mark.parametrize("dim", [2, 128])
@pytest.mark.parametrize("k", [1, 5, 20, 5000])
def test_nearest_finds_what_brute_force_finds(count, dim, k):
    embeddings, queries = unit_rows(count, dim, seed=count).numpy(), unit_rows(5, dim, seed=7).numpy()
    distances, indices = nearest(queries, embeddings, k)
    assert indices.shape == distances.shape == (5, min(k, count))
    assert (indices.dtype, distances.dtype) == (np.int64, np.float32)
    for row, query in enumerate(queries):
        wanted = brute_force(embeddings, query, k)
        assert np.array_equal(indices[row], wanted)
        exact = np.linalg.norm(embeddings[wanted].astype(np.float64) - query, axis=1)
        assert distances[row] == pytest.approx(exact, rel=1e-5, abs=1e-6)


def test_of_equally_near_rows_the_first_come_first():
    rows = unit_rows(40, 16).numpy()
    embeddings = np.tile(rows, (50, 1))  # each fifty times
    distances, indices = nearest(rows[:10], embeddings, 30)
    assert np.array_equal(indices, np.arange(10)[:, None] + 40 * np.arange(30))
    assert not distances.any()
    _, indices = nearest(rows[:10], embeddings, 70)
    for number, query in enumerate(rows[:10]):
        assert np.array_equal(indices[number], brute_force(embeddings, query, 70))


def test_rows_that_lie_closer_than_an_inner_product_can_tell_are_still_ordered():
    centre = unit_rows(1, 64)[0].numpy()
    embeddings = centre + 1e-4 * np.random.default_rng(0).standard_normal((3000, 64)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    distances, indices = nearest(centre[None], embeddings, 50)
    assert np.array_equal(indices[0], brute_force(embeddings, centre, 50))
    assert (np.diff(distances[0]) >= 0).all()


def test_many_queries_find_what_each_finds_alone():
    embeddings, queries = unit_rows(900, 24, seed=3).numpy(), unit_rows(2 * BLOCK + 3, 24, seed=4).numpy()
    distances, indices = nearest(queries, embeddings, 12)
    for row, query in enumerate(queries):
        apart, alone = nearest(query[None], embeddings, 12)
        assert np.array_equal(indices[row], alone[0])
        assert np.array_equal(distances[row], apart[0])


def test_a_row_is_left_out_of_its_own_neighbours_in_every_block():
    embeddings = unit_rows(3 * BLOCK + 7, 3).numpy()
    distances, indices = nearest(embeddings, embeddings, 1)
    assert indices[:, 0].tolist() == list(range(len(embeddings)))
    assert not distances.any()
    distances, others = nearest(embeddings, embeddings, 4, exclude_self=True)
    for row, query in enumerate(embeddings):
        wanted = [index for index in brute_force(embeddings, query, 5) if index != row]
        assert others[row].tolist() == wanted[:4]
    assert distances.min() > 0


def test_a_twin_is_found_where_the_row_itself_is_left_out():
    embeddings = np.repeat(unit_rows(30, 8).numpy(), 2, axis=0)
    distances, indices = nearest(embeddings, embeddings, 1, exclude_self=True)
    assert indices[:, 0].tolist() == [row ^ 1 for row in range(60)]
    assert not distances.any()


def test_rows_that_all_coincide_are_all_found():
    embeddings = np.tile(unit_rows(1, 128).numpy(), (3000, 1))
    distances, indices = nearest(embeddings[:3], embeddings, 5, exclude_self=True)
    assert indices.tolist() == [[1, 2, 3, 4, 5], [0, 2, 3, 4, 5], [0, 1, 3, 4, 5]]
    assert not distances.any()


def test_no_more_come_back_than_there_are():
    rows = unit_rows(3, 6).numpy()
    assert nearest(rows, rows, 10)[1].shape == (3, 3)
    assert nearest(rows, rows, 10, exclude_self=True)[1].shape == (3, 2)
    assert nearest(rows[:1], rows[:1], 10, exclude_self=True)[1].shape == (1, 0)
    assert nearest(rows, rows[:0], 10)[1].shape == (3, 0)
    assert nearest(rows[:0], rows, 2)[1].shape == (0, 2)


def test_tensors_and_arrays_are_searched_alike():
    rows = unit_rows(50, 6)
    for found, wanted in zip(nearest(rows[:5], rows, 4), nearest(rows[:5].numpy(), rows.numpy(), 4), strict=True):
        assert np.array_equal(found, wanted)


def test_an_embedding_that_is_not_finite_is_refused():
    rows = unit_rows(50, 6).numpy()
    broken = rows.copy()
    broken[7] = np.nan
    for queries, gallery in ((rows, np.full_like(rows, np.nan)), (broken, rows)):
        with pytest.raises(ValueError, match="not finite"):
            nearest(queries, gallery, 3)


def test_the_vote_goes_to_the_most_frequent_then_to_the_nearest():
    rows = np.array([[3, 3, 5, 5, 1], [7, 2, 2, 9, 9], [1, 2, 3, 4, 5], [8, 6, 6, 6, 8]])
    assert vote(rows).tolist() == [3, 2, 1, 6]
    assert vote(torch.from_numpy(rows)).tolist() == [3, 2, 1, 6]
    assert vote([5, 7, 7]) == 7
    assert vote(rows[None, :2]).tolist() == [[3, 2]]


def test_the_vote_of_random_rows_is_what_counting_gives():
    rows = np.random.default_rng(0).integers(0, 4, (500, 7))
    for labels, voted in zip(rows.tolist(), vote(rows).tolist(), strict=True):
        assert voted == max(labels, key=lambda label: (labels.count(label), -labels.index(label)))


def test_each_row_is_voted_on_by_the_others():
    rows, labels = unit_rows(60, 3), torch.arange(60) % 4
    voted = leave_one_out_vote(rows, labels, 5)
    for row in range(60):
        others = [index for index in brute_force(rows.numpy(), rows[row].numpy(), 6) if index != row][:5]
        assert voted[row] == vote(labels[others])


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(search, "ROWS", 64)


@pytest.mark.parametrize("k", [1, 12, 200, 333])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_blocks_of_the_gallery_find_what_brute_force_finds(small_blocks, k, dtype):
    embeddings = np.tile(unit_rows(111, 24, seed=3).numpy().astype(dtype), (3, 1))  # equal ones in several blocks
    queries = unit_rows(BLOCK + 3, 24, seed=4).numpy()
    distances, indices = nearest(queries, embeddings, k)
    for row in (0, 1, BLOCK, BLOCK + 2):
        assert np.array_equal(indices[row], brute_force(unit_rows_of(embeddings), queries[row], k))
    assert (np.diff(distances, axis=1) >= 0).all()
    _, others = nearest(unit_rows_of(embeddings), embeddings, min(k, 332), exclude_self=True)
    for row in (0, 63, 64, 200, 332):
        near = [at for at in brute_force(unit_rows_of(embeddings), unit_rows_of(embeddings)[row], 333) if at != row]
        assert others[row].tolist() == near[: min(k, 332)]


def test_among_some_rows_the_numbers_are_those_of_the_gallery(small_blocks):
    embeddings, query = unit_rows(500, 24, seed=3).numpy(), unit_rows(1, 24, seed=4).numpy()
    among = np.flatnonzero(np.arange(500) % 3 > 0)
    _, indices = nearest(query, embeddings, 9, among=among)
    assert np.array_equal(indices[0], among[brute_force(embeddings[among], query[0], 9)])
    assert nearest(query, embeddings, 9, among=among[:0])[1].shape == (1, 0)


def test_the_farthest_are_the_last_of_all(small_blocks):
    embeddings, queries = unit_rows(300, 24, seed=3).numpy(), unit_rows(3, 24, seed=4).numpy()
    distances, indices = farthest(queries, embeddings, 20)
    for row, query in enumerate(queries):
        exact = np.linalg.norm(embeddings.astype(np.float64) - query, axis=1)
        assert np.array_equal(indices[row], np.argsort(-exact)[:20])
        assert distances[row] == pytest.approx(np.sort(exact)[::-1][:20], rel=1e-5)


def test_rows_that_were_rounded_have_length_1_again():
    rows = unit_rows(50, 24).numpy()
    assert unit_rows_of(rows) is rows
    rounded = rows.astype(np.float16)
    rounded.flags.writeable = False  # as those are that are mapped from a file
    assert np.abs(np.linalg.norm(unit_rows_of(rounded), axis=1) - 1).max() < 1e-6
    assert np.abs(unit_rows_of(rounded) - rows).max() < 1e-3
