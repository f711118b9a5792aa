"""train.py as a program: it ends with a bundle, goes on after a kill, measures honestly, and refuses what it can't use."""

from __future__ import annotations

import json
import os
import re
import runpy
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import train
from siamese.bundle.format import FILES, Bundle, load
from siamese.bundle.measurements import Pictures
from siamese.bundle.metrics import find
from siamese.config import PRESETS, RunConfig, SourceConfig, from_json
from siamese.data.images import limit
from siamese.data.mnist import load_mnist
from siamese.data.sources import Role, Source
from siamese.data.synthetic.letters import load_scripts
from siamese.models.inference import embed, projections
from siamese.recipes import digits as digits_recipe
from tests.helpers import FEW_SHOT, ROOT, identical, six_times, write_mnist
from tests.omniglot_files import write_omniglot

SMALL = "--preset tiny --limit 600 --epochs 4 --embedding-dim 8 --device cpu".split()

KILLED = """
import os, signal, sys
import train
from siamese.training.trainer import Trainer

steps = Trainer.steps

def interrupted(trainer):
    for step in steps(trainer):
        yield step
        if step.epoch == 2 and step.step == 2 * trainer.steps_per_epoch + 3:
            os.kill(os.getpid(), signal.SIGKILL)

Trainer.steps = interrupted
train.main(sys.argv[1:])
"""


def run(program: list[str], mnist_dir: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *program, "--data-dir", str(mnist_dir), "--out", str(out), *SMALL, *options]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)


def comparable(out: Path) -> list[dict]:
    history = json.loads((out / "metrics.json").read_text())["history"]
    return [{key: row[key] for key in ("epoch", "loss", "active", "validation_accuracy")} for row in history]


