"""What the Learn tab sends to the page during a run, what it refuses, and what it leaves behind."""

from __future__ import annotations

import gc
import importlib.util
import json
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator

import gradio as gr
import numpy as np
import pytest

from siamese.training.trainer import Trainer
from siamese.ui import learn, live_training, page
from siamese.ui.line import Line
from siamese.ui.live_settings import SECONDS, Settings
from siamese.ui.live_training import run, split_gallery
from tests.helpers import ROOT, Everybody

PLENTY = 3600.0  # seconds that a run may take on a machine that is busy with other things


@pytest.fixture(scope="module")
def few(matcher):
    """So few pictures that a run is over in a second: 12 steps."""
    index = np.concatenate([np.flatnonzero(matcher.gallery.labels == label)[:60] for label in range(10)])
    return split_gallery(matcher.gallery.images[index], matcher.gallery.labels[index])


def asked(few, **settings) -> Iterator[dict]:
    """What the page gets when it asks for a run."""
    event = gr.EventData(None, {"number": 7, "settings": settings})
    return learn.messages(event, lambda chosen: run(chosen, few, PLENTY), Line(Everybody()), "visitor")


def test_the_page_gets_each_snapshot_and_in_the_end_all_of_them(few):
    *single, everything = asked(few, dim=2)
    assert [len(message["snapshots"]) for message in single] == [1] * len(single)
    assert everything["done"] and everything["snapshots"] == [message["snapshots"][0] for message in single]
    assert {message["number"] for message in single} == {7}
    assert everything["command"] == Settings(dim=2).command()


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (None, "Settings are names and values, got NoneType."),
        ([], "Settings are names and values, got NoneType."),
        ({}, "Settings are names and values, got NoneType."),
        (3, "Settings are names and values, got NoneType."),
        ("settings", "Settings are names and values, got NoneType."),
        ({"settings": 3}, "Settings are names and values, got int."),
        ({"number": [], "settings": {"dim": 1}}, "The embedding has 2 to 64 dimensions here, got 1."),
    ],
)
def test_a_page_that_asks_for_nonsense_is_told(sent, problem):
    event, line = gr.EventData(None, sent), Line(Everybody())
    (message,) = learn.messages(event, lambda chosen: pytest.fail("this must not run"), line, "visitor")
    assert message["problem"] == problem


def test_a_loss_that_breaks_is_told_in_a_line(few, monkeypatch):
    def broken(*_: object) -> None:
        raise ValueError("The loss is no longer a number: the learning rate is too high.")

    monkeypatch.setattr(Trainer, "_class_batches", broken)
    *_, message = asked(few)
    assert message["problem"] == "The loss is no longer a number: the learning rate is too high."


def test_closing_a_run_leaves_nothing_behind(few, monkeypatch):
    made = []

    def noted(*given: object) -> Trainer:
        trainer = Trainer(*given)
        made.append(weakref.ref(trainer))
        return trainer

    monkeypatch.setattr(live_training, "Trainer", noted)
    before = set(threading.enumerate())
    messages = asked(few)
    next(messages)
    next(messages)
    messages.close()
    gc.collect()
    assert made[0]() is None
    assert set(threading.enumerate()) <= before  # threads of earlier tests may have ended


@pytest.mark.parametrize(("given", "expected"), [({}, SECONDS), ({"learn_seconds": 600.0}, 600.0)])
def test_the_page_says_and_gives_the_time_of_a_run(matcher, monkeypatch, given, expected):
    def noted(settings: Settings, split: object, seconds: float, device: str) -> Iterator:
        times.append(seconds)
        yield from ()

    times: list[float] = []
    monkeypatch.setattr(live_training, "run", noted)
    demo = page.build(matcher, **given)
    texts = [block.value for block in demo.blocks.values() if isinstance(block, gr.Markdown)]
    assert any(f"for at most {expected:g} seconds" in text for text in texts)
    (train,) = [function.fn for function in demo.fns.values() if function.name == "train"]
    demo.listeners.opened("visitor")
    event, request = gr.EventData(None, {"number": 7, "settings": {}}), gr.Request(session_hash="visitor")
    (message,) = train(event, request)
    assert json.loads(message)["done"]
    assert times == [expected]


def test_a_first_visit_loads_nothing_of_training():
    unwanted = ["siamese.training", "siamese.ui.live_training", "siamese.ui.snapshots"]
    assert all(importlib.util.find_spec(name) for name in unwanted)
    code = (
        "import sys, siamese; from siamese.ui import page; page.build(siamese.load()); "
        f"print([name for name in {unwanted} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
