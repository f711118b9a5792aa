"""One-shot classification: ties are broken at random, and the published layout is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from siamese.config import InferenceConfig, NetworkConfig, Views
from siamese.data.omniglot import character_ink
from siamese.evaluation import one_shot
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet


def characters(count: int = 30, drawers: int = 5) -> np.ndarray:
    """Drawings that hold in their first pixel whose they are, and in the next which character."""
    drawn = np.zeros((count, drawers, 28, 28), np.uint8)
    drawn[..., 0, 0] = np.arange(drawers)
    drawn[..., 0, 1] = np.arange(count)[:, None]
    return drawn


def one_hot(ink: np.ndarray) -> np.ndarray:
    """A perfect embedding of `characters`."""
    return np.eye(30)[ink[:, 0, 1]]


def constant(ink: np.ndarray) -> np.ndarray:
    return np.ones((len(ink), 4))


def first_one_wins(ink: np.ndarray) -> np.ndarray:
    """A broken embedding, by which whatever stands first in a batch is nearest to everything."""
    rows = np.ones((len(ink), 1))
    rows[0] = 2
    return rows


def test_a_generated_run_has_its_published_shape():
    for run in one_shot.generate_runs(characters(), runs=10, seed=1):
        assert run.support.shape == run.queries.shape == (20, 28, 28)
        assert sorted(run.answers) == list(range(20))
        assert len(set(run.support[:, 0, 1])) == 20
        assert (run.queries[:, 0, 1] == run.support[run.answers, 0, 1]).all()
        drawers = set(run.support[:, 0, 0]), set(run.queries[:, 0, 0])
        assert len(drawers[0]) == len(drawers[1]) == 1
        assert drawers[0] != drawers[1]


def test_generated_runs_differ_and_come_again_for_the_same_seed():
    once, again, other = (one_shot.generate_runs(characters(), 3, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a.support, b.support) for a, b in zip(once, again, strict=True))
    assert not np.array_equal(once[0].support, other[0].support)
    assert not np.array_equal(once[0].support, once[1].support)


def test_a_perfect_embedding_makes_no_error():
    assert [one_shot.error(run, one_hot) for run in one_shot.generate_runs(characters(), 5, seed=1)] == [0] * 5


def test_one_wrong_query_in_twenty_is_five_percent():
    run = one_shot.generate_runs(characters(), 1, seed=1)[0]
    answers = run.answers.copy()
    answers[3] = (answers[3] + 1) % 20
    assert one_shot.error(one_shot.Run(run.support, run.queries, answers), one_hot) == pytest.approx(0.05)


def test_a_constant_scorer_is_wrong_nineteen_times_in_twenty():
    """Were ties not broken at random, this run, whose answer is always the first, would score 0 % or 100 %."""
    blank = np.zeros((20, 28, 28), np.uint8)
    run = one_shot.Run(blank, blank, np.zeros(20, np.int64))
    errors = [one_shot.error(run, constant, seed) for seed in range(200)]
    assert np.mean(errors) == pytest.approx(0.95, abs=0.015)
    assert min(errors) > 0.5


def test_the_place_of_a_support_gives_nothing_away():
    blank = np.zeros((20, 28, 28), np.uint8)
    run = one_shot.Run(blank, blank, np.zeros(20, np.int64))
    errors = [one_shot.error(run, first_one_wins, seed) for seed in range(400)]
    assert np.mean(errors) == pytest.approx(0.95, abs=0.04)


# --- the published layout -------------------------------------------------------------------------------


def write_drawing(path: Path, number: int) -> None:
    picture = Image.new("1", (105, 105), 1)
    ImageDraw.Draw(picture).line((20, 20, 40 + 10 * number, 80), fill=0, width=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)


@pytest.fixture
def published(tmp_path) -> Path:
    """Two runs of three classes. Their tables list the queries in an order of their own."""
    for run in ("run01", "run02"):
        lines = []
        for item, answer in ((1, 3), (2, 1), (3, 2)):
            write_drawing(tmp_path / "all_runs" / run / "training" / f"class{answer:02}.png", answer)
            write_drawing(tmp_path / "all_runs" / run / "test" / f"item{item:02}.png", answer)
            lines.append(f"{run}/test/item{item:02}.png {run}/training/class{answer:02}.png")
        (tmp_path / "all_runs" / run / "class_labels.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_published_runs_are_read(published):
    runs = one_shot.read_runs(published)
    assert len(runs) == 2
    for run in runs:
        assert run.answers.tolist() == [2, 0, 1]
        assert np.array_equal(run.queries, run.support[run.answers])
    first = (published / "all_runs" / "run01" / "training" / "class01.png").read_bytes()
    assert np.array_equal(runs[0].support[0], character_ink(first))


def test_published_runs_are_read_at_the_resolution_of_the_network(published):
    fine = one_shot.read_runs(published, 56)[0]
    assert fine.support.shape == (3, 56, 56)
    first = (published / "all_runs" / "run01" / "training" / "class01.png").read_bytes()
    assert np.array_equal(fine.support[0], character_ink(first, 56))
    assert fine.answers.tolist() == [2, 0, 1]


def test_published_runs_are_scored(published):
    def pixels(ink: np.ndarray) -> np.ndarray:
        rows = ink.reshape(len(ink), -1) / 255
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    assert [one_shot.error(run, pixels) for run in one_shot.read_runs(published)] == [0, 0]


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no runs"):
        one_shot.read_runs(tmp_path)


def test_a_missing_or_broken_drawing_is_refused(published):
    (published / "all_runs" / "run01" / "test" / "item02.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="cannot be read"):
        one_shot.read_runs(published)
    (published / "all_runs" / "run01" / "test" / "item02.png").unlink()
    with pytest.raises(ValueError, match="cannot be read"):
        one_shot.read_runs(published)


def test_a_network_is_measured_by_its_few_shot_head_and_views(matcher, monkeypatch):
    """Drawings that several runs show are embedded once, and what comes out is as if each run were embedded alone."""
    torch.manual_seed(0)
    net = EmbeddingNet(
        NetworkConfig(channels=(4, 8, 8), blocks=(1, 1, 1), embedding_dim=8, heads=("digits", "symbols"))
    )
    inference = InferenceConfig(few_shot_head="symbols", few_shot_views=Views((-20.0, 0.0, 20.0)))
    of_seven = matcher.gallery.images[matcher.gallery.labels == 7][: 20 * 3].reshape(20, 3, 28, 28)
    runs = one_shot.generate_runs(of_seven, runs=4, seed=0)

    def alone(ink: np.ndarray) -> np.ndarray:
        return embed(net, torch.from_numpy(ink)[:, None], "symbols", inference.few_shot_views).numpy()

    expected, embedded = one_shot.mean_error(runs, alone), []
    monkeypatch.setattr(one_shot, "embed", lambda *arguments: embedded.append(len(arguments[1])) or embed(*arguments))
    before = torch.random.get_rng_state()
    measured = one_shot.omniglot(net, runs, inference)
    assert list(measured) == ["this network", "untrained network", "raw pixels"]
    assert measured["this network"] == expected
    assert 0.3 < measured["raw pixels"][0] < 1
    assert embedded == [len({ink.tobytes() for run in runs for ink in (*run.support, *run.queries)})] * 2
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_image_distortion_model_counts_for_the_network_alone(matcher):
    of_seven = matcher.gallery.images[matcher.gallery.labels == 7][: 20 * 3].reshape(20, 3, 28, 28)
    runs = one_shot.generate_runs(of_seven, runs=4, seed=0)
    torch.manual_seed(0)
    net = EmbeddingNet(NetworkConfig(channels=(4, 8, 8), blocks=(1, 1, 1), embedding_dim=8))
    plain = InferenceConfig(few_shot_views=Views())
    without, beside = (one_shot.omniglot(net, runs, replace(plain, few_shot_distortion=weight)) for weight in (0, 10))
    assert beside["this network"] != without["this network"]
    for name in ("untrained network", "raw pixels"):
        assert beside[name] == without[name]

    def blind(ink: np.ndarray) -> np.ndarray:
        return np.ones((len(ink), 1), np.float32)

    digits = np.stack([matcher.gallery.images[matcher.gallery.labels == digit][:3] for digit in range(10)])
    runs = one_shot.generate_runs(np.concatenate([digits, np.rot90(digits, axes=(2, 3))]), runs=4, seed=0)
    assert one_shot.mean_error(runs, blind)[0] > 0.85
    assert one_shot.mean_error(runs, blind, distortion=0.6)[0] < 0.6


def test_an_unknown_few_shot_head_is_refused(net):
    runs = one_shot.generate_runs(characters(), 1, seed=1)
    with pytest.raises(ValueError, match="letters"):
        one_shot.omniglot(net, runs, InferenceConfig(few_shot_head="letters"))
