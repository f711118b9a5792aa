"""The line for long work: who is served, who waits, who loses the place. No test depends on time."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from siamese.ui.decoding_gate import BusyError
from siamese.ui.line import Line
from siamese.ui.listeners import Listeners

FOREVER = 1e6  # seconds of grace: a place is kept whoever listens
SECONDS = 60.0  # that a thread may take on a machine that is busy with other things


@pytest.fixture
def listeners() -> Listeners:
    return Listeners()


def test_the_first_is_served_at_once_and_the_others_are_told_how_many_come_first(listeners):
    line = Line(listeners, serving=1, waiting=3, grace=FOREVER)
    with ExitStack() as stack:
        first, second, third = (stack.enter_context(line.place(name)) for name in ("a", "b", "c"))
        assert list(line.ahead(first)) == []
        assert next(line.ahead(second)) == 1
        assert next(line.ahead(third)) == 2


def test_a_place_that_is_left_lets_the_next_one_in(listeners):
    line = Line(listeners, serving=1, waiting=3, grace=FOREVER)
    told: list[int] = []
    waits = threading.Event()

    def wait() -> None:
        with line.place("b") as place:
            for ahead in line.ahead(place):
                told.append(ahead)
                waits.set()
        assert not line.gone(place) or place.lost  # it was served, and then left

    with line.place("a"):
        thread = threading.Thread(target=wait)
        thread.start()
        assert waits.wait(SECONDS)
        assert thread.is_alive()
    thread.join(SECONDS)
    assert not thread.is_alive()
    assert told == [1]


def test_a_full_line_refuses_while_all_listen(listeners):
    line = Line(listeners, serving=1, waiting=1, grace=FOREVER)
    for name in ("a", "b", "c"):
        listeners.opened(name)
    with line.place("a"), line.place("b"):
        with pytest.raises(BusyError, match="Try again in a minute"), line.place("c"):
            pass
    with line.place("c") as place:
        assert list(line.ahead(place)) == []


def test_a_full_line_takes_a_place_from_the_first_that_does_not_listen(listeners):
    line = Line(listeners, serving=1, waiting=1, grace=FOREVER)
    listeners.opened("b")
    with line.place("a") as silent, line.place("b") as heard, line.place("c") as new:
        assert line.gone(silent)
        assert not line.gone(heard)
        assert list(line.ahead(heard)) == []
        assert next(line.ahead(new)) == 1


def test_who_does_not_listen_loses_the_place(listeners):
    line = Line(listeners, grace=0)
    with line.place("a") as place:
        assert line.gone(place)
        assert list(line.ahead(place)) == []
        listeners.opened("a")
        assert not line.gone(place)
        listeners.closed("a")
        assert line.gone(place)


def test_a_session_that_asks_again_gives_up_its_last_place(listeners):
    line = Line(listeners, serving=1, waiting=1, grace=FOREVER)
    listeners.opened("a")
    with line.place("a") as first, line.place("a") as second:
        assert line.gone(first)
        assert not line.gone(second)
        assert list(line.ahead(second)) == []


def test_a_stream_that_is_open_twice_is_heard_until_both_are_closed(listeners):
    listeners.opened("a")
    listeners.opened("a")
    listeners.closed("a")
    assert listeners.has("a")
    listeners.closed("a")
    assert not listeners.has("a")
    assert not listeners.has(None)
