"""The visitor's own symbols: adding, saving, loading, and their limits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from siamese import matcher as matcher_module
from siamese.config import InputConfig
from siamese.matcher import Matcher
from siamese.retrieval import pictures as pictures_module
from siamese.ui import components, symbol_files, symbols


@pytest.fixture
def drawing(matcher) -> bytes:
    picture = components.picture_of(components.drawing_url(matcher.gallery.images[0]))
    assert picture is not None
    return picture


def test_adding_examples_makes_a_new_symbol_or_extends_one(matcher, drawing):
    one = symbols.add(matcher, {}, "  alpha ", drawing)
    two = symbols.add(matcher, one, "alpha", drawing)
    assert [len(one["alpha"]), len(two["alpha"])] == [1, 2]


def test_limits_are_told(matcher, drawing):
    with pytest.raises(gr.Error, match="name"):
        symbols.add(matcher, {}, " ", drawing)
    with pytest.raises(gr.Error, match="Draw"):
        symbols.add(matcher, {}, "a", None)
    example = matcher.gallery_query(0)
    with pytest.raises(gr.Error, match="room for 20"):
        symbols.add(matcher, {str(i): [example] for i in range(20)}, "one more", drawing)
    with pytest.raises(gr.Error, match="5 examples"):
        symbols.add(matcher, {"a": [example] * 5}, "a", drawing)


def test_a_file_of_symbols_comes_back_the_same(matcher):
    taught = {"<b>ä</b>": [matcher.gallery.images[3]], "β": list(matcher.gallery.images[4:6])}
    again = symbol_files.read_file(symbol_files.write_file(taught))
    assert list(again) == list(taught)
    for name, examples in taught.items():
        assert np.array_equal(np.stack(again[name]), np.stack(examples))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "This is no file of symbols"),
        ("[]", "This is no file of symbols"),
        ("{}", "This is no file of symbols"),
        ('{"format": "siamese symbols 2", "symbols": {}}', "This is no file of symbols"),
        ('{"format": "siamese symbols 1", "symbols": {}}', "A file of symbols holds 1 to 20 of them"),
        ('{"format": "siamese symbols 1", "symbols": {"a": []}}', "A file of symbols holds 1 to 20 of them"),
        ('{"format": "siamese symbols 1", "symbols": {"a": ["AA"]}}', "This is no file of symbols"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    path = tmp_path / "symbols.json"
    path.write_text(content)
    with pytest.raises(gr.Error, match=message):
        symbol_files.read_file(str(path))


def test_too_many_symbols_in_a_file_are_refused(tmp_path, matcher):
    pixels = components.base64_of(matcher.gallery.images[0])
    path = tmp_path / "symbols.json"
    path.write_text(json.dumps({"format": symbol_files.FORMAT, "symbols": {str(i): [pixels] for i in range(21)}}))
    with pytest.raises(gr.Error, match="1 to 20"):
        symbol_files.read_file(str(path))


def test_ready_sets_hold_ink_and_recognise_themselves(matcher):
    assert len(symbol_files.READY_SETS) >= 3
    for path in symbol_files.READY_SETS:
        ready = symbols.examples_of(matcher, symbol_files.read_set(path))
        assert len(ready) >= symbols.MIN_SYMBOLS
        support = [(name, examples[0]) for name, examples in ready.items()]
        found = [matcher.recognise(support, examples[1]).label for examples in ready.values()]
        assert sum(a == b for a, b in zip(found, ready, strict=True)) >= len(ready) - 2


def test_board_tells_what_to_do_next(matcher, drawing):
    assert "words" not in symbols.board_value(matcher, {}, None)
    one = symbols.add(matcher, {}, "a", drawing)
    assert "Teach it one more" in symbols.board_value(matcher, one, drawing)["words"]
    two = one | {"b": [matcher.gallery_query(1)]}
    assert "Now draw one" in symbols.board_value(matcher, two, None)["words"]
    value = symbols.board_value(matcher, two, drawing)
    assert value["answer"]["best"] == 0
    assert value["answer"]["support"] == 0


@pytest.fixture
def embedded(monkeypatch) -> list[tuple[str, int]]:
    """(head, number of pictures) of each embedding, "first" for the head that the gallery is embedded by."""
    noted: list[tuple[str, int]] = []
    embed = matcher_module.embed

    def noted_embed(net, images, head=None, *rest):
        noted.append((head or "first", len(images)))
        return embed(net, images, head, *rest)

    for module in (matcher_module, pictures_module):
        monkeypatch.setattr(module, "embed", noted_embed)
    return noted


def test_an_example_is_embedded_by_the_few_shot_head_alone(matcher, drawing, embedded):
    (example,) = symbols.add(matcher, {}, "a", drawing)["a"]
    assert embedded == [(matcher.inference.few_shot_head, 1)]
    assert example.nearest == () and len(example.embedding) == 0


def test_a_stroke_embeds_the_new_drawing_alone(matcher, drawing, embedded):
    path = next(path for path in symbol_files.READY_SETS if path.stem == "Greek")
    drawings = symbol_files.read_set(path)
    taught = symbols.examples_of(matcher, drawings)
    head = matcher.inference.few_shot_head
    assert embedded == [(head, sum(map(len, drawings.values())))]
    assert symbols.board_value(matcher, taught, drawing)["answer"]
    assert embedded[1:] == [("first", 1), (head, 1)], "the first stroke, like every other"


def test_the_pixels_of_a_file_stay_as_they_are(matcher):
    drawings = symbol_files.read_set(symbol_files.READY_SETS[0])
    taught = symbols.examples_of(matcher, drawings)
    assert list(taught) == list(drawings)
    for name, examples in taught.items():
        assert np.array_equal(np.stack([example.pixels for example in examples]), np.stack(drawings[name]))


def test_a_file_keeps_the_resolution_of_what_was_drawn(matcher, drawing):
    """A ready set is coarser than a drawing, and both may stand in one file."""
    taught = symbols.examples_of(matcher, symbol_files.read_set(symbol_files.READY_SETS[0]))
    taught = symbols.add(matcher, taught, "mine", drawing)
    update = symbols.offered(taught)
    again = symbols.examples_of(matcher, symbol_files.read_file(update["value"]))
    assert list(again) == list(taught)
    (drawn,), (read,) = taught["mine"], again["mine"]
    assert read.finest.shape == matcher.few_shot_net.input.size
    assert np.array_equal(read.finest, drawn.finest)
    for name, examples in taught.items():
        for before, after in zip(examples, again[name], strict=True):
            assert np.linalg.norm(before.few_shot_embedding - after.few_shot_embedding) < 1e-3


def test_a_fine_file_is_read_by_a_network_that_sees_less(matcher, drawing):
    bundle = matcher.bundle
    coarse = Matcher(
        replace(bundle, few_shot_net=None, inference=replace(bundle.inference, few_shot_head="digits")), "", Path()
    )
    file = symbols.offered(symbols.add(matcher, {}, "mine", drawing))["value"]
    (example,) = symbols.examples_of(coarse, symbol_files.read_file(file))["mine"]
    assert example.finest.shape == (28, 28)
    assert len(example.few_shot_embedding) == 128


def test_a_file_of_photographs_keeps_their_size_and_colours():
    photo = InputConfig("photo", (16, 20), 3, (0.5,) * 3, (0.2,) * 3, None, None, "crop")
    pixels = np.arange(16 * 20 * 3, dtype=np.uint32).astype(np.uint8).reshape(16, 20, 3)
    path = symbol_files.write_file({"a": [pixels]}, photo)
    assert np.array_equal(symbol_files.read_file(path, photo)["a"][0], pixels)
    with pytest.raises(gr.Error, match="This is no file"):
        symbol_files.read_file(path)
