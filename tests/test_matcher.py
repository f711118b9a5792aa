"""The contract of the Python API: compare, neighbours, locate, recognise; a picture is encoded once."""

from __future__ import annotations

import math
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageDraw

import siamese
from siamese import matcher as matcher_module
from siamese.bundle.locating import PRETRAINED_GROCERIES
from siamese.matcher import Matcher
from siamese.retrieval import pictures as pictures_module
from siamese.retrieval.distortion import distortions, gradients
from siamese.retrieval.gallery import Gallery
from siamese.retrieval.results import Query
from siamese.retrieval.search import vote
from tests.helpers import canvas, encoded


@pytest.fixture(scope="module")
def drawn(hundred) -> list[Image.Image]:
    """Thirty digits as drawings, three of each class, in the order 0, 1, ... 9, 0, 1, ..."""
    return [canvas(image) for image in hundred.images[:30, 0].numpy()]


# --- loading and embedding ------------------------------------------------------------------------------


def test_the_shipped_bundle_has_ten_thousand_pictures(matcher):
    gallery = matcher.gallery
    assert matcher.source == "pretrained"
    assert (gallery.images.shape, gallery.images.dtype) == ((10_000, 28, 28), np.uint8)
    assert gallery.labels.shape == (10_000,)
    assert gallery.xy.shape == (10_000, 2)
    assert np.linalg.norm(gallery.embeddings, axis=1) == pytest.approx(np.ones(10_000), abs=1e-5)


def test_the_gallery_holds_what_the_network_says_of_its_pictures(matcher):
    """Up to the half precision that they are stored in."""
    some = slice(0, 500)
    distance = np.linalg.norm(matcher.embed(matcher.gallery.images[some]) - matcher.gallery.embeddings[some], axis=1)
    assert distance.max() < 0.005


def test_labels_are_the_names_of_the_gallery_s_labels(matcher):
    assert matcher.labels == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
    assert set(matcher.gallery.labels.tolist()) == set(range(10))


def test_settings_of_inference_are_the_bundle_s(matcher):
    assert matcher.inference is matcher.bundle.inference
    assert matcher.inference.few_shot_head in matcher.few_shot_net.config.heads
    assert 0 < matcher.inference.novelty_threshold < 2
    assert matcher.threshold == matcher.calibration.threshold


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ValueError, match="nowhere"):
        siamese.load(tmp_path / "nowhere")


def test_embeddings_are_unit_rows_of_float32(matcher, drawn):
    rows = matcher.embed(drawn)
    assert rows.shape == (30, matcher.gallery.embeddings.shape[1])
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(30), abs=1e-5)
    assert matcher.embed([]).shape == (0, rows.shape[1])


def test_pictures_and_their_ink_embed_alike(matcher, drawn):
    inks = np.stack([siamese.to_ink(picture) for picture in drawn])
    assert matcher.embed(inks) == pytest.approx(matcher.embed(drawn), abs=1e-6)
    assert matcher.embed(inks[3:4]) == pytest.approx(matcher.embed(inks)[3:4], abs=1e-5)
    assert matcher.embed([matcher.encode(drawn[3])]) == pytest.approx(matcher.embed(inks)[3:4], abs=1e-5)


@pytest.mark.parametrize("wrong", [np.zeros((2, 28, 28)), np.zeros((28, 28), np.uint8), np.zeros((2, 9, 9), np.uint8)])
def test_arrays_that_are_no_ink_are_refused(matcher, wrong):
    with pytest.raises(ValueError, match=r"uint8 array \(N, 28, 28\)"):
        matcher.embed(wrong)


def test_one_picture_in_place_of_a_list_is_refused(matcher, drawn):
    with pytest.raises(ValueError, match="list of pictures"):
        matcher.embed(drawn[0])
    with pytest.raises(ValueError, match="list of pictures"):
        matcher.embed("four.png")
    with pytest.raises(ValueError, match="list of pictures, got Query"):
        matcher.embed(matcher.encode(drawn[0]))


# --- compare --------------------------------------------------------------------------------------------


def test_a_comparison_has_its_types(matcher, drawn):
    result = matcher.compare(drawn[0], drawn[1])
    assert (type(result.distance), type(result.probability)) == (float, float)
    assert (type(result.same), type(result.note)) == (bool, str)
    assert 0 <= result.distance <= 2
    assert 0 <= result.probability <= 1


