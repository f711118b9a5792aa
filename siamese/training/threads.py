"""How many threads a step of training computes with: found by trial, and tried again as the run goes on.

Where another process holds a core, two threads are slower than one: at the end of each operation the first waits for the
second, which waits for its core. The harm is bounded by what `train.py` sets before torch is imported: a thread that waits
spins only briefly before it sleeps. The trial takes what is left of it, and notices when the cores are free again.
"""

from __future__ import annotations

import os
import statistics
import time

import torch

from siamese.models.device import usable_cores
from siamese.training.step import Step
from siamese.training.trainer import Trainer

WARM_UP = 8  # steps before the first trial: the first of all are slower, whatever their threads
TRIES = 3  # steps by each number of threads in a trial, after one that is not counted
AGAIN = 200  # steps from one trial to the next
LEAST_GAIN = 0.03  # by which more threads have to be faster


def candidates(cores: int) -> tuple[int, ...]:
    """The numbers of threads that are tried on so many cores: 1, 2, 4 and so on, and all of them."""
    return tuple(sorted({cores, *(2**power for power in range(cores.bit_length()) if 2**power <= cores)}))


class ThreadTrial:
    """Sets torch's number of threads before each step, and learns from the time that the step took.

    Args:
        choices: the numbers to try, ascending. A single one is set, and nothing is tried.
    """

    def __init__(self, choices: tuple[int, ...]) -> None:
        self.choices, self.chosen = choices, choices[0]
        self.trial = len(choices) * (TRIES + 1) if len(choices) > 1 else 0  # steps of a trial
        self.steps, self.ended = -WARM_UP, 0.0  # from the first trial on
        self.seconds: dict[int, list[float]] = {}
        torch.set_num_threads(self._next())

    @classmethod
    def of_machine(cls, threads: int | None = None) -> ThreadTrial:
        """A trial among this process's cores; of no others than were asked for, here or by `OMP_NUM_THREADS`."""
        fixed = threads or (torch.get_num_threads() if os.environ.get("OMP_NUM_THREADS") else 0)
        return cls((fixed,) if fixed else candidates(usable_cores()))

    def on_step(self, trainer: Trainer, step: Step) -> None:
        """A step has ended: a callback for `trainer.train`."""
        now, before = time.perf_counter(), self.ended
        self.ended = now
        at = self.steps % AGAIN
        self.steps += 1
        if at < self.trial:
            # The first by another number of threads also moves memory about, and before the first of an epoch came the
            # measuring after the last.
            if at % (TRIES + 1) and (step.step - 1) % trainer.steps_per_epoch:
                self.seconds.setdefault(self.choices[at // (TRIES + 1)], []).append((now - before) / step.images)
            if at + 1 == self.trial:
                self.chosen = fastest({count: statistics.median(times) for count, times in self.seconds.items()})
                self.seconds.clear()
        torch.set_num_threads(self._next())

    def _next(self) -> int:
        """The number of threads of the next step."""
        at = self.steps % AGAIN
        return self.choices[at // (TRIES + 1)] if at < self.trial else self.chosen


def fastest(seconds: dict[int, float]) -> int:
    """The number of threads that takes the least time; of nearly equal ones the lowest.

    Args:
        seconds: of a picture, by the number of threads.
    """
    best = min(seconds, default=1)
    for threads in sorted(seconds):
        if seconds[threads] < seconds[best] * (1 - LEAST_GAIN):
            best = threads
    return best
