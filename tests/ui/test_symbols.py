"""The visitor's own symbols: adding, saving, loading, and their limits."""

from __future__ import annotations

import json

import gradio as gr
import numpy as np
import pytest

from siamese.matcher import Symbol
from siamese.ui import components, symbols


@pytest.fixture
def drawing(matcher) -> bytes:
    canvas = components.Canvas("test", render=False)
    return canvas.preprocess(components.drawing_url(matcher.gallery.images[0]))


def test_adding_examples_makes_a_new_symbol_or_extends_one(matcher, drawing):
    one = symbols.add(matcher, {}, "  alpha ", drawing)
    two = symbols.add(matcher, one, "alpha", drawing)
    assert [len(one["alpha"]), len(two["alpha"])] == [1, 2]


def test_limits_are_told(matcher, drawing):
    with pytest.raises(gr.Error, match="name"):
        symbols.add(matcher, {}, " ", drawing)
    with pytest.raises(gr.Error, match="Draw"):
        symbols.add(matcher, {}, "a", None)
    ink = matcher.gallery.images[0]
    with pytest.raises(gr.Error, match="room for 20"):
        symbols.add(matcher, {str(i): [ink] for i in range(20)}, "one more", drawing)
    with pytest.raises(gr.Error, match="5 examples"):
        symbols.add(matcher, {"a": [ink] * 5}, "a", drawing)


def test_a_file_of_symbols_comes_back_the_same(matcher):
    taught = {"<b>ä</b>": [matcher.gallery.images[3]], "β": list(matcher.gallery.images[4:6])}
    again = symbols.read_file(symbols.write_file(taught))
    assert list(again) == list(taught)
    for name, inks in taught.items():
        assert np.array_equal(np.stack(again[name]), np.stack(inks))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format": "siamese symbols 1", "symbols": {}}',
        '{"format": "siamese symbols 1", "symbols": {"a": ["AA"]}}',
    ],
)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "symbols.json"
    path.write_text(content)
    with pytest.raises(gr.Error, match="symbols"):
        symbols.read_file(str(path))


def test_too_many_symbols_in_a_file_are_refused(tmp_path, matcher):
    encoded = components.encoded(matcher.gallery.images[0])
    path = tmp_path / "symbols.json"
    path.write_text(json.dumps({"format": symbols.FORMAT, "symbols": {str(i): [encoded] for i in range(21)}}))
    with pytest.raises(gr.Error, match="1 to 20"):
        symbols.read_file(str(path))


def test_ready_sets_hold_ink_and_recognise_themselves(matcher):
    sets = sorted(symbols.SETS.glob("*.png"))
    assert len(sets) >= 3
    for path in sets:
        ready = symbols.read_set(path)
        assert len(ready) >= symbols.FEWEST
        support = [(name, Symbol(inks[0])) for name, inks in ready.items()]
        found = [matcher.recognise(support, Symbol(inks[1])).label for inks in ready.values()]
        assert sum(a == b for a, b in zip(found, ready, strict=True)) >= len(ready) - 2


def test_board_tells_what_to_do_next(matcher, drawing):
    assert "words" not in symbols.board_value(matcher, {}, None)
    one = symbols.add(matcher, {}, "a", drawing)
    assert "Teach it one more" in symbols.board_value(matcher, one, drawing)["words"]
    two = one | {"b": [matcher.gallery.images[1]]}
    assert "Now draw one" in symbols.board_value(matcher, two, None)["words"]
    value = symbols.board_value(matcher, two, drawing)
    assert value["answer"]["best"] == 0
    assert value["answer"]["support"] == 0
