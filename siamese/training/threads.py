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
from siamese.models.processes import local_world_size
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

    A trial compares the number that is used, all cores at first, with the next lower and the next higher one. Where one
    of them is faster it is used, and compared with its own neighbours at once.

    Args:
        choices: the numbers to try, ascending. A single one is set, and nothing is tried.
    """

    def __init__(self, choices: tuple[int, ...]) -> None:
        self.choices, self.chosen = choices, choices[-1]
        self.wait = WARM_UP  # steps until the next trial
        self.planned: list[int] = []  # the numbers of threads of a trial's steps that are to come
        self.before = 0  # the number of the step before, within a trial
        self.seconds: dict[int, list[float]] = {}
        self.ended = 0.0
        torch.set_num_threads(self.chosen)

    @classmethod
    def of_machine(cls, device: torch.device, threads: int | None = None) -> ThreadTrial:
        """A trial among this process's cores; of no others than were asked for, here or by `OMP_NUM_THREADS`.

        A step on a GPU hardly depends on their number: torch's stays.
        """
        asked = os.environ.get("OMP_NUM_THREADS")
        if asked == "1" and local_world_size() > 1:  # torchrun sets it where nobody has
            asked = None
        fixed = threads or (torch.get_num_threads() if asked or device.type != "cpu" else 0)
        return cls((fixed,) if fixed else candidates(usable_cores()))

    def on_step(self, trainer: Trainer, step: Step) -> None:
        """A step has ended: a callback for `trainer.train`."""
        now, before = time.perf_counter(), self.ended
        self.ended = now
        if not self.planned:
            self.wait -= 1
        else:
            count = self.planned.pop(0)
            # The first by another number of threads also moves memory about, and before the first of an epoch came the
            # measuring after the last.
            if count == self.before and (step.step - 1) % trainer.steps_per_epoch:
                self.seconds.setdefault(count, []).append((now - before) / step.images)
            self.before = count
            if not self.planned:
                self._decide()
        if not self.planned and self.wait <= 0 and len(self.choices) > 1:
            self.seconds, self.before = {}, 0
            self.planned = [count for count in self._near(self.chosen) for _ in range(1 + TRIES)]
        torch.set_num_threads(self.planned[0] if self.planned else self.chosen)

    def settle(self) -> None:
        """Training has ended, perhaps in the middle of a trial: what is measured now computes by the number found so far."""
        torch.set_num_threads(self.chosen)

    def _decide(self) -> None:
        """After a trial: which number is used from now on, and when the next trial comes."""
        before = self._near(self.chosen)
        if self.seconds:
            self.chosen = fastest({count: statistics.median(times) for count, times in self.seconds.items()})
        self.wait = 0 if set(self._near(self.chosen)) - set(before) else AGAIN

    def _near(self, chosen: int) -> tuple[int, ...]:
        """A number with the next lower and the next higher one."""
        at = self.choices.index(chosen)
        return self.choices[max(0, at - 1) : at + 2]


def fastest(seconds: dict[int, float]) -> int:
    """The number of threads that takes the least time; of nearly equal ones the lowest.

    Args:
        seconds: of a picture, by the number of threads; at least one.
    """
    best = min(seconds)
    for threads in sorted(seconds):
        if seconds[threads] < seconds[best] * (1 - LEAST_GAIN):
            best = threads
    return best
