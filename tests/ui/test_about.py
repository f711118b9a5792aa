"""What the About tab says follows from the bundle, and the words to look up are the page's alone."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from siamese.bundle import card
from siamese.bundle.card import model_card
from siamese.bundle.locating import PRETRAINED
from siamese.bundle.measurements import DATA_SETS
from siamese.bundle.tables import both_tables
from siamese.matcher import Matcher, load
from siamese.ui import about, about_words, branches
from tests.picture_bundle import save_picture_bundle


@pytest.fixture(scope="module", params=["digits", "groceries", "things"])
def served(request, matcher, tmp_path_factory) -> Matcher:
    if request.param == "digits":
        return matcher
    if request.param == "groceries":
        return load(PRETRAINED.with_name("pretrained_groceries"))
    return load(save_picture_bundle(tmp_path_factory.mktemp("about") / "things"))


def test_the_tables_are_the_cards_but_for_the_words_to_look_up(served):
    text = about.tables(served.bundle.measurements)
    assert "(#term-eer)" in text
    plain = re.sub(r"\[([^\]]*)\]\(#term-[^)]*\)", r"\1", text).replace("±\u00a0", "± ")
    assert plain == both_tables(served.bundle.measurements)


def test_the_card_on_disk_has_none(matcher):
    card = model_card(matcher.bundle.measurements, matcher.net.config.heads)
    assert "#term" not in card and "\u00a0" not in card


def test_the_pair_that_is_drawn_is_of_one_class_and_told_rightly(served):
    first, second = branches.typical_pair(served)
    gallery = served.gallery
    assert first != second and gallery.labels[first] == gallery.labels[second]
    distance = float(np.linalg.norm(gallery.embeddings[first] - gallery.embeddings[second]))
    others = gallery.embeddings[gallery.labels == gallery.labels[first]] - gallery.embeddings[first]
    nearest = np.sort(np.linalg.norm(others, axis=1))[1]
    assert distance <= max(served.threshold, nearest)
    assert f"distance {distance:.2f}" in branches.drawing(served)


def test_a_probability_is_never_rounded_to_certainty():
    told = {0: "< 0.1 %", 0.004: "0.4 %", 0.02: "2 %", 0.5: "50 %", 0.9951: "99.5 %", 0.9996: "> 99.9 %"}
    assert {p: branches.percent(p) for p in told} == told


def test_card_and_page_know_each_data_set():
    assert set(card.DATA) == set(about_words.DATA) == set(DATA_SETS)


def test_only_the_data_that_a_model_was_trained_on_is_named(matcher):
    assert all(name in about_words.data(matcher) for name in ("MNIST", "Pen strokes", "Omniglot", "test pictures"))
    other = Matcher(matcher.bundle, "other", matcher.folder)
    provenance = "The gallery was made by somebody."
    measurements = replace(matcher.bundle.measurements, trained_on=("mnist",), provenance=provenance)
    other.bundle = replace(matcher.bundle, measurements=measurements)
    text = about_words.data(other)
    assert "MNIST" in text and "Omniglot" not in text and "test pictures" not in text
