"""Live training: the settings are what is trained, the snapshots show what the network does, and a run ends."""

from __future__ import annotations

import base64
import gc
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from siamese.data.sources import Role, Source
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.search import nearest, vote
from siamese.training import trainer as training
from siamese.training.trainer import Trainer, train
from siamese.ui import learn, live_training
from siamese.ui.live_settings import Settings
from siamese.ui.live_training import split_gallery
from siamese.ui.snapshots import Batch, Snapshot, Snapshots

PLENTY = 3600.0  # seconds that a run may take on a machine that is busy with other things


@pytest.fixture(scope="module")
def split(matcher):
    return learn.split_of(matcher)


@pytest.fixture(scope="module")
def few(matcher):
    """So few pictures that a run is over in a second: 12 steps."""
    index = np.concatenate([np.flatnonzero(matcher.gallery.labels == label)[:60] for label in range(10)])
    return split_gallery(matcher.gallery.images[index], matcher.gallery.labels[index])


def run(settings: Settings, split, seconds: float = PLENTY) -> Iterator[Snapshot]:
    return live_training.run(settings, split, seconds)


# --- the split -----------------------------------------------------------------------------------------


def test_a_hundred_of_each_digit_are_held_out_and_never_trained_on(matcher, split):
    assert torch.bincount(split.held_out.labels).tolist() == [100] * 10
    assert len(split.fit) == len(matcher.gallery) - 1000
    fit = {image.tobytes() for image in split.fit.images.numpy()}
    assert not any(image.tobytes() in fit for image in split.held_out.images.numpy())
    assert np.array_equal(matcher.gallery.images[split.indices], split.held_out.images[:, 0].numpy())
    again = split_gallery(matcher.gallery.images, matcher.gallery.labels)
    assert np.array_equal(again.indices, split.indices)


def test_a_gallery_that_is_too_small_is_told(digits):
    with pytest.raises(ValueError, match="too few pictures"):
        split_gallery(digits.images[:, 0].numpy(), digits.labels.numpy())


# --- snapshots -------------------------------------------------------------------------------------------


