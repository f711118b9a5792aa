"""What the tabs share: a drawing is encoded once, however often the page sends it."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
import pytest

from siamese.matcher import Matcher
from siamese.ui import answers, compare, serving
from tests.helpers import canvas
from tests.helpers import encoded as as_file


@pytest.fixture
def drawings(hundred) -> list[bytes]:
    """Drawings of 0 to 9, as the page sends them."""
    return [as_file(canvas(ink).convert("RGBA"), "PNG") for ink in hundred.images[:10, 0].numpy()]


@pytest.fixture
def served() -> Iterator[serving.ServedMatcher]:
    """The matcher that the app serves, with an empty cache."""
    matcher = serving.serve(None).matcher
    yield matcher
    matcher.close()


@pytest.fixture
def calls(monkeypatch) -> list[list[object]]:
    """The pictures of each call in which some are encoded, in turn."""
    given: list[list[object]] = []
    encode_all = Matcher.encode_all

    def noted(self, pictures):
        given.append(list(pictures))
        return encode_all(self, pictures)

    monkeypatch.setattr(Matcher, "encode_all", noted)
    return given


def encoded(calls: list[list[object]]) -> list[object]:
    return [picture for call in calls for picture in call]


def test_a_drawing_that_stays_is_encoded_once(calls, served, drawings):
    four, seven, nine = drawings[4], drawings[7], drawings[9]
    first = compare.compare(served, four, seven, False)
    assert compare.compare(served, four, nine, False) != first
    assert compare.compare(served, four, seven, False) == first
    assert encoded(calls) == [four, seven, nine]


def test_an_answer_encodes_each_drawing_once(calls, matcher, drawings):
    compare.compare(matcher, drawings[4], drawings[7], True)
    assert calls == [[drawings[4], drawings[7]]]


def test_each_drawing_is_answered_with_its_own_query(served, matcher, drawings):
    for picture in (*drawings, *drawings):
        ((query, problem),) = answers.encode(served, picture)
        assert not problem
        assert (query.pixels == matcher.encode(picture).pixels).all()


def test_a_drawing_that_cannot_be_read_is_told_each_time(served):
    for _ in range(2):
        ((query, problem),) = answers.encode(served, b"no picture")
        assert query is None
        assert "cannot be read" in problem


def test_a_large_picture_is_not_cached(calls, served, drawings):
    large = drawings[3] + bytes(serving.LARGEST_CACHED)  # what follows a PNG's end is not looked at
    for _ in range(2):
        assert answers.encode(served, large)[0][0] is not None
    assert encoded(calls) == [large, large]


def test_of_two_drawings_the_one_that_can_be_read_is(served, matcher, drawings):
    (query, problem), (nothing, why), (blank, _) = answers.encode(served, drawings[5], b"no picture", None)
    assert (query.pixels == matcher.encode(drawings[5]).pixels).all()
    assert not problem
    assert nothing is blank is None
    assert "cannot be read" in why


def test_a_pair_is_encoded_together(calls, served, drawings):
    for second in (7, 9):
        answers.encode(served, drawings[4], drawings[second])
    assert calls == [[drawings[4], drawings[7]], [drawings[9]]]


def test_the_last_drawings_are_cached(calls, monkeypatch, drawings):
    monkeypatch.setattr(serving, "CACHED", 2)
    served = serving.serve(None).matcher
    for picture in (*drawings[:3], drawings[2], drawings[1], drawings[0]):
        answers.encode(served, picture)
    assert encoded(calls) == [*drawings[:3], drawings[0]]
    answers.encode(served, drawings[1])
    served.close()
    assert len(encoded(calls)) == 4


def test_a_full_disk_is_told_to_who_wants_a_file(monkeypatch):
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(answers, "save_bytes_to_cache", full)
    with pytest.raises(gr.Error, match="There is no room for files just now"):
        answers.downloadable("compared.csv", "a,b")
