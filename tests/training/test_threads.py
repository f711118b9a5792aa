"""The number of threads that a step computes with is found by trial."""

from __future__ import annotations

import pytest
import torch

from siamese.training import threads
from siamese.training.threads import ThreadTrial, candidates, fastest
from siamese.training.trainer import Step

CPU = torch.device("cpu")


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


def test_the_fastest_number_is_kept_until_the_machine_has_changed(monkeypatch):
    run, trial = Run(monkeypatch, {1: 0.10, 2: 0.30}), ThreadTrial((1, 2))
    run.go_on(trial, threads.WARM_UP)
    assert set(run.used) == {2}, "before anything was tried, all cores are used"
    run.used.clear()
    run.go_on(trial, threads.AGAIN)
    assert set(run.used[:8]) == {1, 2} and set(run.used[8:]) == {1}
    run.seconds = {1: 0.10, 2: 0.06}  # the other process has ended
    run.used.clear()
    run.go_on(trial, threads.AGAIN)
    assert trial.chosen == 2
    assert run.used.count(2) > run.used.count(1)


def test_on_many_cores_no_trial_goes_far_from_what_is_used(monkeypatch):
    """From all cores down, a neighbour at a time, to the fastest; then only that one's neighbours are tried."""
    choices = candidates(64)
    run = Run(monkeypatch, {count: 1 / min(count, 8) + 0.01 * count for count in choices})
    trial = ThreadTrial(choices)
    run.go_on(trial, 80)
    assert trial.chosen == 8
    run.used.clear()
    run.go_on(trial, 3 * threads.AGAIN)
    assert set(run.used) == {4, 8, 16}
    assert run.used.count(8) > 0.9 * len(run.used)


def test_a_run_that_ends_in_a_trial_is_measured_by_what_was_found(monkeypatch):
    run, trial = Run(monkeypatch, {1: 0.3, 2: 0.2}), ThreadTrial((1, 2))
    run.go_on(trial, threads.WARM_UP + 1)
    assert torch.get_num_threads() == 1
    trial.settle()
    assert torch.get_num_threads() == 2


def test_what_was_asked_for_is_not_tried(monkeypatch):
    run, trial = Run(monkeypatch, {3: 0.1}), ThreadTrial.of_machine(CPU, 3)
    run.go_on(trial, 20)
    assert set(run.used) == {3}
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert ThreadTrial.of_machine(CPU).choices == (3,)


def test_beside_a_gpu_nothing_is_tried(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert ThreadTrial.of_machine(torch.device("cuda")).choices == (torch.get_num_threads(),)


def test_the_one_thread_that_torchrun_sets_was_not_asked_for(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    torch.set_num_threads(1)
    assert ThreadTrial.of_machine(CPU).choices == (1,)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setattr(threads, "usable_cores", lambda: 8)
    assert ThreadTrial.of_machine(CPU).choices == (1, 2, 4, 8)


def test_slow_first_steps_decide_nothing(monkeypatch):
    run, trial = Run(monkeypatch, {1: 0.95, 2: 0.9}), ThreadTrial((1, 2))
    run.go_on(trial, threads.WARM_UP - 1)
    run.seconds = {1: 0.10, 2: 0.12}
    run.go_on(trial, threads.AGAIN)
    assert trial.chosen == 1
