"""The line for long work: who is served, who waits, who loses the place. No test depends on time."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from siamese.ui.decoding_gate import BusyError
from siamese.ui.line import Line, Place
from siamese.ui.listeners import Listeners
from tests.helpers import Everybody

FOREVER = 1e6  # seconds of grace: a place is kept whoever listens
SECONDS = 60.0  # that a thread may take on a machine that is busy with other things


@pytest.fixture
def listeners() -> Listeners:
    return Listeners()


def served(line: Line, place: Place) -> bool:
    """Whether it is a place's turn."""
    return next(line.ahead(place), None) is None and not line.gone(place)


def test_the_first_is_served_at_once_and_the_others_are_told_how_many_come_first():
    line = Line(Everybody(), serving=1, waiting=3)
    with ExitStack() as stack:
        first, second, third = (stack.enter_context(line.place(name)) for name in ("a", "b", "c"))
        assert served(line, first)
        assert next(line.ahead(second)) == 1
        assert next(line.ahead(third)) == 2


def test_as_many_are_served_at_a_time_as_there_is_room_for():
    line = Line(Everybody(), serving=2, waiting=3)
    with line.place("a") as first, line.place("b") as second, line.place("c") as third:
        assert served(line, first) and served(line, second)
        assert next(line.ahead(third)) == 1


def test_a_place_that_is_left_lets_the_next_one_in():
    line = Line(Everybody(), serving=1, waiting=3)
    told: list[int] = []
    waits = threading.Event()

    def wait() -> None:
        with line.place("b") as place:
            for ahead in line.ahead(place):
                told.append(ahead)
                waits.set()
            told.append(0 if not line.gone(place) else -1)

    with line.place("a") as first:
        assert served(line, first)
        thread = threading.Thread(target=wait)
        thread.start()
        assert waits.wait(SECONDS)
    thread.join(SECONDS)
    assert told == [1, 0]


def test_a_full_line_refuses_while_all_listen():
    line = Line(Everybody(), serving=1, waiting=1)
    with line.place("a") as first:
        assert served(line, first)
        with line.place("b"), pytest.raises(BusyError, match="Try again in a minute"), line.place("c"):
            pass
    with line.place("c") as place:
        assert served(line, place)


def test_nothing_is_begun_for_who_does_not_listen_and_others_pass(listeners):
    line = Line(listeners, serving=1, waiting=3, grace=FOREVER)
    listeners.opened("b")
    with line.place("a") as silent, line.place("b") as heard, line.place("c") as late:
        assert served(line, heard)
        assert next(line.ahead(silent)) == 1
        listeners.opened("c")
        assert next(line.ahead(late)) == 1
        listeners.opened("a")
        assert next(line.ahead(late)) == 2


def test_a_full_line_takes_a_place_from_the_first_that_does_not_listen(listeners):
    line = Line(listeners, serving=1, waiting=2, grace=FOREVER)
    listeners.opened("b")
    with line.place("a") as silent, line.place("b") as heard, line.place("c") as new:
        assert line.gone(silent)
        assert not line.gone(heard) and not line.gone(new)


def test_work_that_goes_on_keeps_others_from_beginning_even_if_it_is_lost():
    line = Line(Everybody(), serving=1, waiting=2)
    with line.place("a") as first:
        assert served(line, first)
        with line.place("a") as second:
            assert line.gone(first)
            assert next(line.ahead(second)) == 1


def test_who_does_not_listen_loses_the_place(listeners):
    line = Line(listeners, grace=0)
    with line.place("a") as place:
        assert line.gone(place)
        assert list(line.ahead(place)) == []
        listeners.opened("a")
        assert served(line, place)
        listeners.closed("a")
        assert line.gone(place)


def test_a_session_that_asks_again_gives_up_its_last_place(listeners):
    line = Line(Everybody(), serving=1, waiting=1)
    with line.place("a") as first, line.place("a") as second:
        assert line.gone(first)
        assert served(line, second)


def test_a_stream_that_is_open_twice_is_heard_until_both_are_closed(listeners):
    listeners.opened("a")
    listeners.opened("a")
    listeners.closed("a")
    assert listeners.has("a")
    listeners.closed("a")
    assert not listeners.has("a")
    assert not listeners.has(None)
