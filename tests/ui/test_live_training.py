"""A run to look at: what was chosen is what is trained, what is seen is what the network does, and it ends."""

from __future__ import annotations

import base64
import gc
import os
import shlex
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

import train as command
from siamese.evaluation import metrics
from siamese.models.networks import EmbeddingNet, NetworkConfig, embed
from siamese.training.trainer import Sources, TrainConfig, Trainer, train
from siamese.ui import learn
from siamese.ui import live_training as watching
from siamese.ui.live_training import Settings
from tests.helpers import ROOT


@pytest.fixture(scope="module")
def pictures(matcher):
    return learn.pictures(matcher)


@pytest.fixture(scope="module")
def few(matcher):
    """So few pictures that a run is over in a second: 12 steps."""
    index = np.concatenate([np.flatnonzero(matcher.gallery.labels == label)[:60] for label in range(10)])
    return watching.parted(matcher.gallery.images[index], matcher.gallery.labels[index])


# --- settings -----------------------------------------------------------------------------------------


def presets() -> list:
    runs = [(name, number, run) for name, _, runs in learn.PRESETS for number, run in enumerate(runs)]
    return [pytest.param(Settings.of(run), id=f"{name}-{number}") for name, number, run in runs]


@pytest.mark.parametrize("settings", [*presets(), Settings(loss="supcon", dim=3, temperature=0.2, seed=7)])
def test_the_command_trains_the_same_in_full(settings):
    words = shlex.split(settings.command())
    assert words[:2] == ["python", "train.py"]
    options = command.parse(words[2:])
    recipe = {field.name: getattr(options, field.name) for field in fields(TrainConfig) if field.name in command.RECIPE}
    assert TrainConfig(**recipe) == settings.recipe()
    network = NetworkConfig(options.backbone, options.embedding_dim, options.channels, options.blocks)
    assert network == settings.network()
    assert tuple(options.exclude_classes) == settings.excluded


def test_the_ready_settings_begin_with_the_default():
    assert Settings.of(learn.PRESETS[0][2][0]) == Settings()


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {"loss": "cross-entropy"},
        {"mining": "hardest"},
        {"margin": 3},
        {"margin": "wide"},
        {"margin": float("nan")},
        {"loss": "supcon", "temperature": 0},
        {"dim": 1},
        {"dim": 10**6},
        {"learning_rate": 0},
        {"learning_rate": float("inf")},
        {"excluded": [10]},
        {"excluded": list(range(9))},
        {"excluded": 8},
        {"seed": -1},
        {"epochs": 1000},
    ],
)
def test_what_cannot_be_trained_is_told(values):
    with pytest.raises(ValueError, match=r"\w"):
        Settings.of(values)


# --- pictures -----------------------------------------------------------------------------------------


def test_a_hundred_of_each_digit_are_held_out_and_never_trained_on(matcher, pictures):
    assert torch.bincount(pictures.held.labels).tolist() == [100] * 10
    assert len(pictures.fit) == len(matcher.gallery) - 1000
    fitted = {image.tobytes() for image in pictures.fit.images.numpy()}
    assert not any(image.tobytes() in fitted for image in pictures.held.images.numpy())
    assert np.array_equal(matcher.gallery.images[pictures.indices], pictures.held.images[:, 0].numpy())
    again = watching.parted(matcher.gallery.images, matcher.gallery.labels)
    assert np.array_equal(again.indices, pictures.indices)


def test_a_gallery_that_is_too_small_is_told(digits):
    with pytest.raises(ValueError, match="too few pictures"):
        watching.parted(digits.images[:, 0].numpy(), digits.labels.numpy())


# --- frames -------------------------------------------------------------------------------------------