@pytest.fixture(scope="module")
def finished(mnist_dir, tmp_path_factory) -> tuple[Path, str]:
    """(bundle, output) of a run that was never killed."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    done = run(["train.py"], mnist_dir, out)
    assert done.returncode == 0, done.stderr
    return out, done.stdout


def test_a_run_ends_with_its_bundle_and_its_table(finished):
    out, output = finished
    assert output.rstrip().endswith(f"Bundle: {out}")
    accuracy = find(load(out).measurements.test, "5-nn accuracy")
    assert f"| {accuracy.title} | {accuracy.text} |" in output
    assert {name for name in FILES if (out / name).is_file()} == set(FILES)
    assert (out / "report.html").stat().st_size > 100_000
    for epoch in range(1, 5):
        assert f"epoch {epoch}/4" in output
    for word in ("loss", "active", "images/s", "validation 5-NN"):
        assert word in output


def test_a_run_records_how_to_make_it_again(finished):
    measured = load(finished[0]).measurements
    assert measured.command == "python train.py --preset tiny --limit 600 --embedding-dim 8 --epochs 4"
    tiny = PRESETS["tiny"]
    assert from_json(RunConfig, measured.config) == replace(
        tiny,
        data=replace(tiny.data, limit=600),
        network=replace(tiny.network, embedding_dim=8),
        training=replace(tiny.training, epochs=4),
    )
    assert measured.pictures == Pictures(fit=600, test=600, pairs=600 * 599 // 2)


def test_a_map_of_principal_components_is_not_called_t_sne(finished, mnist_dir, tmp_path):
    out = tmp_path / "plain"
    done = run(["train.py"], mnist_dir, out, "--no-map", "--no-baselines", "--epochs", "1")
    assert done.returncode == 0, done.stderr
    plain = load(out).measurements
    assert (load(finished[0]).measurements.layout, plain.layout) == ("t-sne", "pca")
    assert plain.command.endswith("--no-baselines --no-map")
    assert not plain.baselines


def test_a_run_says_what_its_bundle_does(finished, mnist_dir):
    """The reported accuracy is that of the saved weights, taken by hand on the pictures of each set."""
    loaded = load(finished[0])
    fit, test = (limit(load_mnist(mnist_dir, train=part), 600) for part in (True, False))
    a, b = (embed(loaded.net, part.images, views=loaded.inference.views) for part in (fit, test))
    nearest = [int((a - query).norm(dim=1).argmin()) for query in b]
    by_hand = float((fit.labels[nearest] == test.labels).float().mean())
    assert loaded.measurements.value("1-nn accuracy") == pytest.approx(by_hand, abs=0.007)
    assert np.array_equal(loaded.gallery.images, test.images[:, 0].numpy())
    assert loaded.gallery.embeddings == pytest.approx(b.numpy(), abs=0.002)


def test_a_run_killed_in_an_epoch_and_resumed_ends_as_if_never_killed(finished, mnist_dir, tmp_path):
    out = tmp_path / "killed"
    killed = run(["-c", KILLED], mnist_dir, out)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert sorted(path.name for path in out.iterdir()) == ["checkpoint.pt"]
    assert torch.load(out / "checkpoint.pt", weights_only=True)["epoch"] == 2

    resumed = run(["train.py"], mnist_dir, out, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert "epoch 2/4" not in resumed.stdout  # only the epoch under way was lost
    assert "epoch 3/4" in resumed.stdout
    whole, _ = finished
    assert comparable(out) == comparable(whole)
    assert len(comparable(out)) == 4
    assert identical(load_file(out / "model.safetensors"), load_file(whole / "model.safetensors"))


def test_labels_without_meaning_are_learned_by_heart_but_not_read(matcher, tmp_path):
    """The honest score of random labels is one in ten; scoring what was fitted would give ten in ten."""
    rng = np.random.default_rng(0)
    images = matcher.gallery.images
    fit, test = ((pictures, rng.integers(0, 10, len(pictures))) for pictures in (six_times(images), images))
    write_mnist(tmp_path, fit, test)
    out = tmp_path / "run"
    train.main(["--data-dir", str(tmp_path), "--out", str(out), *SMALL, "--epochs", "1"])
    measured = load(out).measurements
    assert measured.value("1-nn accuracy") < 0.17
    assert measured.value("5-nn accuracy") < 0.17
    assert measured.value("roc auc") == pytest.approx(0.5, abs=0.02)


# --- whole runs with other sources --------------------------------------------------------------------------


def run_without_8_and_9(
    mnist_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, preset: RunConfig
) -> tuple[dict[Role, Source], Bundle]:
    """What a whole run of a preset learns from that leaves 8 and 9 out, and its bundle."""
    (tmp_path / "MNIST").symlink_to(mnist_dir / "MNIST")
    write_omniglot(tmp_path, "small1", {"Greek": 6, "Early_Aramaic": 20})
    small = replace(preset.network, channels=(4, 8, 8), blocks=(1, 1, 1), embedding_dim=8)
    monkeypatch.setitem(PRESETS, name, replace(preset, network=small))
    seen: list[Source] = []
    make = digits_recipe.training_sources
    monkeypatch.setattr(
        digits_recipe, "training_sources", lambda *given: seen.extend(sources := make(*given)) or sources
    )
    out, words = tmp_path / "run", ["--preset", name, "--epochs", "1", "--limit", "400", "--device", "cpu"]
    train.main(["--data-dir", str(tmp_path), "--out", str(out), *words, "--exclude-classes", "8", "9"])
    sources = {source.role: source for source in seen}
    assert set(sources[Role.DIGIT].pictures.labels.tolist()) == set(range(8))
    symbols = sources[Role.SYMBOL].pictures
    assert len(symbols.names) == 6 * 4
    assert all(name.startswith("Greek") for name in symbols.names)
    return sources, load(out)


def test_a_whole_run_never_sees_the_digits_left_out(mnist_dir, tmp_path, monkeypatch):
    """It learns by two heads, then a network of its own for symbols, and is measured on what it never saw."""
    runes = tuple(script for script in load_scripts() if script.name == "Runic")
    monkeypatch.setattr("siamese.recipes.few_shot.load_scripts", lambda: runes)
    full = PRESETS["full"]
    preset = replace(
        full,
        data=replace(
            full.data,
            filter_label_noise=False,
            pen=None,
            corrupted=SourceConfig(pictures=40, per_class=2),
            omniglot=("small1",),
            held_out_alphabets=("Early_Aramaic",),
            symbols=SourceConfig(classes=5, per_class=4, every=4),
            outliers=SourceConfig(pictures=9, per_class=3, every=4),
        ),
        few_shot=FEW_SHOT,
    )
    sources, trained = run_without_8_and_9(mnist_dir, tmp_path, monkeypatch, "full", preset)
    assert sources[Role.OUTLIER].pictures.names == ("outlier",)
    assert len(sources[Role.OUTLIER].pictures) == 9
    assert trained.net.config.heads == ("digits",)
    assert trained.inference.few_shot_head == "symbols"
    assert (trained.few_shot_net.config.heads, trained.few_shot_net.input.size) == (("symbols",), (56, 56))
    assert trained.measurements.trained_on == ("mnist", "omniglot", "letters")
    own = [parameter for net in trained.nets.values() for parameter in net.parameters()]
    assert trained.measurements.parameters == sum(parameter.numel() for parameter in own)
    assert all(torch.equal(weight.half().float(), weight) for weight in own if weight.ndim > 1)
    found = trained.measurements.generalisation
    assert 0 < find(found, "digits 8, 9/digits/equal error rate").value < 0.6
    assert len([figure for figure in found if "one-shot" in figure.key]) == 2


def test_the_preset_for_unseen_classes_learns_from_halves_of_the_others(mnist_dir, tmp_path, monkeypatch):
    unseen = PRESETS["unseen"]
    preset = replace(
        unseen,
        data=replace(
            unseen.data,
            omniglot=("small1",),
            digits=SourceConfig(pictures=160, per_class=4),
            pen=None,
            half_swaps=SourceConfig(pictures=7, classes=32, per_class=4),
            reference_pictures=150,
        ),
    )
    sources, trained = run_without_8_and_9(mnist_dir, tmp_path, monkeypatch, "unseen", preset)
    assert len(sources[Role.DIGIT].pictures) == 160
    assert sources[Role.SYNTHETIC].pictures.labels.bincount().tolist() == [7] * 8 * 7
    assert trained.net.config.heads == ("digits",)
    assert trained.inference.few_shot_head == "digits"
    assert trained.inference.views == unseen.views and trained.inference.views.deskew > 0
    learned = [sources[role].pictures.images for role in (Role.DIGIT, Role.SYNTHETIC)]
    mean = projections(trained.net, torch.cat(learned)).mean(dim=0)
    assert mean.abs().max() < 1e-4, "the head is centred on digits and half-swap classes"
    rate = find(trained.measurements.generalisation, "digits 8, 9/digits/equal error rate")
    assert rate.title == "Digits 8, 9, never trained on: equal error rate"
    assert 0 < rate.value < 0.6
    assert trained.measurements.pictures.fit == 150 + 400 * 5 // 60  # with the validation pictures


def test_a_resumed_run_learns_from_what_the_label_noise_filter_kept(mnist_dir, tmp_path, monkeypatch, capsys):
    """The filter runs on the run's own seed and device, says what it leaves out, and is not run again."""
    asked = []

    def clean(pictures, seed, device):
        asked.append((len(pictures), seed, device))
        return torch.arange(len(pictures)) >= 5

    monkeypatch.setattr(digits_recipe, "clean_labels", clean)
    tiny = PRESETS["tiny"]
    monkeypatch.setitem(PRESETS, "tiny", replace(tiny, data=replace(tiny.data, filter_label_noise=True)))
    arguments = ["--data-dir", str(mnist_dir), "--out", str(tmp_path / "run"), *SMALL, "--epochs", "1", "--seed", "3"]
    for more in ([], ["--resume"]):
        train.main([*arguments, *more])
        assert "Label-noise filter: 5 of 550 digits left out" in capsys.readouterr().out
    assert asked == [(550, 3, "cpu")]