def test_every_form_of_a_picture_compares_alike(matcher, drawn, tmp_path):
    drawn[4].save(tmp_path / "four.png")
    wanted = matcher.compare(drawn[4], drawn[9])
    assert matcher.compare(tmp_path / "four.png", encoded(drawn[9], "PNG")) == wanted
    assert matcher.compare(str(tmp_path / "four.png"), np.asarray(drawn[9])) == wanted
    alone = matcher.compare(matcher.encode(drawn[4]), drawn[9])
    assert (alone.same, alone.note) == (wanted.same, wanted.note)
    assert alone.distance == pytest.approx(wanted.distance, abs=1e-6)
    assert alone.probability == pytest.approx(wanted.probability, abs=1e-4)


def test_comparing_is_symmetric(matcher, drawn):
    for a, b in zip(drawn[:10], drawn[5:15], strict=True):
        one, other = matcher.compare(a, b), matcher.compare(b, a)
        assert (one.distance, one.probability, one.same) == (other.distance, other.probability, other.same)


def test_a_picture_is_the_same_as_itself(matcher, drawn):
    for picture in drawn[:10]:
        result = matcher.compare(picture, picture)
        assert result.distance == 0
        assert result.same
        assert result.probability > 0.9


def test_comparing_tells_digits_apart(matcher, hundred, drawn):
    pairs = [(i, j) for i in range(30) for j in range(i)]
    queries = matcher.encode_all(drawn)
    right = [
        matcher.compare(queries[i], queries[j]).same == bool(hundred.labels[i] == hundred.labels[j]) for i, j in pairs
    ]
    assert np.mean(right) > 0.95


def test_distance_probability_and_verdict_agree(matcher, drawn):
    queries = matcher.encode_all(drawn)
    results = sorted((matcher.compare(a, b) for a in queries for b in queries), key=lambda result: result.distance)
    probabilities = [result.probability for result in results]
    assert probabilities == sorted(probabilities, reverse=True)
    for result in results:
        assert result.same == (result.probability >= 0.5) == (result.distance <= matcher.threshold)
    assert {result.same for result in results} == {True, False}


def test_verdict_and_probability_agree_at_the_threshold_itself(matcher):
    calibration = matcher.calibration
    for distance in (calibration.threshold + np.linspace(-1e-4, 1e-4, 2001)).tolist():
        assert calibration.same(distance) == (calibration.probability(distance) >= 0.5), distance


def test_several_threads_may_ask_at_once(matcher, drawn):
    alone = [matcher.compare(a, b) for a, b in pairwise(drawn)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(matcher.compare, drawn[:-1], drawn[1:]))
    assert together == alone


# --- what is like nothing in the gallery ------------------------------------------------------------------


def arc(radius: float, start: float, end: float) -> list[tuple[float, float]]:
    return [(140 + radius * math.cos(t), 140 + radius * math.sin(t)) for t in np.linspace(start, end, 60)]


def heart(t: float) -> float:
    return 81 * math.cos(t) - 31 * math.cos(2 * t) - 12 * math.cos(3 * t) - 6 * math.cos(4 * t)


SCRIBBLES = {
    "a W": [[(40, 50), (90, 230), (140, 90), (190, 230), (240, 50)]],
    "an E": [[(210, 50), (80, 50), (80, 230), (210, 230)], [(80, 140), (190, 140)]],
    "a star": [[(140, 30), (200, 230), (40, 100), (240, 100), (80, 230), (140, 30)]],
    "a house": [[(60, 240), (60, 120), (140, 40), (220, 120), (220, 240), (60, 240)], [(140, 240), (140, 170)]],
    "a smiley": [arc(100, 0, 6.4), [(105, 100), (105, 125)], [(175, 100), (175, 125)], arc(55, 0.3, 2.9)],
    "a heart": [[(140 + 100 * math.sin(t) ** 3, 130 - heart(t)) for t in np.linspace(0, 6.3, 60)]],
    "a hash": [[(100, 50), (100, 230)], [(180, 50), (180, 230)], [(50, 100), (230, 100)], [(50, 180), (230, 180)]],
    "a scribble": [[(60 + 9 * i, 140 + 70 * math.sin(5.1 * i) + 12 * math.sin(i)) for i in range(18)]],
}


