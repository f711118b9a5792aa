"""The index against looking at every row, and the numbers of lists and of probes that building it chooses."""

from __future__ import annotations

import numpy as np
import pytest

from siamese.retrieval import index_building
from siamese.retrieval.gallery import Gallery
from siamese.retrieval.inverted_file import InvertedFile
from siamese.retrieval.search import nearest
from tests.helpers import unit_rows


def index_of(embeddings: np.ndarray, lists: int, probes: int) -> InvertedFile:
    """An index whose centroids are the first rows."""
    centroids = embeddings[:lists].copy()
    assigned = (embeddings @ centroids.T).argmax(axis=1)
    order = np.argsort(assigned, kind="stable").astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(np.bincount(assigned, minlength=lists))])
    return InvertedFile(centroids, order, starts, probes, 1.0)


@pytest.mark.parametrize("k", [1, 10, 400, 900])
def test_all_lists_hold_what_an_exact_search_finds(k):
    embeddings, queries = unit_rows(700, 16).numpy(), unit_rows(9, 16, seed=1).numpy()
    found = index_of(embeddings, 12, 12).search(queries, embeddings, k)
    for one, other in zip(found, nearest(queries, embeddings, k), strict=True):
        assert np.array_equal(one, other)


def test_some_lists_hold_the_nearest_of_their_rows_and_as_many_as_are_asked_for():
    embeddings, queries = unit_rows(700, 16).numpy(), unit_rows(9, 16, seed=1).numpy()
    index = index_of(embeddings, 12, 2)
    for query in queries:
        near = np.argsort(np.linalg.norm(index.centroids - query, axis=1))
        rows = np.sort(np.concatenate([index.order[index.starts[at] : index.starts[at + 1]] for at in near[:2]]))
        wanted = nearest(query[None], embeddings[rows], 10)
        found = index.search(query[None], embeddings, 10)
        assert np.array_equal(found[0], wanted[0]) and np.array_equal(found[1], rows[wanted[1]])
        distances, indices = index.search(query[None], embeddings, len(rows) + 1)  # further lists are looked into
        assert len(set(indices[0].tolist())) == len(rows) + 1 and (np.diff(distances[0]) >= 0).all()
    assert index.search(queries[:0], embeddings, 3)[1].shape == (0, 3)


def test_of_equally_near_rows_the_first_come_first():
    rows = unit_rows(40, 16).numpy()
    embeddings = np.tile(rows, (6, 1))
    distances, indices = index_of(embeddings, 5, 1).search(rows[:10], embeddings, 6)
    assert np.array_equal(indices, np.arange(10)[:, None] + 40 * np.arange(6))
    assert not distances.any()


def test_a_gallery_with_an_index_is_exact_among_some():
    embeddings = unit_rows(700, 16).numpy()
    parts = np.zeros((700, 2, 2), np.uint8), np.zeros(700, np.int64), embeddings, np.zeros((700, 2), np.float32)
    index = index_of(embeddings, 12, 1)
    gallery, query, among = Gallery(*parts, index), unit_rows(1, 16, seed=3)[0].numpy(), np.arange(5, 600)
    assert np.array_equal(gallery.search(query, 9)[1], index.search(query[None], embeddings, 9)[1][0])
    assert np.array_equal(gallery.search(query, 9, among)[1], nearest(query[None], embeddings, 9, among=among)[1][0])
    assert not np.array_equal(gallery.search(query, 9)[1], nearest(query[None], embeddings, 9)[1][0])


def test_an_index_comes_back_from_its_arrays():
    index = index_of(unit_rows(50, 8).numpy(), 4, 3)
    again = InvertedFile.of(index.arrays())
    assert (again.probes, again.recall) == (3, 1.0)
    assert all(np.array_equal(part, again.arrays()[name]) for name, part in index.arrays().items())


def test_building_chooses_lists_by_the_recall_that_it_measures(monkeypatch):
    pytest.importorskip("faiss")
    monkeypatch.setattr(index_building, "ASKED", 60)
    centres = unit_rows(40, 16).numpy()
    moved = np.repeat(centres, 100, axis=0) + 0.05 * unit_rows(4000, 16, seed=1).numpy()
    embeddings = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float16)
    index = index_building.build_index(embeddings)
    assert len(index.centroids) == 100 and np.array_equal(np.sort(index.order), np.arange(4000))
    assert 1 <= index.probes < 100 and index.recall >= 0.97
    InvertedFile.of(index.arrays())
    queries = unit_rows(4000, 16, seed=1).numpy()[:50] * 0.05 + centres[:1]
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    exact, found = nearest(queries, embeddings, 10)[1], index.search(queries, embeddings, 10)[1]
    assert np.mean([np.isin(one, other).mean() for one, other in zip(exact, found, strict=True)]) >= 0.97


@pytest.mark.parametrize(
    "starts", [[0, 2**63 - 1, -2, 78, 104, 130], [0, -1, 130, 130, 130, 130], [1, 26, 52, 78, 104, 130]]
)
def test_starts_that_do_not_ascend_are_refused_even_where_their_differences_overflow(starts):
    parts = {
        "centroids": np.eye(5, 8, dtype=np.float32),
        "order": np.arange(130),
        "starts": np.array(starts),
        "probes": np.array([2]),
        "recall": np.array([1.0]),
    }
    assert InvertedFile.of(parts | {"starts": np.arange(6) * 26}).probes == 2
    with pytest.raises(ValueError, match="starts do not ascend from 0 to 130"):
        InvertedFile.of(parts)
