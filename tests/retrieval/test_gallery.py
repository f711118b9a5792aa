"""The gallery's search, and its sheet of pictures, which is decoded when it is first used."""

from __future__ import annotations

import numpy as np
import pytest

from siamese.bundle import format as bundle_format
from siamese.bundle import sprite
from siamese.retrieval import gallery as galleries
from siamese.retrieval.gallery import Gallery, sample_of
from siamese.retrieval.search import BLOCK, nearest
from tests.helpers import unit_rows


def gallery_of(embeddings: np.ndarray) -> Gallery:
    count = len(embeddings)
    return Gallery(np.zeros((count, 28, 28), np.uint8), np.zeros(count, np.int64), embeddings, np.zeros((count, 2)))


@pytest.mark.parametrize("k", [1, 5, 400])
def test_one_query_has_the_shapes_of_one(k):
    gallery = gallery_of(unit_rows(333, 8).numpy())
    queries = unit_rows(3, 8, seed=7).numpy()
    wanted = nearest(queries, gallery.embeddings, k)
    together, alone = gallery.search(queries, k), gallery.search(queries[1], k)
    for found, one, expected in zip(together, alone, wanted, strict=True):
        assert np.array_equal(found, expected)
        assert np.array_equal(one, expected[1])
        assert one.shape == (min(k, 333),)


def test_several_queries_find_what_each_finds_alone(matcher):
    queries = matcher.gallery.embeddings[: BLOCK + 3]
    distances, indices = matcher.gallery.search(queries, 12)
    assert indices.shape == distances.shape == (BLOCK + 3, 12)
    for row, query in enumerate(queries):
        apart, alone = matcher.gallery.search(query, 12)
        assert np.array_equal(indices[row], alone)
        assert np.array_equal(distances[row], apart)


def test_search_among_some_finds_the_nearest_of_those(matcher):
    gallery = matcher.gallery
    among, query = np.flatnonzero(gallery.labels == 3)[::2], gallery.embeddings[5]
    distances, indices = gallery.search(query, 20, among)
    exact = np.linalg.norm(gallery.embeddings[among].astype(np.float64) - query, axis=1)
    assert np.array_equal(indices, among[np.argsort(exact)[:20]])
    assert distances == pytest.approx(np.sort(exact)[:20], abs=1e-6)


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
    gallery = bundle_format.load(matcher.folder, self_check=False).gallery
    assert gallery.search(matcher.gallery.embeddings[0], 1)[1][0] == 0
    assert not decoded
    assert np.array_equal(gallery.images, images)
    assert gallery.images is gallery.images
    assert decoded == [1]


def test_the_map_shows_all_of_few_pictures_and_of_many_a_sample_of_every_class(monkeypatch):
    labels = np.repeat([2, 0, 1], [600, 300, 100])
    assert np.array_equal(sample_of(labels), np.arange(1000))
    monkeypatch.setattr(galleries, "MAP_POINTS", 100)
    sample = sample_of(labels)
    assert len(set(sample.tolist())) == 100 and (np.diff(sample) > 0).all()
    assert np.abs(np.bincount(labels[sample]) - [30, 10, 60]).max() <= 1
    assert np.array_equal(sample, sample_of(labels))
    rare = np.repeat([0, 1], [10_000, 1])
    assert 10_000 in sample_of(rare), "a class that is smaller than its share of the points still has one"
    parts = np.zeros((1000, 2, 2), np.uint8), labels, np.eye(1000, 3, dtype=np.float32), np.zeros((1000, 2))
    assert np.array_equal(Gallery(*parts).sample, sample)