def scribble(name: str) -> Image.Image:
    picture = Image.new("L", (280, 280), 255)
    for stroke in SCRIBBLES[name]:
        ImageDraw.Draw(picture).line(stroke, fill=0, width=14, joint="curve")
    return picture


@pytest.mark.parametrize("name", SCRIBBLES)
def test_what_is_no_digit_is_answered_with_a_note(matcher, drawn, name):
    assert matcher.is_novel(scribble(name))
    assert "first picture" in matcher.compare(scribble(name), drawn[0]).note
    assert "second picture" in matcher.compare(drawn[0], scribble(name)).note
    assert "Both pictures" in matcher.compare(scribble(name), scribble(name)).note


def test_digits_are_hardly_ever_noted(without_hundred, hundred):
    novel = [without_hundred.is_novel(image) for image in hundred.images[:, 0].numpy()]
    assert np.mean(novel) <= 0.03  # 1 % is aimed at


# --- neighbours -------------------------------------------------------------------------------------------


def test_neighbours_are_exact_and_nearest_first(matcher, drawn):
    gallery = matcher.gallery
    for picture in drawn:
        embedding = matcher.encode(picture).embedding.astype(np.float64)
        distances = np.linalg.norm(gallery.embeddings.astype(np.float64) - embedding, axis=1)
        found = matcher.neighbours(picture, 25)
        assert [n.distance for n in found] == pytest.approx(np.sort(distances)[:25], abs=1e-4)
        assert [n.distance for n in found] == pytest.approx(distances[[n.index for n in found]], abs=1e-5)
        assert len({n.index for n in found}) == 25
        assert [n.label for n in found] == gallery.labels[[n.index for n in found]].tolist()
        assert [n.probability for n in found] == pytest.approx(
            [float(matcher.calibration.probability(n.distance)) for n in found]
        )


def test_neighbours_never_come_out_of_order(matcher, digits):
    """Near 1, inner products are too coarse to order by: distances are."""
    for image in digits.images[:, 0].numpy():
        distances = [neighbour.distance for neighbour in matcher.neighbours(image, 100)]
        assert distances == sorted(distances)


def test_neighbours_have_plain_types(matcher, drawn):
    nearest = matcher.neighbours(drawn[0])[0]
    assert [type(value) for value in (nearest.index, nearest.label)] == [int, int]
    assert [type(value) for value in (nearest.distance, nearest.probability)] == [float, float]


def test_a_picture_of_the_gallery_is_its_own_nearest(matcher):
    for index in (0, 17, 9_999):
        nearest = matcher.neighbours(matcher.gallery.images[index], 1)[0]
        assert nearest.index == index
        assert nearest.distance < 0.005


def test_there_are_as_many_neighbours_as_asked_for_or_as_there_are(matcher, drawn):
    assert len(matcher.neighbours(drawn[0])) == 10
    assert len(matcher.neighbours(drawn[0], 1)) == 1
    assert len(matcher.neighbours(drawn[0], 10_000)) == len(matcher.neighbours(drawn[0], 20_000)) == 10_000


@pytest.mark.parametrize("k", [0, -1])
def test_fewer_than_one_neighbour_is_refused(matcher, drawn, k):
    with pytest.raises(ValueError, match=f"at least 1, got {k}"):
        matcher.neighbours(drawn[0], k)


def test_neighbours_can_be_looked_for_among_some(matcher, drawn):
    among = np.flatnonzero(matcher.gallery.labels == 8)
    found = matcher.neighbours(drawn[0], 5, among)
    assert {neighbour.label for neighbour in found} == {8}
    assert {neighbour.index for neighbour in found} <= set(among.tolist())
    assert len(matcher.neighbours(drawn[0], 5, among[:3])) == 3
    assert matcher.neighbours(drawn[0], 5, among[:0]) == []


def test_a_picture_of_the_gallery_is_not_among_its_own_neighbours(matcher):
    embeddings = matcher.gallery.embeddings
    distances = np.linalg.norm(embeddings - embeddings[17], axis=1)
    distances[17] = np.inf
    found = matcher.neighbours_of(17, 5)
    assert 17 not in [neighbour.index for neighbour in found]
    assert [neighbour.distance for neighbour in found] == pytest.approx(np.sort(distances)[:5], abs=1e-5)


