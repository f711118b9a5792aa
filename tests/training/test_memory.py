"""What a run takes of the memory is counted before it begins; what cannot fit is refused."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch

import train
from siamese import cli
from siamese.config import PRESETS, InputConfig, RunConfig
from siamese.training import memory
from tests.picture_folders import write_folder

FORM = InputConfig("photo", (32, 32), 3, (0.5,) * 3, (0.5,) * 3, None, None, "crop")
CONFIG = replace(PRESETS["pictures"], input=FORM)


def kept(batch: int, side: int = 32, config: RunConfig = CONFIG) -> int:
    """Bytes that a step keeps, beside the weights."""
    config = replace(config, input=replace(FORM, size=(side, side)))
    return memory.step_bytes(config, batch) - memory.step_bytes(config, 0)


def test_a_step_takes_as_much_as_its_pictures():
    assert kept(8) == pytest.approx(2 * kept(4), rel=0.01)
    assert kept(4, side=64) == pytest.approx(4 * kept(4), rel=0.1)


def test_a_step_keeps_a_map_of_every_convolution_and_of_its_normalisation(monkeypatch):
    """Counted by hand for a network of two stages of one convolution each, on a machine that computes in float32."""
    monkeypatch.setattr(memory, "mixed_precision", lambda device: nullcontext())
    small = replace(CONFIG.network, channels=(4, 8), blocks=(1, 1))
    maps = 3 * 32 * 32 + 4 * 32 * 32 + 4 * 16 * 16 + 8 * 16 * 16  # what enters and leaves each convolution
    batch, floats = 16, 4
    assert batch * floats * maps <= kept(batch, config=replace(CONFIG, network=small)) <= 3 * batch * floats * maps


def test_a_frozen_backbone_keeps_next_to_nothing():
    frozen = replace(CONFIG, training=replace(CONFIG.training, freeze_epochs=CONFIG.training.epochs))
    assert kept(8, config=frozen) < kept(8) / 10


def test_the_first_weights_of_a_run_are_not_drawn_from_by_the_count():
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    memory.step_bytes(CONFIG, 1)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("words", "free", "message"),
    [
        (["--image-size", "512"], 10**9, "To train on 48 pictures of 512x512 at a time takes some"),
        (["--image-size", "64"], 10**3, "are free. Choose a smaller --image-size or a smaller --backbone."),
    ],
)
def test_pictures_that_cannot_fit_are_refused_before_they_are_read(tmp_path, capsys, monkeypatch, words, free, message):
    folder = write_folder(tmp_path / "things", 20, 3)
    monkeypatch.setattr(memory, "available_memory", lambda: float(free))
    monkeypatch.setattr("siamese.data.own_pictures.read_pictures", lambda *_, **__: pytest.fail("pictures were read"))
    arguments = ["--images", str(folder), "--out", str(tmp_path / "out"), *words, "--device", "cpu"]
    assert cli.status_of("train.py", lambda: train.main(arguments)) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("train.py: ") and message in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--embedding-dim", "4096"], "To measure 70000 pictures of 28x28 at a time takes some 2.3 GB of memory"),
        (["--backbone", "resnet18"], "To train on"),
    ],
)
def test_digits_that_cannot_fit_are_refused(tmp_path, capsys, monkeypatch, words, message):
    monkeypatch.setattr(memory, "available_memory", lambda: 1e7 if "--backbone" in words else 1e9)
    arguments = ["--data-dir", str(tmp_path), "--out", str(tmp_path / "out"), *words, "--device", "cpu"]
    assert cli.status_of("train.py", lambda: train.main(arguments)) == 2
    assert message in capsys.readouterr().err
