"""Pictures of a large gallery at addresses of their own, and what else the page does with such a gallery."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

import siamese
from siamese.retrieval import gallery as galleries
from siamese.ui import gallery_pictures, learn, map_points, neighbours
from tests.large_gallery import COUNT, save_large_gallery


@pytest.fixture(scope="module")
def large(matcher, tmp_path_factory):
    return siamese.load(save_large_gallery(matcher, tmp_path_factory.mktemp("large")))


@pytest.fixture
def sampled(large, monkeypatch):
    """The same, of which the map shows a hundred pictures."""
    monkeypatch.setattr(galleries, "MAP_POINTS", 100)
    made = siamese.load(large.folder)
    assert len(made.gallery.sample) == 100
    return made


@pytest.fixture(scope="module")
def served(large):
    pictures: gallery_pictures.Served = {}
    return gallery_pictures.sheet_of(large, pictures), TestClient(Starlette(routes=[gallery_pictures.route(pictures)]))


@pytest.mark.parametrize("index", [0, 123, COUNT - 1])
def test_a_picture_is_answered_as_a_file_that_a_browser_keeps(large, served, index):
    sheet, client = served
    answer = client.get(f"/{sheet['url']}{index}")
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(answer.content))), large.gallery.images[index])


@pytest.mark.parametrize(
    "index", [COUNT, "-1", "1.0", "a", "²", "1e2", "9" * 5000, "..%2f..%2fconfig.json", "%00", "0/0", ""]
)
def test_what_is_no_picture_is_not_found(served, index):
    sheet, client = served
    answer = client.get(f"/{sheet['url']}{index}")
    assert answer.status_code == 404 and "immutable" not in answer.headers.get("cache-control", "")


def test_another_gallery_and_another_method_find_nothing(served):
    sheet, client = served
    assert client.get("/gallery/0000000000000000/0").status_code == 404
    assert client.post(f"/{sheet['url']}0").status_code == 405


def test_a_sheet_stays_a_sheet(matcher):
    pictures: gallery_pictures.Served = {}
    sheet = gallery_pictures.sheet_of(matcher, pictures)
    assert not sheet["single"] and sheet["url"].endswith("/gallery.png") and pictures == {}


def test_a_picture_outside_the_sample_gets_a_place_beside_its_neighbours(sampled):
    gallery = sampled.gallery
    left_out = np.setdiff1d(np.arange(COUNT), gallery.sample)[:5].tolist()
    points = map_points.points_value(sampled, left_out)
    assert [point["index"] for point in points] == left_out
    for point in points:
        assert np.allclose(point["xy"], gallery.xy[point["index"]])
        assert point["label"] == gallery.labels[point["index"]]
        assert len(point["pca"]) == 3 and np.abs(point["pca"]).max() <= 1
        found = [n.label for n in sampled.neighbours(sampled.gallery_query(point["index"]), 5, gallery.sample)]
        assert point["wrong"] == (map_points.vote(found) != point["label"])


@pytest.mark.parametrize("asked", [None, 5, [], [-1], [COUNT], [1.0], [True], ["1"], list(range(52)), {}])
def test_points_that_make_no_sense_are_none(sampled, asked):
    assert map_points.points_value(sampled, asked) == []


def test_a_drawing_has_its_place_among_the_sample(sampled):
    place = map_points.place_of(sampled, sampled.gallery_query(7))
    assert np.isfinite([*place["xy"], *place["pca"]]).all() and len(place["pca"]) == 3


def test_a_run_learns_from_the_sample_and_tells_the_gallerys_indices(large, monkeypatch):
    monkeypatch.setattr(learn, "MOST_PICTURES", COUNT // 2)
    monkeypatch.setattr("siamese.ui.live_settings.MIN_PER_DIGIT", 5)
    split = learn.split_of(large)
    assert len(split.fit) + len(split.held_out) == COUNT // 2
    for index, image in zip(split.indices, split.held_out.images, strict=True):
        assert np.array_equal(image[0].numpy(), large.gallery.images[index])


@pytest.mark.parametrize("mode", [neighbours.NEAREST, neighbours.OTHER, neighbours.FARTHEST])
@pytest.mark.parametrize("only", [neighbours.ANY, 0, 3])
def test_modes_and_filters_find_what_a_plain_sort_finds(large, mode, only):
    gallery, at = large.gallery, 5
    own = int(gallery.labels[at])
    rows = gallery.rows(np.arange(COUNT))
    distances = np.linalg.norm(rows - rows[at], axis=1)
    keep = np.arange(COUNT) != at
    if only != neighbours.ANY:
        keep &= gallery.labels == only
    if mode != neighbours.NEAREST:
        keep &= (gallery.labels != own) if mode == neighbours.OTHER else (gallery.labels == own)
    wanted = np.sort(distances[keep])
    wanted = wanted[::-1][:7] if mode == neighbours.FARTHEST else wanted[:7]
    found = neighbours.found(large, large.gallery_query(at), own, 7, mode, only, at)
    assert all(keep[neighbour.index] for neighbour in found)
    assert np.allclose([neighbour.distance for neighbour in found], wanted, atol=1e-5)