def test_the_vote_goes_to_the_most_frequent_then_to_the_nearest(matcher, drawn):
    found = [neighbour.label for neighbour in matcher.neighbours(drawn[3], 5)]
    assert vote(found) == 3
    other = [neighbour.label for neighbour in matcher.neighbours(drawn[8], 5)]
    assert vote([found[0], other[0], other[1], found[1]]) == found[0]


# --- locate -----------------------------------------------------------------------------------------------


def test_a_picture_lies_among_its_neighbours_on_the_map(matcher, drawn):
    for picture in drawn:
        x, y = matcher.locate(picture)
        assert (type(x), type(y)) == (float, float)
        places = matcher.gallery.xy[[neighbour.index for neighbour in matcher.neighbours(picture, 10)]]
        assert places[:, 0].min() - 1e-6 <= x <= places[:, 0].max() + 1e-6
        assert places[:, 1].min() - 1e-6 <= y <= places[:, 1].max() + 1e-6


def test_a_digit_lies_in_its_own_cluster(without_hundred, hundred):
    """The nearest point of the map shows the same digit."""
    right = []
    for image, label in zip(hundred.images[:, 0].numpy(), hundred.labels.tolist(), strict=True):
        distances = np.linalg.norm(without_hundred.gallery.xy - without_hundred.locate(image), axis=1)
        right.append(without_hundred.gallery.labels[distances.argmin()] == label)
    assert np.mean(right) >= 0.95


def test_even_a_scribble_has_a_finite_place(matcher):
    for name in SCRIBBLES:
        assert np.isfinite(matcher.locate(scribble(name))).all()


# --- where two pictures differ ------------------------------------------------------------------------------


def test_differences_are_shown_in_the_ink_of_each(matcher, drawn):
    for a, b in ((drawn[4], drawn[9]), (drawn[1], drawn[7])):
        for heat, picture in zip(matcher.differences(a, b), (a, b), strict=True):
            assert (heat.shape, heat.dtype) == ((28, 28), np.uint8)
            assert heat.any()
            wide = np.pad(matcher.encode(picture).pixels, 1)
            near_ink = np.max([wide[i : i + 28, j : j + 28] for i in range(3) for j in range(3)], axis=0) > 0
            assert not heat[~near_ink].any()


def test_differences_leave_the_network_as_it_was(matcher, drawn):
    before = matcher.embed(drawn[:3])
    matcher.differences(drawn[4], drawn[9])
    assert np.array_equal(matcher.embed(drawn[:3]), before)
    assert all(weight.grad is None for weight in matcher.net.parameters())


# --- bad input ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["compare", "neighbours", "locate", "is_novel", "embed"])
def test_bad_pictures_are_refused_in_one_line(matcher, drawn, call):
    def ask(picture):
        if call == "compare":
            return matcher.compare(drawn[0], picture)
        return getattr(matcher, call)([picture] if call == "embed" else picture)

    with pytest.raises(siamese.BlankImageError, match="nothing drawn"):
        ask(Image.new("L", (280, 280), 255))
    for wrong, message in ((b"no picture", "cannot be read"), ("missing.png", "no file"), (None, "NoneType")):
        with pytest.raises(ValueError, match=message) as caught:
            ask(wrong)
        assert "\n" not in str(caught.value)


# --- a picture is encoded once ------------------------------------------------------------------------------


@pytest.fixture
def calls(monkeypatch) -> dict[str, list[int]]:
    """How many pictures each call took: of embedding, by head, of making ink, and of searching the gallery."""
    noted: dict[str, list[int]] = {"first head": [], "few-shot head": [], "ink": [], "search": []}
    embed, prepare_for, search = matcher_module.embed, matcher_module.prepare_for, Gallery.search

    def noted_embed(net, images, head=None, *rest):
        noted["few-shot head" if head else "first head"].append(len(images))
        return embed(net, images, head, *rest)

    def noted_ink(forms, picture):
        noted["ink"].append(1)
        return prepare_for(forms, picture)

    def noted_search(gallery, query, *rest):
        noted["search"].append(len(np.atleast_2d(query)))
        return search(gallery, query, *rest)

    for module in (matcher_module, pictures_module):
        monkeypatch.setattr(module, "embed", noted_embed)
    monkeypatch.setattr(matcher_module, "prepare_for", noted_ink)
    monkeypatch.setattr(Gallery, "search", noted_search)
    return noted


def test_one_comparison_encodes_each_picture_once(matcher, drawn, calls):
    matcher.compare(drawn[4], drawn[9])
    assert calls == {"first head": [2], "few-shot head": [], "ink": [1, 1], "search": [2]}


