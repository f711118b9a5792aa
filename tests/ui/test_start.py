"""What the start of the app leaves undone, because a first visit does not need it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.helpers import ROOT

# Training, its figures and the Hub: each is imported by what needs it, when it does.
NOT_AT_START = (
    "openTSNE",
    "plotly.graph_objects",
    "siamese.bundle.hub",
    "siamese.data",
    "siamese.evaluation",
    "siamese.training",
    "sklearn",
    "torch._dynamo",
    "torchvision",
)
ASK = """
import json, sys, app
served, demo = app.build()
import torch
gallery = served.matcher.gallery
print(json.dumps([list(sys.modules), torch.get_num_threads(), "images" in vars(gallery), demo._queue.live_updates]))
"""


@pytest.fixture(scope="module")
def started() -> tuple[list[str], int, bool, bool]:
    """(modules imported, threads that torch takes, whether the pictures are decoded, whether the queue tells all)."""
    variables = {name: value for name, value in os.environ.items() if name not in ("OMP_NUM_THREADS", "SIAMESE_MODEL")}
    done = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def test_the_start_imports_nothing_that_a_first_visit_does_not_need(started):
    modules = started[0]
    assert "siamese.ui.compare" in modules
    assert [
        name for name in NOT_AT_START if find_spec(name) is None
    ] == []  # a name that is no module is never imported
    assert [name for name in NOT_AT_START if name in modules] == []


def test_the_gallery_is_not_decoded_at_the_start(started):
    assert not started[2]


def test_an_answer_keeps_to_one_core(started):
    assert started[1] == 1


def test_an_event_is_not_told_to_all_who_wait(started):
    assert not started[3]