def trained(settings: Settings, pictures) -> torch.Tensor:
    """The held-out pictures' embeddings by the package's own training, without frames, on one thread as a run is.

    Two threads sum in another order, and in mixed precision a few steps make much of that.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    net = EmbeddingNet(settings.network())
    trainer = Trainer(net, Sources(pictures.fit.without(list(settings.excluded))), settings.recipe())
    train(trainer)
    embedded = embed(trainer.averaged, pictures.held.images)
    torch.set_num_threads(before)
    return embedded


@pytest.mark.parametrize("dim", [2, 3])
def test_the_last_frame_is_the_trained_network(few, dim):
    settings = Settings(dim=dim, seed=3)
    *_, last = watching.run(settings, few)
    assert last.last and last.step == last.steps == 12
    expected = trained(settings, few)
    sent = np.frombuffer(base64.b64decode(learn.packed(last)["places"]), "<i2").reshape(-1, dim) / learn.SCALE
    assert np.abs(sent - expected.numpy()).max() < 1e-3
    _, nearest = metrics.nearest(expected, expected, 5, exclude_self=True)
    named = metrics.vote(few.held.labels[nearest]) == few.held.labels
    assert last.accuracy == pytest.approx(float(named.float().mean()), abs=0.02)


def test_of_many_dimensions_the_principal_components_are_seen(few):
    settings = Settings(dim=16)
    *_, before, last = watching.run(settings, few)
    expected = trained(settings, few)
    centred = (expected - expected.mean(0)).double()
    axes = torch.linalg.lstsq(centred, torch.from_numpy(last.places).double()).solution
    assert torch.allclose(axes.T @ axes, torch.eye(3, dtype=torch.double), atol=1e-2), "an orthogonal projection"
    best = torch.linalg.eigvalsh(centred.T @ centred)
    assert last.shown == pytest.approx(float(best[-3:].sum() / best.sum()), abs=0.05), "and nearly the best one"
    moved = np.linalg.norm(last.places - before.places, axis=1).mean()
    assert moved < np.linalg.norm(last.places, axis=1).mean(), "no jump from frame to frame"


def test_digits_left_out_are_not_trained_on_but_seen(few, monkeypatch):
    learned = []
    monkeypatch.setattr(watching, "Sources", lambda digits: learned.append(digits) or Sources(digits))
    *_, last = watching.run(Settings(dim=2, excluded=(8, 9)), few)
    assert sorted(learned[0].labels.unique().tolist()) == list(range(8))
    assert len(last.places) == len(few.held)
    assert 0 <= last.unseen <= 1
    assert next(watching.run(Settings(dim=2), few)).unseen is None


def test_the_figures_of_a_frame(few):
    first, second, *_ = watching.run(Settings(), few)
    assert (first.step, first.loss, first.active, first.last) == (0, None, None, False)
    assert second.step == watching.EVERY and second.loss > 0 and 0 < second.active <= 1
    for frame in (first, second):
        assert frame.same.sum() == pytest.approx(1) and frame.different.sum() == pytest.approx(1)
        assert frame.places.shape == (len(few.held), 3) and np.abs(frame.places).max() <= 2


def test_the_same_seed_shows_the_same_run(few):
    one, two = ([frame.places for frame in watching.run(Settings(seed=5), few)] for _ in range(2))
    assert all(np.allclose(a, b, atol=1e-4) for a, b in zip(one, two, strict=True))


# --- limits -------------------------------------------------------------------------------------------


def test_a_run_ends_when_its_time_is_up(pictures, monkeypatch):
    *_, last = watching.run(Settings(), pictures, seconds=0.3)
    assert last.last and 0 < last.step < last.steps
    monkeypatch.setattr(watching, "PATIENCE", 0.3)
    *_, last = watching.run(Settings(), pictures)
    assert last.last and 0 < last.step < last.steps


def test_a_run_takes_one_core_and_leaves_the_others_as_they_were(few, monkeypatch):
    within = []
    monkeypatch.setattr(watching, "Trainer", lambda *given: within.append(torch.get_num_threads()) or Trainer(*given))
    before = torch.get_num_threads()
    for _ in watching.run(Settings(), few):
        assert torch.get_num_threads() == before
    assert within == [1]


def asked(few, **settings) -> Iterator[dict]:
    """What the page gets when it asks for a run."""
    return learn.messages({"number": 7, "settings": settings}, lambda chosen: watching.run(chosen, few))


def test_the_page_gets_each_frame_and_in_the_end_all_of_them(few):
    *single, everything = asked(few, dim=2)
    assert [len(message["frames"]) for message in single] == [1] * len(single)
    assert everything["over"] and everything["frames"] == [message["frames"][0] for message in single]
    assert {message["number"] for message in single} == {7}
    assert everything["command"] == Settings(dim=2).command()


@pytest.mark.parametrize("asked", [None, [], {}, {"settings": 3}, {"number": [], "settings": {"dim": 1}}])
def test_a_page_that_asks_for_nonsense_is_told(asked):
    (message,) = learn.messages(asked, lambda chosen: pytest.fail("this must not run"))
    assert message["problem"]


def test_a_loss_that_breaks_is_told_in_a_line(few, monkeypatch):
    def broken(*_: object) -> None:
        raise ValueError("The loss is no longer a number: the learning rate is too high.")

    monkeypatch.setattr(Trainer, "_batch_loss", broken)
    *_, message = asked(few)
    assert message["problem"] == "The loss is no longer a number: the learning rate is too high."


def test_leaving_off_leaves_nothing_behind(few, monkeypatch):
    made = []

    def noted(*given: object) -> Trainer:
        trainer = Trainer(*given)
        made.append(weakref.ref(trainer))
        return trainer

    monkeypatch.setattr(watching, "Trainer", noted)
    threads = threading.active_count()
    messages = asked(few)
    next(messages)
    next(messages)
    messages.close()
    gc.collect()
    assert made[0]() is None
    assert threading.active_count() == threads


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_stays_level_over_twenty_runs(few):
    def resident() -> int:
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    sizes = []
    for number in range(23):
        for frame in watching.run(Settings(seed=number), few):
            if number % 2 and frame.step == 4:
                break
        sizes.append(resident())
    assert max(sizes[-3:]) - max(sizes[:3]) < 30e6


def test_a_first_visit_loads_nothing_of_training():
    code = "import sys, siamese, siamese.ui; siamese.ui.build(siamese.load()); print([m for m in sys.modules if m in ('siamese.training', 'siamese.watching', 'siamese.camera')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
