"""Threads on free cores and beside another process: python benchmarks/threads.py [--steps 60]

A training step of the preset `fast` and the embedding of 2,000 digits, in milliseconds, by one thread, by two that spin while they
wait, by two that sleep, by two that sleep after a brief spin, as `train.py` has it, and as `train.py` chooses; first on two free cores, then
while another process computes. Limit: as `train.py` chooses, with a core held, at most 1.15 times one thread.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

import common

BRIEF = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "5000"}  # as train.py sets them
SETTINGS = {
    "one thread": {"OMP_NUM_THREADS": "1"},
    "two, spinning": {"OMP_NUM_THREADS": "2"},
    "two, passive": {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive"},
    "two, brief spin": {"OMP_NUM_THREADS": "2"} | BRIEF,
    "as train.py": BRIEF,
}
WARM_UP = 20  # steps, so that the first trial is over


def measure(steps: int) -> None:
    """Print the milliseconds of a step and of embedding, in this process's environment."""
    import torch
    import training_step

    import siamese
    from siamese.models.inference import embed
    from siamese.training.threads import ThreadTrial

    trainer = training_step.make_trainer("fast")
    trial = ThreadTrial.of_machine(trainer.device)
    times = []
    start = time.perf_counter()
    for number, step in enumerate(training_step.endless(trainer)):
        trial.on_step(trainer, step)
        now = time.perf_counter()
        times.append((now - start) * 1000)
        start = now
        if number == WARM_UP + steps:
            break
    matcher = siamese.load()
    images = torch.from_numpy(matcher.gallery.images[:2000])[:, None]
    embedding = common.median_ms(lambda: embed(matcher.net, images), 9)
    print(f"{statistics.median(times[WARM_UP + 1 :]):.1f} {embedding:.1f} {torch.get_num_threads()}")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--here", action="store_true", help="measure in this process's environment alone")
    options = parser.parse_args(arguments)
    if options.here:
        measure(options.steps)
        return
    print(common.where())
    for busy in (False, True):
        other = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
        print("one core held" if busy else "free cores")
        try:
            for name, variables in SETTINGS.items():
                environment = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"} | variables
                printed = subprocess.run(
                    [sys.executable, __file__, "--here", "--steps", str(options.steps)],
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=True,
                )
                step, embedding, threads = printed.stdout.split()
                print(
                    f"  {name:15s} step {step:>6s} ms   embedding {embedding:>7s} ms   threads at the end: {threads}",
                    flush=True,
                )
        finally:
            if other:
                other.kill()


if __name__ == "__main__":
    main()
