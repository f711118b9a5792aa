"""The exact search, against looking at every distance; the sheet of pictures that is decoded late."""

from __future__ import annotations

import numpy as np
import pytest

from siamese.bundle import format as bundle
from siamese.bundle import sprite
from siamese.retrieval.gallery import BLOCK, Gallery
from tests.helpers import unit_rows


def gallery_of(embeddings: np.ndarray) -> Gallery:
    count = len(embeddings)
    return Gallery(np.zeros((count, 28, 28), np.uint8), np.zeros(count, np.int64), embeddings, np.zeros((count, 2)))


def brute_force(embeddings: np.ndarray, query: np.ndarray, k: int) -> np.ndarray:
    """Indices of the k nearest: every distance is taken, in the search's own precision, and all are sorted."""
    distances = np.sqrt(np.vecdot(embeddings - query, embeddings - query))
    return np.lexsort((np.arange(len(embeddings)), distances))[:k]


@pytest.mark.parametrize("count", [1, 15, 16, 17, 333, 5000])
@pytest.mark.parametrize("dim", [2, 128])
@pytest.mark.parametrize("k", [1, 5, 20, 5000])
def test_search_finds_what_brute_force_finds(count, dim, k):
    embeddings = unit_rows(count, dim, seed=count).numpy()
    for query in unit_rows(5, dim, seed=7).numpy():
        wanted = brute_force(embeddings, query, k)
        indices, distances = gallery_of(embeddings).search(query, k)
        assert np.array_equal(indices, wanted)
        exact = np.linalg.norm(embeddings[wanted].astype(np.float64) - query, axis=1)
        assert distances == pytest.approx(exact, rel=1e-5, abs=1e-6)


def test_of_equally_near_pictures_the_first_come_first():
    rows = unit_rows(40, 16).numpy()
    embeddings = np.tile(rows, (50, 1))  # each fifty times
    for number, query in enumerate(rows[:10]):
        indices, distances = gallery_of(embeddings).search(query, 30)
        assert np.array_equal(indices, number + 40 * np.arange(30))
        assert not distances.any()
        indices, _ = gallery_of(embeddings).search(query, 70)
        assert np.array_equal(indices, brute_force(embeddings, query, 70))


def test_pictures_that_lie_closer_than_an_inner_product_can_tell_are_still_ordered():
    centre = unit_rows(1, 64)[0].numpy()
    embeddings = centre + 1e-4 * np.random.default_rng(0).standard_normal((3000, 64)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    indices, distances = gallery_of(embeddings).search(centre, 50)
    assert np.array_equal(indices, brute_force(embeddings, centre, 50))
    assert (np.diff(distances) >= 0).all()


def test_several_queries_find_what_each_finds_alone(matcher):
    queries = matcher.gallery.embeddings[: BLOCK + 3]
    indices, distances = matcher.gallery.search(queries, 12)
    assert indices.shape == distances.shape == (BLOCK + 3, 12)
    for row, query in enumerate(queries):
        alone, apart = matcher.gallery.search(query, 12)
        assert np.array_equal(indices[row], alone)
        assert np.array_equal(distances[row], apart)


def test_search_among_some_finds_the_nearest_of_those(matcher):
    gallery = matcher.gallery
    among = np.flatnonzero(gallery.labels == 3)[::2]
    indices, _ = gallery.search(gallery.embeddings[5], 20, among)
    assert np.array_equal(indices, among[brute_force(gallery.embeddings[among], gallery.embeddings[5], 20)])


def test_parts_that_do_not_belong_together_are_refused():
    parts = np.zeros(3, np.int64), np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32)
    with pytest.raises(ValueError, match="do not fit"):
        Gallery(np.zeros((2, 28, 28), np.uint8), *parts)
    with pytest.raises(ValueError, match="do not fit"):
        Gallery(lambda: np.zeros((3, 28, 28), np.uint8), parts[0], parts[1][:2], parts[2])
    with pytest.raises(ValueError, match="3 labels"):
        _ = Gallery(lambda: np.zeros((2, 28, 28), np.uint8), *parts).images


def test_the_sheet_is_decoded_once_and_not_before_a_picture_is_asked_for(matcher, monkeypatch):
    images, decoded = matcher.gallery.images, []
    unpack = sprite.unpack
    monkeypatch.setattr(sprite, "unpack", lambda *arguments: decoded.append(1) or unpack(*arguments))
    gallery = bundle.load(matcher.folder).gallery
    assert gallery.search(matcher.gallery.embeddings[0], 1)[0][0] == 0
    assert not decoded
    assert np.array_equal(gallery.images, images)
    assert gallery.images is gallery.images
    assert decoded == [1]