def test_everything_about_two_queries_is_answered_without_encoding_again(matcher, drawn, calls):
    four, nine = matcher.encode_all([drawn[4], drawn[9]])
    once = {"first head": [2], "few-shot head": [], "ink": [1, 1], "search": [2]}
    assert calls == once
    matcher.compare(four, nine)
    matcher.neighbours(four, 10)
    matcher.is_novel(nine)
    matcher.locate(four)
    matcher.differences(four, nine)
    assert matcher.encode_all([nine, four]) == [nine, four]
    assert calls == once
    assert matcher.neighbours(four, 40)[:12] == matcher.neighbours(four, 12)
    assert calls == once | {"search": [2, 1]}


def test_a_picture_beside_a_query_is_the_only_one_encoded(matcher, drawn, calls):
    four = matcher.encode(drawn[4])
    matcher.compare(four, drawn[9])
    matcher.differences(drawn[9], four)
    assert calls == {"first head": [1, 1, 1], "few-shot head": [], "ink": [1, 1, 1], "search": [1, 1, 1]}


def test_queries_alone_never_come_to_encode_all(matcher, drawn, monkeypatch):
    """Where other processes encode, what is encoded already is not sent to them."""
    four, nine = matcher.encode(drawn[4]), matcher.encode(drawn[9])
    monkeypatch.setattr(Matcher, "encode_all", lambda *arguments: pytest.fail("encoded again"))
    matcher.compare(four, nine)
    matcher.neighbours(four, 3)
    matcher.locate(nine)
    matcher.is_novel(nine)
    matcher.differences(four, nine)
    matcher.recognise([("4", four), ("9", nine)], four)


def test_a_taught_example_is_embedded_once(matcher, drawn, calls):
    four, nine = matcher.encode_all([drawn[4], drawn[9]])
    taught = [("four", four), ("nine", nine)]
    assert matcher.recognise(taught, drawn[14]).label == "four"
    assert calls["few-shot head"] == [3]
    kept = four.few_shot_embedding
    assert matcher.recognise(taught, drawn[19]).label == "nine"
    assert calls["few-shot head"] == [3, 1]
    assert four.few_shot_embedding is kept
    assert calls["first head"] == [2]


def test_a_hundred_taught_examples_and_a_stroke_cost_one_embedding(matcher, hundred, drawn, calls):
    queries = matcher.encode_all([canvas(image) for image in hundred.images[:, 0].numpy()])
    taught = [(str(label), query) for label, query in zip(hundred.labels.tolist(), queries, strict=True)]
    matcher.recognise(taught, drawn[0])
    assert calls["few-shot head"] == [101]
    strokes = matcher.encode_all(drawn[10:13])
    for number, stroke in enumerate(strokes):
        assert matcher.recognise(taught, stroke).label == str(number)
    assert calls["few-shot head"] == [101, 1, 1, 1]
    matcher.recognise(taught, strokes[0])
    assert calls["few-shot head"] == [101, 1, 1, 1]


def test_pictures_to_learn_from_are_not_looked_up_in_the_gallery(matcher, drawn, calls):
    matcher.recognise([("four", drawn[4]), ("nine", drawn[9])], drawn[14])
    assert calls == {"first head": [], "few-shot head": [3], "ink": [1, 1, 1], "search": []}


def test_symbols_are_named_by_embedding_and_strokes(matcher, drawn):
    four, nine, asked = matcher.examples([drawn[4], drawn[9], drawn[14]])
    found = matcher.recognise([("four", four), ("nine", nine)], asked)
    rows = [query.few_shot_embedding for query in (four, asked)]
    strokes = distortions(*(gradients(query.few_shot_pixels[None]) for query in (four, asked)))[0]
    wanted = np.linalg.norm(rows[0] - rows[1]) ** 2 + matcher.inference.few_shot_distortion * strokes
    assert matcher.inference.few_shot_distortion > 0
    assert (found.label, found.distance**2) == ("four", pytest.approx(wanted, abs=1e-5))