def trained(settings: Settings, split) -> np.ndarray:
    """The held-out pictures' embeddings by the package's own training, without snapshots, on one thread as a run is.

    Two threads sum in another order, and in mixed precision a few steps make much of that.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    config = settings.run()
    net = EmbeddingNet(config.network)
    source = Source(split.fit.without(settings.excluded), Role.DIGIT, per_class=12)
    trainer = Trainer(net, [source], config.training)
    train(trainer)
    embedded = embed(trainer.ema, split.held_out.images)
    torch.set_num_threads(before)
    return embedded.numpy()


@pytest.mark.parametrize("dim", [2, 3])
def test_the_last_snapshot_is_the_trained_network(few, dim):
    settings = Settings(dim=dim, seed=3)
    *_, last = run(settings, few)
    assert last.last and last.step == last.steps == 12
    expected = trained(settings, few)
    sent = (
        np.frombuffer(base64.b64decode(learn.snapshot_value(last)["positions"]), "<i2").reshape(-1, dim) / learn.SCALE
    )
    assert np.abs(sent - expected).max() < 1e-3
    labels = few.held_out.labels.numpy()
    _, indices = nearest(expected, expected, 5, exclude_self=True)
    assert last.accuracy == pytest.approx((vote(labels[indices]) == labels).mean(), abs=0.02)


def test_of_many_dimensions_the_principal_components_are_shown(few):
    settings = Settings(dim=16)
    *_, before, last = run(settings, few)
    expected = torch.from_numpy(trained(settings, few))
    centred = (expected - expected.mean(0)).double()
    axes = torch.linalg.lstsq(centred, torch.from_numpy(last.positions).double()).solution
    assert torch.allclose(axes.T @ axes, torch.eye(3, dtype=torch.double), atol=1e-2), "an orthogonal projection"
    best = torch.linalg.eigvalsh(centred.T @ centred)
    assert last.explained == pytest.approx(float(best[-3:].sum() / best.sum()), abs=0.05), "and nearly the best one"
    moved = np.linalg.norm(last.positions - before.positions, axis=1).mean()
    assert moved < np.linalg.norm(last.positions, axis=1).mean(), "no jump from snapshot to snapshot"


def test_excluded_digits_are_not_trained_on_but_shown(few, monkeypatch):
    learned = []

    def noted(net: EmbeddingNet, sources: list[Source], *given: object) -> Trainer:
        learned.extend(sources)
        return Trainer(net, sources, *given)

    monkeypatch.setattr(live_training, "Trainer", noted)
    *_, last = run(Settings(dim=2, excluded=(8, 9)), few)
    (source,) = learned
    assert sorted(source.pictures.labels.unique().tolist()) == list(range(8))
    assert (source.role, source.per_class) == (Role.DIGIT, 12)
    assert len(last.positions) == len(few.held_out)
    assert 0 <= last.unseen_accuracy <= 1
    assert next(run(Settings(dim=2), few)).unseen_accuracy is None


def test_the_figures_of_a_snapshot(few):
    first, second, *_ = run(Settings(), few)
    assert (first.step, first.loss, first.active, first.last) == (0, None, None, False)
    assert second.step == live_training.STEPS_BETWEEN and second.loss > 0 and 0 < second.active <= 1
    for snapshot in (first, second):
        assert snapshot.same.sum() == pytest.approx(1) and snapshot.different.sum() == pytest.approx(1)
        assert snapshot.positions.shape == (len(few.held_out), 3) and np.abs(snapshot.positions).max() <= 2


def test_the_same_seed_shows_the_same_run(few):
    one, two = ([snapshot.positions for snapshot in run(Settings(seed=5), few)] for _ in range(2))
    assert all(np.allclose(a, b, atol=1e-4) for a, b in zip(one, two, strict=True))


def test_the_lines_are_of_the_batch_that_was_learned_from(few, monkeypatch):
    learned, asked = [], []
    drawn, take = training.batches, Snapshots.take

    def batches(*given):
        for pictures in drawn(*given):
            learned.append(pictures.clone())
            yield pictures

    def noted(self: Snapshots, net: EmbeddingNet, batch: Batch, *given) -> Snapshot:
        asked.append(batch)
        return take(self, net, batch, *given)

    monkeypatch.setattr(training, "batches", batches)
    monkeypatch.setattr(Snapshots, "take", noted)
    first, *others = run(Settings(dim=2, excluded=(8,)), few)
    assert first.lines.step == 1
    assert [snapshot.lines.step for snapshot in others] == [snapshot.step for snapshot in others]
    for batch in asked:
        assert torch.equal(batch.pictures.images, learned[batch.step - 1])
        assert 8 not in batch.pictures.labels
    for lines in (first.lines, others[-1].lines):
        assert np.linalg.norm(lines.positions, axis=1) == pytest.approx(1, abs=1e-4), "on the circle, as the map is"
        same = lines.labels[lines.pulled]
        assert (same[:, 0] == same[:, 1]).all()
        different = lines.labels[lines.pushed]
        assert (different[:, 0] != different[:, 1]).all()


@pytest.mark.parametrize("loss", ["contrastive", "triplet", "supcon"])
def test_lines_are_few_and_short_to_send(few, loss):
    snapshot = next(run(Settings(loss=loss), few))
    sent = learn.snapshot_value(snapshot)["lines"]
    assert len(json.dumps(sent)) < 1000
    assert len(base64.b64decode(sent["positions"])) == 2 * 3 * len(sent["labels"])
    assert {end for pair in (*sent["pulled"], *sent["pushed"]) for end in pair} == set(range(len(sent["labels"])))


# --- limits -------------------------------------------------------------------------------------------


def test_a_run_ends_when_its_time_is_up(split, monkeypatch):
    *_, last = run(Settings(), split, seconds=0.3)
    assert last.last and 0 < last.step < last.steps
    monkeypatch.setattr(live_training, "PATIENCE", 0.3 / PLENTY)
    *_, last = run(Settings(), split, seconds=PLENTY)
    assert last.last and 0 < last.step < last.steps


def test_a_run_takes_one_core_and_leaves_the_others_as_they_were(few, monkeypatch):
    within = []
    noted = lambda *given: within.append(torch.get_num_threads()) or Trainer(*given)  # noqa: E731
    monkeypatch.setattr(live_training, "Trainer", noted)
    before = torch.get_num_threads()
    for _ in run(Settings(), few):
        assert torch.get_num_threads() == before
    assert within == [1]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_stays_level_over_twenty_runs(few):
    def resident() -> int:
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    sizes = []
    for number in range(23):
        for snapshot in run(Settings(seed=number), few):
            if number % 2 and snapshot.step == 4:
                break
        sizes.append(resident())
    assert max(sizes[-3:]) - max(sizes[:3]) < 30e6