# --- what train.py refuses ------------------------------------------------------------------------------------


def refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """The one line that train.py says on stderr before it exits with status 2."""
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(ROOT / "train.py"), run_name="__main__")
    assert caught.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("train.py: ")
    return line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--embedding-dim", "0"], "--embedding-dim must be at least 2"),
        (["--limit", "5"], "--limit must be at least 100 images, got 5"),
        (["--loss", "triplet", "--sampling", "pairs"], "goes with the loss"),
        (["--preset", "full"], "No pen strokes"),
        (["--preset", "unseen"], "No pen strokes"),
        (["--pretrained-backbone"], "no pretrained weights"),
        (["--resume"], "without --resume"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_options_are_refused(mnist_dir, tmp_path, capsys, monkeypatch, options, message):
    out = tmp_path / "run"
    common = ["--data-dir", str(mnist_dir), "--out", str(out)] + ["--limit", "200"] * ("--limit" not in options)
    assert message in refused(capsys, monkeypatch, *common, *options)
    assert not out.exists()


def test_alphabets_that_are_not_there_cannot_be_held_out(mnist_dir, tmp_path, capsys, monkeypatch):
    (tmp_path / "MNIST").symlink_to(mnist_dir / "MNIST")
    unseen = PRESETS["unseen"]
    monkeypatch.setitem(PRESETS, "unseen", replace(unseen, data=replace(unseen.data, pen=None)))
    common = ["--data-dir", str(tmp_path), "--out", str(tmp_path / "run"), "--limit", "200", "--preset", "unseen"]
    assert "No Omniglot set" in refused(capsys, monkeypatch, *common)
    for name in ("small1", "small2"):
        write_omniglot(tmp_path, name, {"Greek": 2})
    assert "Some of Greek can be held out, and not all; got Klingon" in refused(
        capsys, monkeypatch, *common, "--hold-out", "Klingon"
    )
    assert "Some of Greek can be held out, and not all; got Greek" in refused(
        capsys, monkeypatch, *common, "--hold-out", "Greek"
    )


def test_a_missing_data_folder_is_refused(tmp_path):
    done = run(["train.py"], tmp_path / "nowhere", tmp_path / "run")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "No MNIST in" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_data_of_one_class_are_refused(matcher, tmp_path, capsys, monkeypatch):
    images = six_times(matcher.gallery.images)
    write_mnist(tmp_path, (images, np.full(60_000, 3)), (matcher.gallery.images, np.full(10_000, 3)))
    out = tmp_path / "run"
    line = refused(capsys, monkeypatch, "--data-dir", str(tmp_path), "--out", str(out), "--limit", "200")
    assert "at least two classes, the data has 1" in line
    assert not out.exists()


def test_a_corrupted_checkpoint_is_refused_and_left_as_it_is(mnist_dir, tmp_path, capsys, monkeypatch):
    (tmp_path / "checkpoint.pt").write_bytes(b"PK half a file")
    words = ["--data-dir", str(mnist_dir), "--out", str(tmp_path), "--limit", "200", "--resume"]
    assert "Start again without --resume" in refused(capsys, monkeypatch, *words)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]
    assert (tmp_path / "checkpoint.pt").read_bytes() == b"PK half a file"


def test_the_recipe_in_python_that_readme_shows_runs(mnist_dir, monkeypatch):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (recipe,) = (block for block in blocks if "training_sources" in block)
    fast = PRESETS["fast"]
    monkeypatch.setitem(PRESETS, "fast", replace(fast, data=replace(fast.data, limit=300)))
    names: dict = {}
    exec(recipe.replace('"DATA"', repr(str(mnist_dir))), names)
    assert len(names["history"]) == names["config"].training.epochs
    assert embed(names["trainer"].ema, torch.zeros(1, 1, 28, 28, dtype=torch.uint8)).shape == (1, 64)
