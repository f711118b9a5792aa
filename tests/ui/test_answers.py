"""What the tabs share: a drawing is read once, however often the page sends it."""

from __future__ import annotations

import io

import pytest

from siamese.ui import answers, compare
from tests.helpers import canvas


@pytest.fixture
def drawings(hundred) -> list[bytes]:
    """Drawings of 0 to 9, as the page sends them."""
    files = []
    for ink in hundred.images[:10, 0].numpy():
        stream = io.BytesIO()
        canvas(ink).convert("RGBA").save(stream, "PNG")
        files.append(stream.getvalue())
    return files


@pytest.fixture
def reads(matcher, monkeypatch) -> list[bytes]:
    """The files that the matcher is given to read, in turn."""
    monkeypatch.setattr(answers, "memory", answers.Memory(answers.REMEMBERED))
    given: list[bytes] = []
    read_all = type(matcher).read_all

    def noted(self, pictures):
        given.extend(picture for picture in pictures if isinstance(picture, bytes))
        return read_all(self, pictures)

    monkeypatch.setattr(type(matcher), "read_all", noted)
    return given


def test_a_drawing_that_stays_is_read_once(matcher, drawings, reads):
    four, seven, nine = drawings[4], drawings[7], drawings[9]
    first = compare.compare(matcher, four, seven, False)
    assert compare.compare(matcher, four, nine, False) != first
    assert compare.compare(matcher, four, seven, False) == first
    assert reads == [four, seven, nine]


def test_each_drawing_is_answered_with_its_own_reading(matcher, drawings):
    for picture in (*drawings, *drawings):
        ((symbol, problem),) = answers.read(matcher, picture)
        assert not problem
        assert (symbol.ink == matcher.read(picture).ink).all()


def test_a_drawing_that_cannot_be_read_is_told_each_time(matcher, reads):
    for _ in range(2):
        ((symbol, problem),) = answers.read(matcher, b"no picture")
        assert symbol is None
        assert "cannot be read" in problem


def test_a_large_picture_is_not_remembered(matcher, drawings, reads):
    large = drawings[3] + bytes(answers.LARGEST_REMEMBERED)  # what follows a PNG's end is not looked at
    for _ in range(2):
        assert answers.read(matcher, large)[0][0] is not None
    assert reads == [large, large]


def test_of_two_drawings_the_one_that_can_be_read_is(matcher, drawings, reads):
    (symbol, problem), (nothing, why), (blank, _) = answers.read(matcher, drawings[5], b"no picture", None)
    assert (symbol.ink == matcher.read(drawings[5]).ink).all()
    assert not problem
    assert nothing is blank is None
    assert "cannot be read" in why


def test_a_pair_is_read_at_once(matcher, drawings, monkeypatch):
    monkeypatch.setattr(answers, "memory", answers.Memory(answers.REMEMBERED))
    calls, read_all = [], type(matcher).read_all
    monkeypatch.setattr(type(matcher), "read_all", lambda self, some: calls.append(list(some)) or read_all(self, some))
    for second in (7, 9):
        answers.read(matcher, drawings[4], drawings[second])
    assert calls == [[drawings[4], drawings[7]], [drawings[9]]]


def test_the_drawings_read_last_are_remembered(matcher, drawings, monkeypatch, reads):
    monkeypatch.setattr(answers, "memory", answers.Memory(2))
    for picture in (*drawings[:3], drawings[2], drawings[1], drawings[0]):
        answers.read(matcher, picture)
    assert reads == [*drawings[:3], drawings[0]]
    answers.read(matcher, drawings[1])
    assert len(reads) == 4
