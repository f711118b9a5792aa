"""What the map sends: every picture's own index, and neighbours that were asked for as they should be."""

from __future__ import annotations

import base64
import json
from copy import copy
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from siamese.retrieval.gallery import MAP_POINTS, Gallery
from siamese.ui import map as map_tab
from siamese.ui import map_points, symbol_files, symbols


def indices_of(figure: dict) -> np.ndarray:
    """All indices that the figure's points have, sorted."""
    packed = [trace["customdata"] for trace in figure["data"]]
    return np.sort(np.concatenate([np.frombuffer(base64.b64decode(p["bdata"]), p["dtype"]) for p in packed]))


@pytest.mark.parametrize(("count", "dtype"), [(200, "u2"), (65_536, "u2"), (65_537, "u4"), (70_000, "u4")])
def test_each_point_keeps_its_index(count, dtype):
    rng = np.random.default_rng(0)

    images = np.zeros((count, 1, 1), np.uint8)
    embeddings = rng.normal(size=(count, 4)).astype(np.float32)
    xy = rng.normal(size=(count, 2)).astype(np.float32)

    class Large:  # as much of a matcher as the figure needs
        gallery = Gallery(images, rng.integers(0, 3, count), embeddings, xy)
        labels = ("a", "b", "c")

    figure = json.loads(map_points.map_json(Large()))
    assert np.array_equal(indices_of(figure), Large.gallery.sample)
    assert len(Large.gallery.sample) == min(count, MAP_POINTS)
    assert figure["data"][0]["customdata"]["dtype"] == dtype
    assert figure["layout"]["meta"]["count"] == count


def test_a_map_of_principal_components_is_not_called_t_sne(matcher):
    def shown(layout: str | None) -> str:
        measurements = replace(matcher.bundle.measurements, layout=layout)
        of_layout = copy(matcher)
        of_layout.bundle = replace(matcher.bundle, measurements=measurements)
        with gr.Blocks() as page:
            map_tab.build(of_layout, {}, "plotly.js")
        return json.dumps(page.get_config_file())

    assert "t-SNE" in shown(None) and "t-SNE" in shown("t-sne")
    assert "t-SNE" not in shown("pca") and "shows the directions" in shown("pca")


def test_neighbours_are_as_many_as_were_asked_for(matcher):
    for k in (1, 12, 50):
        found = map_points.neighbours_value(matcher, [123, k])
        assert [n["index"] for n in found] == [n.index for n in matcher.neighbours_of(123, k)]


@pytest.mark.parametrize(
    "asked",
    [None, 5, "5", [], [5], [5, 12, 1], [-1, 12], [10_000, 12], [5, 0], [5, 51], [5.0, 12], ["5", 12], [True, 12], {}],
)
def test_a_question_that_makes_no_sense_has_no_neighbours(matcher, asked):
    assert map_points.neighbours_value(matcher, asked) == []


def test_taught_symbols_have_places_and_names(matcher):
    taught = symbols.examples_of(matcher, symbol_files.read_set(symbol_files.READY_SETS[0]))
    value = symbols.places(matcher, taught)
    assert [point["name"] for point in value["points"]] == [name for name, found in taught.items() for _ in found]
    assert all(len(point["xy"]) == 2 and len(point["pca"]) == 3 for point in value["points"])
    assert value["words"] == f"{len(value['points'])} examples of your symbols"
    assert symbols.places(matcher, {}) is None


def test_the_examples_stand_where_a_drawing_of_the_same_pixels_does(matcher):
    pixels = matcher.gallery.images[7]
    (example,) = matcher.examples(pixels[None])
    (point,) = symbols.places(matcher, {"seven": [example]})["points"]
    assert np.allclose(point["xy"], matcher.gallery.xy[7], atol=0.1)


def test_what_is_misread_is_worked_out_once(matcher, monkeypatch):
    first = map_points.misread(matcher)
    monkeypatch.setattr(map_points, "leave_one_out_vote", SimpleNamespace())  # would fail
    assert map_points.misread(matcher) is first and first.dtype == bool
