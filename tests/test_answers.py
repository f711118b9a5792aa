"""What the tabs share: a drawing is read once, however often the page sends it."""

from __future__ import annotations

import io

import pytest
from conftest import canvas

from siamese.ui import answers, compare


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
    answers._read_again.cache_clear()
    given: list[bytes] = []
    read = type(matcher).read

    def noted(self, picture):
        if isinstance(picture, bytes):
            given.append(picture)
        return read(self, picture)

    monkeypatch.setattr(type(matcher), "read", noted)
    return given


def test_a_drawing_that_stays_is_read_once(matcher, drawings, reads):
    four, seven, nine = drawings[4], drawings[7], drawings[9]
    first = compare.compare(matcher, four, seven, False)
    assert compare.compare(matcher, four, nine, False) != first
    assert compare.compare(matcher, four, seven, False) == first
    assert reads == [four, seven, nine]


def test_each_drawing_is_answered_with_its_own_reading(matcher, drawings):
    for picture in (*drawings, *drawings):
        symbol, problem = answers.read(matcher, picture)
        assert not problem
        assert (symbol.ink == matcher.read(picture).ink).all()


def test_a_drawing_that_cannot_be_read_is_told_each_time(matcher, reads):
    for _ in range(2):
        symbol, problem = answers.read(matcher, b"no picture")
        assert symbol is None
        assert "cannot be read" in problem


def test_a_large_picture_is_not_remembered(matcher, drawings, reads):
    large = drawings[3] + bytes(answers.LARGEST_REMEMBERED)  # what follows a PNG's end is not looked at
    for _ in range(2):
        assert answers.read(matcher, large)[0] is not None
    assert reads == [large, large]
