"""Many visitors at once are answered as one is, by other processes, and without them where they fail."""

from __future__ import annotations

import io
import pickle
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from siamese.inputs.ink import BlankImageError
from siamese.matcher import Matcher
from siamese.ui.worker_pool import CrowdMatcher, Helper

SECONDS = 120  # that the second process may take to start on a busy machine


@pytest.fixture(scope="module")
def crowd(matcher: Matcher) -> Iterator[CrowdMatcher]:
    """A matcher whose second process is ready."""
    crowd = CrowdMatcher(matcher.bundle, matcher.source, matcher.folder)
    with somebody_reading(crowd):
        crowd.read(drawing(matcher.gallery.images[0]))
        assert crowd._helpers[0].ready.wait(SECONDS)
    yield crowd
    for helper in crowd._helpers:
        helper.close()


@contextmanager
def somebody_reading(crowd: CrowdMatcher) -> Iterator[None]:
    """As if another visitor's drawing were being read all the while."""
    crowd._reading += 1
    try:
        yield
    finally:
        crowd._reading -= 1


def drawing(ink: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(255 - ink).resize((280, 280), Image.Resampling.BICUBIC).save(stream, "PNG")
    return stream.getvalue()


def test_other_processes_read_as_the_first(crowd, matcher, hundred, monkeypatch):
    monkeypatch.setattr("siamese.ui.worker_pool.MOST", 1)
    drawings = [drawing(ink) for ink in hundred.images[:20, 0].numpy()]
    asked = []
    original = Helper.ask
    monkeypatch.setattr(Helper, "ask", lambda self, pictures: asked.extend(pictures) or original(self, pictures))
    with somebody_reading(crowd), ThreadPoolExecutor(8) as visitors:
        read = list(visitors.map(crowd.read, drawings))
    assert sorted(asked) == sorted(drawings)
    for symbol, picture in zip(read, drawings, strict=True):
        expected = matcher.read(picture)
        assert np.array_equal(symbol.ink, expected.ink)
        assert symbol.embedding == pytest.approx(expected.embedding, abs=1e-6)
        for near, wanted in zip(symbol.near, expected.near, strict=True):
            assert (near.index, near.label) == (wanted.index, wanted.label)
            assert near.distance == pytest.approx(wanted.distance, abs=1e-6)
            assert near.probability == pytest.approx(wanted.probability, abs=1e-4)


def test_another_process_reads_while_the_first_is_busy(crowd, matcher, monkeypatch):
    monkeypatch.setattr("siamese.ui.worker_pool.MOST", 2)
    first, picture = crowd._helpers[0], drawing(matcher.gallery.images[2])
    monkeypatch.setattr(first, "asked", 1)
    with somebody_reading(crowd):
        crowd.read(picture)
        first_again, second = crowd._helpers
        assert second.ready.wait(SECONDS)
        monkeypatch.setattr(first, "ask", None)  # asking it would raise
        assert np.array_equal(crowd.read(picture).embedding, matcher.read(picture).embedding)
    assert first_again is first
    assert len(crowd._helpers) == 2
    second.close()
    crowd._helpers.remove(second)


def test_what_is_wrong_with_a_picture_is_said_in_the_same_words(crowd, matcher):
    for wrong, kind in ((drawing(np.zeros((28, 28), np.uint8)), BlankImageError), (b"no picture", ValueError)):
        with pytest.raises(kind) as alone:
            matcher.read(wrong)
        with somebody_reading(crowd), pytest.raises(kind) as helped:
            crowd.read(wrong)
        assert str(helped.value) == str(alone.value)


def test_what_waits_is_read_together_and_each_is_told_its_own(crowd, matcher, monkeypatch):
    """While the process is kept busy four visitors come: a picture that cannot be read is nobody else's concern."""
    helper = crowd._helpers[0]
    carried = []
    original = Helper._next

    def noted(self):
        asked = original(self)
        carried.append(len(asked))
        return asked

    monkeypatch.setattr(Helper, "_next", noted)
    drawings = [drawing(ink) for ink in matcher.gallery.images[:4]]
    slow = [drawing(ink) for ink in matcher.gallery.images[10:50]]
    with ThreadPoolExecutor(6) as visitors:
        visitors.submit(helper.ask, slow)
        time.sleep(0.02)
        answers = [visitors.submit(helper.ask, pictures) for pictures in ([drawings[0]], [b"none"], drawings[1:])]
        with pytest.raises(ValueError, match="cannot be read"):
            answers[1].result()
        read = answers[0].result() + answers[2].result()
    assert max(carried) > 1
    for symbol, picture in zip(read, drawings, strict=True):
        assert np.array_equal(symbol.ink, matcher.read(picture).ink)


def test_what_cannot_be_sent_is_told_to_whoever_asked_and_holds_up_nobody_else(crowd, matcher):
    helper, ink = crowd._helpers[0], matcher.gallery.images[0]
    with ThreadPoolExecutor(2) as visitors:
        wrong = visitors.submit(helper.ask, [lambda: ink])
        with pytest.raises((pickle.PicklingError, AttributeError), match="pickle"):
            wrong.result(SECONDS)
        (read,) = visitors.submit(helper.ask, [drawing(ink)]).result(SECONDS)
    assert np.array_equal(read.ink, matcher.read(drawing(ink)).ink)


def test_a_second_process_that_is_gone_is_done_without(crowd, matcher):
    picture = drawing(matcher.gallery.images[1])
    lost = crowd._helpers[0]
    lost.process.kill()
    lost.process.wait()
    with somebody_reading(crowd):
        assert np.array_equal(crowd.read(picture).embedding, matcher.read(picture).embedding)
        assert lost not in crowd._helpers
        crowd.read(picture)
        (another,) = crowd._helpers
        assert another.ready.wait(SECONDS)
        assert np.array_equal(crowd.read(picture).embedding, matcher.read(picture).embedding)
    assert crowd._helpers == [another]


def test_where_no_process_can_be_started_the_first_reads(matcher, monkeypatch):
    def refused(folder):
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr("siamese.ui.worker_pool.Helper", refused)
    crowd = CrowdMatcher(matcher.bundle, matcher.source, matcher.folder)
    with somebody_reading(crowd):
        assert np.array_equal(crowd.read(matcher.gallery.images[0]).ink, matcher.gallery.images[0])
    assert crowd._reading == 0


def test_one_visitor_starts_no_second_process(matcher):
    alone = CrowdMatcher(matcher.bundle, matcher.source, matcher.folder)
    for ink in matcher.gallery.images[:3]:
        alone.read(ink)
    assert alone._helpers == []


def test_a_second_process_that_cannot_load_its_model_is_done_without(matcher, tmp_path):
    nowhere = CrowdMatcher(matcher.bundle, "nowhere", tmp_path)
    with somebody_reading(nowhere):
        nowhere.read(matcher.gallery.images[0])
        assert nowhere._helpers[0].ready.wait(SECONDS)
        broken = nowhere._helpers[0]
        assert np.array_equal(nowhere.read(matcher.gallery.images[0]).ink, matcher.gallery.images[0])
        assert broken not in nowhere._helpers


def test_the_second_process_ends_with_the_first(matcher):
    helper = Helper(matcher.folder)
    assert helper.ready.wait(SECONDS)
    helper.process.stdin.close()
    began = time.monotonic()
    assert helper.process.wait(30) == 0
    assert time.monotonic() - began < 10
    helper.close()
