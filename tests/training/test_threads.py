"""The number of threads that a step computes with is found by trial."""

from __future__ import annotations

import pytest
import torch

from siamese.training import threads
from siamese.training.threads import ThreadTrial, candidates, fastest
from siamese.training.trainer import Step


class Run:
    """Stands in for a trainer whose steps take so long by each number of threads."""

    steps_per_epoch = 150

    def __init__(self, monkeypatch, seconds: dict[int, float]) -> None:
        self.seconds, self.now, self.step = seconds, 0.0, 0
        self.used: list[int] = []
        monkeypatch.setattr(threads.time, "perf_counter", lambda: self.now)

    def go_on(self, trial: ThreadTrial, steps: int) -> None:
        for _ in range(steps):
            self.step += 1
            count = torch.get_num_threads()
            self.used.append(count)
            if self.step % self.steps_per_epoch == 1:
                self.now += 100  # measuring after an epoch
            self.now += self.seconds[count] * 60
            trial.on_step(self, Step(self.step, 0, 0.0, 0.0, 60))


@pytest.fixture(autouse=True)
def as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("cores", "tried"), [(1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (16, (1, 2, 4, 8, 16))])
def test_powers_of_two_and_all_cores_are_tried(cores, tried):
    assert candidates(cores) == tried


def test_more_threads_have_to_be_plainly_faster():
    assert fastest({1: 1.0, 2: 0.99}) == 1
    assert fastest({1: 1.0, 2: 0.6, 4: 0.59}) == 2
    assert fastest({1: 1.0, 2: 3.0}) == 1
    assert fastest({}) == 1


def test_the_fastest_number_is_kept_until_the_machine_has_changed(monkeypatch):
    run, trial = Run(monkeypatch, {1: 0.10, 2: 0.30}), ThreadTrial((1, 2))
    run.go_on(trial, threads.WARM_UP)
    run.used.clear()
    run.go_on(trial, threads.AGAIN)
    assert set(run.used[:8]) == {1, 2} and set(run.used[8:]) == {1}
    run.seconds = {1: 0.10, 2: 0.06}  # the other process has ended
    run.used.clear()
    run.go_on(trial, threads.AGAIN)
    assert set(run.used[8:]) == {2}


def test_what_was_asked_for_is_not_tried(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    run, trial = Run(monkeypatch, {3: 0.1}), ThreadTrial.of_machine(3)
    run.go_on(trial, 20)
    assert set(run.used) == {3}
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert ThreadTrial.of_machine().choices == (3,)


def test_slow_first_steps_decide_nothing(monkeypatch):
    run, trial = Run(monkeypatch, {1: 0.9, 2: 0.95}), ThreadTrial((1, 2))
    run.go_on(trial, threads.WARM_UP - 1)
    run.seconds = {1: 0.10, 2: 0.12}
    run.go_on(trial, threads.AGAIN)
    assert trial.chosen == 1
