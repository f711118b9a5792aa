"""A step that never ends is given up; one that ends gives what it gives."""

from __future__ import annotations

import threading

import pytest

from siamese.bundle.deadline import within


def test_a_step_in_time_gives_its_result_or_its_error() -> None:
    assert within(60, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        within(60, divmod, 7, 0)


def test_a_step_that_never_ends_is_given_up_and_goes_on_by_itself() -> None:
    go_on, done = threading.Event(), threading.Event()

    def step() -> None:
        go_on.wait()
        done.set()

    with pytest.raises(TimeoutError, match=r"longer than 0\.01 seconds"):
        within(0.01, step)
    go_on.set()
    assert done.wait(60)
