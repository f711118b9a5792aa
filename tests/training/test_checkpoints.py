"""A run that is stopped and goes on ends as if it had never been stopped."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from siamese.config import NetworkConfig, RunConfig, TrainingConfig
from siamese.data.images import LabeledImages
from siamese.data.sources import Role, Source
from siamese.models.networks import EmbeddingNet
from siamese.training import checkpoints, trainer
from siamese.training.trainer import Trainer, train
from tests.helpers import TINY, identical, weights

RUN = RunConfig(network=TINY, training=TrainingConfig(epochs=4, learning_rate=0.01))
RUNS = {
    "supcon": RUN,
    "pairs": replace(RUN, training=replace(RUN.training, loss="contrastive", sampling="pairs")),
    "triplets": replace(RUN, training=replace(RUN.training, loss="triplet", sampling="triplets")),
}


def trainer_of(digits: LabeledImages, config: RunConfig = RUN, network: NetworkConfig = TINY) -> Trainer:
    torch.manual_seed(config.training.seed)
    return Trainer(EmbeddingNet(network), [Source(digits, Role.DIGIT, 6)], config.training)


@pytest.mark.parametrize("name", RUNS)
def test_a_restored_run_goes_on_to_the_last_bit(digits, tmp_path, monkeypatch, name):
    monkeypatch.setattr(trainer, "mixed_precision", lambda device: nullcontext())
    config = RUNS[name]
    whole = trainer_of(digits, config)
    train(whole)

    def save_and_stop(run: Trainer, figures: dict) -> None:
        checkpoints.save(run, tmp_path / "checkpoint.pt", config)
        if figures["epoch"] == 2:
            raise InterruptedError

    stopped = trainer_of(digits, config)
    with pytest.raises(InterruptedError):
        train(stopped, on_epoch=save_and_stop)
    torch.manual_seed(99)
    resumed = Trainer(EmbeddingNet(TINY), [Source(digits, Role.DIGIT, 6)], config.training)
    checkpoints.restore(resumed, checkpoints.read(tmp_path / "checkpoint.pt", config))
    assert resumed.epoch == 2
    train(resumed)
    assert [row["loss"] for row in resumed.history] == [row["loss"] for row in whole.history]
    assert identical(weights(resumed.net), weights(whole.net))
    assert identical(weights(resumed.ema), weights(whole.ema))


@pytest.fixture
def checkpoint(digits, tmp_path) -> Path:
    run = trainer_of(digits)
    run.epoch, run.history = 1, [{"epoch": 1, "loss": 0.5, "active": 1.0, "images_per_second": 9.0, "seconds": 1.0}]
    checkpoints.save(run, tmp_path / "checkpoint.pt", RUN)
    return tmp_path / "checkpoint.pt"


def test_a_checkpoint_of_other_settings_is_refused_by_name(checkpoint):
    other = replace(RUN, training=replace(RUN.training, epochs=9))
    with pytest.raises(ValueError, match=r"other settings \(training.epochs is 4 there and 9 here\)"):
        checkpoints.read(checkpoint, other)


def test_settings_are_compared_by_value(digits, checkpoint):
    """A configuration that was made another way, and says the same, is the same."""
    same = replace(RUN, training=replace(RUN.training, epochs=2 + 2, learning_rate=0.02 / 2))
    run = trainer_of(digits, same)
    checkpoints.restore(run, checkpoints.read(checkpoint, same))
    assert run.epoch == 1


def test_a_checkpoint_of_another_network_is_refused(digits, checkpoint):
    run = trainer_of(digits, network=replace(TINY, embedding_dim=5))
    with pytest.raises(ValueError, match="another network"):
        checkpoints.restore(run, checkpoints.read(checkpoint, RUN), str(checkpoint))


@pytest.mark.parametrize("damage", ["empty", "cut", "garbage", "missing", "foreign", "not ours", "overwritten"])
def test_a_damaged_checkpoint_is_refused_in_one_line(checkpoint, damage):
    whole = checkpoint.read_bytes()
    checkpoint.unlink()
    if damage == "foreign":
        torch.save(torch.zeros(3), checkpoint)
    elif damage == "not ours":
        torch.save({"weights": torch.zeros(3)}, checkpoint)
    elif damage != "missing":
        middle = len(whole) // 2
        contents = {
            "empty": b"",
            "cut": whole[:middle],
            "garbage": b"no checkpoint " * 50,
            "overwritten": whole[:100] + bytes(middle) + whole[100 + middle :],
        }
        checkpoint.write_bytes(contents[damage])
    with pytest.raises(ValueError, match="checkpoint") as caught:
        checkpoints.read(checkpoint, RUN)
    assert "without --resume" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kept", 3),
        ("net", None),
        ("ema", []),
        ("optimizer", "text"),
        ("epoch", "1"),
        ("epoch", 5),
        ("epoch", -1),
        ("history", {}),
        ("history", []),
        ("best", 1.5),
    ],
)
def test_a_checkpoint_with_a_field_of_another_kind_is_refused(checkpoint, field, value):
    state = torch.load(checkpoint, weights_only=True)
    for changed in (state | {field: value}, {name: state[name] for name in state if name != field}):
        torch.save(changed, checkpoint)
        with pytest.raises(ValueError, match="Start again without --resume"):
            checkpoints.read(checkpoint, RUN)


@pytest.mark.parametrize("field", ["net", "ema", "optimizer"])
def test_a_checkpoint_with_something_else_within_a_field_is_refused(digits, checkpoint, field):
    state = torch.load(checkpoint, weights_only=True)
    for other in ({}, {"state": None, "param_groups": 3}, {"last_epoch": "x"}):
        torch.save(state | {field: other}, checkpoint)
        found = checkpoints.read(checkpoint, RUN)
        with pytest.raises(ValueError, match="Start again without --resume"):
            checkpoints.restore(trainer_of(digits), found)


def _set(state: dict, path: str, value: object) -> None:
    *parents, last = path.split("/")
    for parent in parents:
        state = state[int(parent) if parent.isdigit() else parent]
    state[int(last) if last.isdigit() else last] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "net/backbone.stages.0.convolutions.0.0.weight",
            torch.zeros(2),
            "weight is float32 (2,), expected float32 (4,",
        ),
        ("net/backbone.stages.0.convolutions.0.0.weight", None, "weight is None, expected float32"),
        (
            "net/heads.digits.bias",
            torch.full((8,), float("nan")),
            "net.heads.digits.bias holds values that are not numbers",
        ),
        ("net/another", torch.zeros(2), "net.another is unknown"),
        ("ema/n_averaged", 3, "ema.n_averaged is 3, expected int64 ()"),
        ("best", {}, "is missing"),
        (
            "optimizer/state/0/exp_avg",
            torch.zeros(2),
            "optimizer.state.0.exp_avg is float32 (2,), expected float32 (8,",
        ),
        ("optimizer/state/0/step", "many", "optimizer.state.0.step is 'many'"),
        ("optimizer/state/999", {}, "optimizer.state.999 is unknown"),
        (
            "optimizer/param_groups/0/lr",
            float("inf"),
            "optimizer.param_groups.0.lr is inf, expected from 0 to 100",
        ),
        ("optimizer/param_groups/0/lr", "fast", "optimizer.param_groups.0.lr is 'fast'"),
        ("optimizer/param_groups/0/betas", (0.9, 7.0), "optimizer.param_groups.0.betas is (0.9, 7.0)"),
        ("optimizer/param_groups/1/weight_decay", 5.0, "optimizer.param_groups.1.weight_decay is 5.0, expected 0.03"),
        ("optimizer/param_groups/0/params", [0, 0], "optimizer.param_groups.0.params is list"),
        ("optimizer/param_groups", [], "optimizer.param_groups is list, expected a list of 2"),
        ("history/0", 4, "history[0] is 4, expected a dictionary"),
        ("history/0/epoch", 7, "history[0].epoch is 7, expected 1"),
        ("history/0/loss", float("nan"), "history[0].loss is nan, expected a number"),
        ("history/0/seconds", "few", "history[0].seconds is 'few', expected a number"),
    ],
)
def test_a_value_within_a_checkpoint_is_named_that_a_run_cannot_go_on_from(digits, tmp_path, path, value, message):
    def stop(run: Trainer, figures: dict) -> None:
        checkpoints.save(run, tmp_path / "checkpoint.pt", RUN)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        train(trainer_of(digits), on_epoch=stop)
    state = checkpoints.read(tmp_path / "checkpoint.pt", RUN)
    _set(state, path, value)
    run = trainer_of(digits)
    before = weights(run.net)
    with pytest.raises(ValueError, match="Start again without --resume") as caught:
        checkpoints.restore(run, state, "runs/base/checkpoint.pt")
    assert str(caught.value).startswith("runs/base/checkpoint.pt is damaged") and message in str(caught.value)
    assert run.epoch == 0 and identical(weights(run.net), before)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    torch.save({"config": Trap()}, tmp_path / "checkpoint.pt")
    with pytest.raises(ValueError, match="cannot be read as a checkpoint"):
        checkpoints.read(tmp_path / "checkpoint.pt", RUN)
    assert not (tmp_path / "sprung").exists()


def test_differences_are_named_by_their_path():
    there, here = {"a": {"b": 1, "c": [1, 2]}}, {"a": {"b": 1, "c": [1, 3]}, "d": None}
    assert checkpoints.differences(there, here) == ["a.c is [1, 2] there and [1, 3] here"]
    assert checkpoints.differences(there, {**here, "d": 4})[1] == "d is None there and 4 here"


def test_a_checkpoint_of_an_older_version_is_refused_in_one_line(tmp_path):
    torch.save({"config": "TrainConfig(epochs=4, ...)"}, tmp_path / "checkpoint.pt")
    with pytest.raises(ValueError, match="of an older version"):
        checkpoints.read(tmp_path / "checkpoint.pt", RUN)


def test_what_a_filter_kept_comes_back(digits, tmp_path):
    kept = torch.arange(300) % 7 != 0
    checkpoints.save(trainer_of(digits), tmp_path / "checkpoint.pt", RUN, kept)
    assert torch.equal(checkpoints.read(tmp_path / "checkpoint.pt", RUN)["kept"], kept)
