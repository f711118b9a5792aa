"""Several processes take the steps that one would take; a run of which one was killed ends in a line, and goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from siamese.bundle.format import load
from siamese.data.shares import Share
from siamese.training import distributed
from tests.helpers import ROOT
from tests.training.distributed_steps import TRAININGS, steps

SMALL = "--preset tiny --limit 200 --epochs 3 --embedding-dim 8 --device cpu --no-baselines --no-map".split()
KILLED = """
import os, signal, sys
import train
from siamese import cli
from siamese.models.processes import rank
from siamese.training.trainer import Trainer

steps = Trainer.steps

def interrupted(trainer):
    for step in steps(trainer):
        yield step
        if rank() == 1 and step.epoch == 1:
            os.kill(os.getpid(), signal.SIGKILL)

Trainer.steps = interrupted
sys.exit(cli.status_of("train.py", train.main, "Stopped. Go on with --resume."))
"""


def torchrun(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Two processes of a script on this machine."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*command, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def by_two(tmp_path_factory) -> dict:
    out = tmp_path_factory.mktemp("steps") / "steps.pt"
    ended = torchrun(ROOT / "tests/training/distributed_steps.py", out)
    assert ended.returncode == 0, ended.stderr
    return torch.load(out)


@pytest.mark.parametrize("name", TRAININGS)
def test_two_processes_take_the_steps_of_one(by_two, name):
    gradients, losses, pictures = steps(name)
    gradients_of_two, losses_of_two, pictures_of_two = by_two[name]
    assert gradients.keys() == gradients_of_two.keys() and len(gradients) > 5
    for key, gradient in gradients.items():
        assert gradient.abs().max() > 0
        torch.testing.assert_close(gradients_of_two[key], gradient, rtol=1e-5, atol=1e-5)
    assert pictures_of_two == pictures
    np.testing.assert_allclose(losses_of_two, losses, rtol=1e-5)
    assert len(losses) == TRAININGS[name][1]


def test_shares_hold_each_row_once():
    for whole in (1, 7, 50):
        for count in (1, 2, 3):
            rows = [row for number in range(count) for row in range(whole)[Share.of(whole, number, count).rows]]
            assert rows == list(range(whole))


def test_more_processes_than_pictures_in_a_batch_are_refused(monkeypatch):
    monkeypatch.setattr(distributed, "count", lambda: 16)
    distributed.check_batch(16)
    with pytest.raises(ValueError, match="A batch holds 12 pictures, too few for 16 processes: start fewer"):
        distributed.check_batch(12)


def test_a_killed_process_ends_the_run_in_one_line_and_another_run_goes_on(mnist_dir, tmp_path):
    out, script = tmp_path / "out", tmp_path / "killed.py"
    script.write_text(KILLED)
    arguments = ("--data-dir", mnist_dir, "--out", out, *SMALL)
    ended = torchrun(script, *arguments)
    assert ended.returncode != 0
    # It notices by itself, or torchrun, which ends all others, is faster.
    assert ended.stderr.count("Go on with --resume.") == 1, ended.stderr
    assert sorted(path.name for path in out.iterdir()) == ["checkpoint.pt"]
    again = torchrun(ROOT / "train.py", *arguments, "--resume")
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("Bundle: ") == 1
    assert [row["epoch"] for row in json.loads((out / "metrics.json").read_text())["history"]] == [1, 2, 3]
    load(out)


def test_bad_input_is_told_once(tmp_path):
    ended = torchrun(ROOT / "train.py", "--data-dir", tmp_path, "--out", tmp_path / "out", "--preset", "tiny")
    assert ended.returncode != 0
    assert ended.stderr.count("train.py: ") == 1, ended.stderr
