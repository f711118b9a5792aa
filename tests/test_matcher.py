"""The contract of the Python API: compare, neighbours, locate."""

from __future__ import annotations

import io
import math
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageDraw

import siamese
from siamese.matcher import vote
from tests.helpers import canvas


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


@pytest.mark.parametrize("wrong", [np.zeros((2, 28, 28)), np.zeros((28, 28), np.uint8), np.zeros((2, 9, 9), np.uint8)])
def test_arrays_that_are_no_ink_are_refused(matcher, wrong):
    with pytest.raises(ValueError, match=r"uint8 array \(N, 28, 28\)"):
        matcher.embed(wrong)


def test_one_picture_in_place_of_a_list_is_refused(matcher, drawn):
    with pytest.raises(ValueError, match="list of pictures"):
        matcher.embed(drawn[0])
    with pytest.raises(ValueError, match="list of pictures"):
        matcher.embed("four.png")


# --- compare --------------------------------------------------------------------------------------------


def test_a_comparison_has_its_types(matcher, drawn):
    result = matcher.compare(drawn[0], drawn[1])
    assert (type(result.distance), type(result.probability)) == (float, float)
    assert (type(result.same), type(result.note)) == (bool, str)
    assert 0 <= result.distance <= 2
    assert 0 <= result.probability <= 1


def test_every_form_of_a_picture_compares_alike(matcher, drawn, tmp_path):
    drawn[4].save(tmp_path / "four.png")
    stream = io.BytesIO()
    drawn[9].save(stream, "PNG")
    wanted = matcher.compare(drawn[4], drawn[9])
    assert matcher.compare(tmp_path / "four.png", stream.getvalue()) == wanted
    assert matcher.compare(str(tmp_path / "four.png"), np.asarray(drawn[9])) == wanted
    alone = matcher.compare(matcher.read(drawn[4]), drawn[9])
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
    symbols = [matcher.read(picture) for picture in drawn]
    right = [
        matcher.compare(symbols[i], symbols[j]).same == bool(hundred.labels[i] == hundred.labels[j]) for i, j in pairs
    ]
    assert np.mean(right) > 0.95


def test_distance_probability_and_verdict_agree(matcher, drawn):
    symbols = [matcher.read(picture) for picture in drawn]
    results = sorted((matcher.compare(a, b) for a in symbols for b in symbols), key=lambda result: result.distance)
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


def test_digits_are_hardly_ever_noted(stranger, hundred):
    novel = [stranger.is_novel(image) for image in hundred.images[:, 0].numpy()]
    assert np.mean(novel) <= 0.03  # 1 % is aimed at


# --- neighbours -------------------------------------------------------------------------------------------


def test_neighbours_are_exact_and_nearest_first(matcher, drawn):
    gallery = matcher.gallery
    for picture in drawn:
        embedding = matcher.read(picture).embedding.astype(np.float64)
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
    found = matcher.neighbours(drawn[3], 5)
    assert vote(found) == 3
    other = matcher.neighbours(drawn[8], 5)
    assert vote([found[0], other[0], other[1], found[1]]) == found[0].label


# --- locate -----------------------------------------------------------------------------------------------


def test_a_picture_lies_among_its_neighbours_on_the_map(matcher, drawn):
    for picture in drawn:
        x, y = matcher.locate(picture)
        assert (type(x), type(y)) == (float, float)
        near = matcher.gallery.xy[[neighbour.index for neighbour in matcher.neighbours(picture, 10)]]
        assert near[:, 0].min() - 1e-6 <= x <= near[:, 0].max() + 1e-6
        assert near[:, 1].min() - 1e-6 <= y <= near[:, 1].max() + 1e-6


def test_a_digit_lies_in_its_own_cluster(stranger, hundred):
    """The nearest point of the map shows the same digit."""
    right = []
    for image, label in zip(hundred.images[:, 0].numpy(), hundred.labels.tolist(), strict=True):
        distances = np.linalg.norm(stranger.gallery.xy - stranger.locate(image), axis=1)
        right.append(stranger.gallery.labels[distances.argmin()] == label)
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
            wide = np.pad(matcher.read(picture).ink, 1)
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


# --- what was found out once --------------------------------------------------------------------------------


def test_a_picture_is_looked_up_once(matcher, drawn, monkeypatch):
    searches = []
    search = type(matcher.gallery).search
    monkeypatch.setattr(type(matcher.gallery), "search", lambda *arguments: searches.append(1) or search(*arguments))
    four, nine = matcher.read(drawn[4]), matcher.read(drawn[9])
    assert len(searches) == 2
    matcher.compare(four, nine)
    matcher.neighbours(four, 10)
    matcher.is_novel(nine)
    matcher.locate(four)
    assert len(searches) == 2
    assert matcher.neighbours(four, 40)[:12] == matcher.neighbours(four, 12)
    assert len(searches) == 3


def test_pictures_read_together_are_what_each_is_alone(matcher, drawn):
    together = matcher.read_all([drawn[4], matcher.read(drawn[0]), drawn[9]])
    for symbol, picture in zip(together, (drawn[4], drawn[0], drawn[9]), strict=True):
        alone = matcher.read(picture)
        assert np.array_equal(symbol.ink, alone.ink)
        assert symbol.embedding == pytest.approx(alone.embedding, abs=1e-6)
        for near, expected in zip(symbol.near, alone.near, strict=True):
            assert (near.index, near.label) == (expected.index, expected.label)
            assert near.distance == pytest.approx(expected.distance, abs=1e-6)
            assert near.probability == pytest.approx(expected.probability, abs=1e-4)
    assert matcher.read_all([]) == []