def test_recognising_queries_and_pictures_is_the_same(matcher, drawn):
    taught = [("four", drawn[4]), ("nine", drawn[9]), ("four", drawn[24])]
    wanted = matcher.recognise(taught, drawn[14])
    queries = [(label, matcher.encode(picture)) for label, picture in taught]
    for _ in range(2):
        found = matcher.recognise(queries, matcher.encode(drawn[14]))
        assert (found.label, found.support) == (wanted.label, wanted.support)
        assert found.probabilities == pytest.approx(wanted.probabilities, abs=1e-3)
        assert found.distance == pytest.approx(wanted.distance, abs=1e-5)


def test_recognising_sees_the_finer_ink_of_a_picture(matcher, drawn):
    """Of pictures; prepared ones have what they have, and are enlarged."""
    query, (example,) = matcher.encode(drawn[4]), matcher.examples([drawn[4]])
    side = matcher.few_shot_net.input.size[0]
    assert side == 56
    for each in (query, example):
        assert (each.pixels.shape, each.few_shot_pixels.shape) == ((28, 28), (side, side))
        assert np.array_equal(each.finest, each.few_shot_pixels)
    (coarse,) = matcher.examples(query.pixels[None])
    assert coarse.few_shot_pixels is None
    assert 1e-3 < np.linalg.norm(coarse.few_shot_embedding - example.few_shot_embedding) < 0.6
    (fine,) = matcher.examples(query.few_shot_pixels[None])
    assert np.array_equal(fine.few_shot_embedding, example.few_shot_embedding)
    shifts = [np.roll(fine.pixels, (down, across), (0, 1)) for down in (-1, 0, 1) for across in (-1, 0, 1)]
    assert max(np.corrcoef(shifted.ravel(), query.pixels.ravel())[0, 1] for shifted in shifts) > 0.9, (
        "the same but for rounding"
    )


def test_recognising_takes_an_example(matcher, drawn):
    with pytest.raises(ValueError, match="got 0 examples"):
        matcher.recognise([], drawn[0])


def test_pictures_encoded_together_are_what_each_is_alone(matcher, drawn):
    together = matcher.encode_all([drawn[4], matcher.encode(drawn[0]), drawn[9]])
    for query, picture in zip(together, (drawn[4], drawn[0], drawn[9]), strict=True):
        assert_same_query(query, matcher.encode(picture))
    assert matcher.encode_all([]) == []


def test_a_picture_of_the_gallery_is_a_query_without_embedding_it(matcher, calls):
    query = matcher.gallery_query(17)
    assert np.array_equal(query.pixels, matcher.gallery.images[17])
    assert np.array_equal(query.embedding, matcher.gallery.embeddings[17])
    assert (query.nearest[0].index, query.nearest[0].distance) == (17, 0)
    assert list(query.nearest[1:6]) == matcher.neighbours_of(17, 5)
    assert not calls["first head"]


def test_pictures_that_were_embedded_elsewhere_become_queries(matcher, drawn, calls):
    wanted = matcher.encode_all(drawn[:3])
    pixels, embeddings = (np.stack([getattr(q, part) for q in wanted]) for part in ("pixels", "embedding"))
    for query, expected in zip(matcher.queries(pixels, embeddings), wanted, strict=True):
        assert_same_query(query, expected)
    assert calls["first head"] == [3]


def test_a_query_goes_through_a_pickle(matcher, drawn):
    query = matcher.encode(drawn[4])
    matcher.recognise([("4", query)], query)
    again = pickle.loads(pickle.dumps(query))
    assert_same_query(again, query)
    assert np.array_equal(again.few_shot_embedding, query.few_shot_embedding)


def assert_same_query(query: Query, expected: Query) -> None:
    """Up to rounding, which may differ with what was embedded beside it."""
    assert np.array_equal(query.pixels, expected.pixels)
    assert query.embedding == pytest.approx(expected.embedding, abs=1e-6)
    for neighbour, wanted in zip(query.nearest, expected.nearest, strict=True):
        assert (neighbour.index, neighbour.label) == (wanted.index, wanted.label)
        assert neighbour.distance == pytest.approx(wanted.distance, abs=1e-6)
        assert neighbour.probability == pytest.approx(wanted.probability, abs=1e-4)


def test_a_bundle_that_ships_is_loaded_by_its_name_and_a_folder_of_that_name_wins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert siamese.load("pretrained_groceries").input.kind == "photo"
    shutil.copytree(PRETRAINED_GROCERIES, tmp_path / "pretrained")
    assert siamese.load("pretrained").input.kind == "photo"
    assert siamese.load().input.kind == "ink"
