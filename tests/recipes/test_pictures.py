"""`train.py --images` from a folder to a bundle that answers."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance

import siamese
import train
from siamese import cli
from siamese.bundle import format as bundle_format
from siamese.config import PRESETS, NetworkConfig
from siamese.models.networks import EmbeddingNet
from siamese.training.trainer import Trainer
from siamese.training.trainer import train as run_training
from tests.picture_folders import document, photograph, write_folder

SMALL = NetworkConfig(
    channels=(4, 8, 8), blocks=(1, 1, 1), embedding_dim=8, heads=("pictures",), intermediate_grid=2, final_grid=1
)


@pytest.fixture(autouse=True)
def small_preset(monkeypatch):
    preset = PRESETS["pictures"]
    folder = replace(preset.folder, passes=1, classes=6)
    monkeypatch.setitem(PRESETS, "pictures", replace(preset, network=SMALL, folder=folder))


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_folder(tmp_path / "things", 20, 5)


def trained(folder: Path, out: Path, *words: str) -> bundle_format.Bundle:
    train.main(["--images", str(folder), "--out", str(out), *words])
    return bundle_format.load(out)


def test_a_folder_becomes_a_bundle_that_answers(folder, tmp_path, capsys):
    (folder / "class03" / "broken.jpg").write_bytes(b"no picture")
    bundle = trained(folder, tmp_path / "run", "--epochs", "2")
    printed = capsys.readouterr().out
    assert "Left out: class03/broken.jpg" in printed
    assert printed.rstrip().endswith(f"Bundle: {tmp_path / 'run'}")
    for row in ("Equal error rate", "MAP@R", "Recall@1", "Raw pixels", "Untrained network"):
        assert row in printed
    recorded = bundle.measurements.folder
    assert (recorded.name, recorded.split) == ("things", "classes")
    assert (recorded.fit.classes, recorded.validation.classes, recorded.test.classes) == (12, 4, 4)
    assert recorded.notes[0] == "1 of 101 files could not be read and were left out."
    assert bundle.measurements.command == "python train.py --images things --epochs 2"
    assert "# A Siamese network for things" in (tmp_path / "run" / "README.md").read_text()

    matcher = siamese.load(tmp_path / "run")
    assert len(matcher.labels) == 4
    assert matcher.gallery.images.shape == (20, 64, 53, 3)
    name = matcher.labels[0]
    first, second = folder / name / "0.png", folder / name / "1.png"
    assert matcher.compare(first, second) == matcher.compare(first, second)
    assert matcher.compare(first, first).distance == 0
    assert matcher.labels[matcher.neighbours(first, 1)[0].label] == name
    assert all(-1 <= place <= 1 for place in matcher.locate(photograph(50, 1)))
    heat, _ = matcher.differences(first, folder / matcher.labels[1] / "0.png")
    assert heat.shape == matcher.input.size
    assert matcher.recognise([("a", first), ("b", folder / matcher.labels[1] / "0.png")], second).label in (
        "a",
        "b",
        None,
    )


def test_the_gallery_was_never_trained_on_nor_chosen_by(folder, tmp_path):
    shown = set(trained(folder, tmp_path / "run", "--epochs", "1").labels)
    config, job = cli.parse_training(["--images", str(folder)])
    from siamese.data.own_pictures import load_folder

    _, corpus = load_folder(config, job.images, lambda line: None)
    others = {corpus.fit.names[label] for part in (corpus.fit, corpus.validation) for label in part.labels}
    assert len(shown) == 4 and not shown & others


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (photograph, ["--fit", "crop", "--image-size", "40", "64"]),
        (photograph, ["--fit", "pad", "--image-size", "64", "32"]),
        (photograph, ["--channels-in", "1"]),
        (document, []),
    ],
    ids=["crop", "pad", "grey", "document"],
)
def test_a_picture_is_answered_as_it_was_read_for_training(tmp_path, draw, words):
    """A picture of the gallery lies where it lay, not beside itself."""
    folder = write_folder(tmp_path / "things", 20, 4, lambda a, b: ImageEnhance.Brightness(draw(a, b)).enhance(0.6))
    trained(folder, tmp_path / "run", "--epochs", "1", *words)
    matcher = siamese.load(tmp_path / "run")
    rows = matcher.embed([folder / name / f"{number}.png" for name in matcher.labels for number in range(4)])
    assert np.linalg.norm(rows - matcher.gallery.embeddings, axis=1).max() < 2e-3  # of float16


def test_an_untidy_folder_and_names_of_any_script(tmp_path, capsys):
    names = ["صورة", "two words", "Ünï", "it's", *(f"class{number}" for number in range(20))]
    folder = write_folder(tmp_path / "my things", 24, 4, names=names)
    (folder / "README.md").write_text("mine")
    (folder / "empty").mkdir()
    (folder / "alone").mkdir()
    photograph(99, 0).save(folder / "alone" / "ONE.JPG")
    (folder / "__MACOSX").mkdir()
    photograph(99, 1).save(folder / "__MACOSX" / "x.png")
    (folder / "it's" / "half.jpeg").write_bytes((folder / "alone" / "ONE.JPG").read_bytes()[:400])
    (folder / "صورة" / "copy.png").write_bytes((folder / "two words" / "0.png").read_bytes())
    Image.new("RGB", (8000, 5000), (10, 200, 30)).save(folder / "Ünï" / "large.png")
    bundle = trained(folder, tmp_path / "run", "--epochs", "1")
    printed = capsys.readouterr().out
    assert "Left out: it's/half.jpeg: " in printed
    assert "two words/0.png and صورة/copy.png are the same picture in two classes." in printed
    recorded = bundle.measurements.folder
    assert sum(part.classes for part in recorded.parts().values()) == 25
    assert sum(part.pictures for part in recorded.parts().values()) == 24 * 4 + 3
    assert bundle.measurements.command == "python train.py --images 'my things' --epochs 1"
    assert "صورة/copy.png" in (tmp_path / "run" / "README.md").read_text(encoding="utf-8")
    assert not set(bundle.labels) - {*names, "alone"}


@pytest.mark.parametrize("words", [["--split", "classes"], ["--split", "pictures", "--mirror"]], ids=" ".join)
def test_few_pictures_are_enough_for_a_bundle(tmp_path, words):
    by_class = "classes" in words
    folder = write_folder(tmp_path / "few", 8 if by_class else 4, 2 if by_class else 10)
    bundle = trained(folder, tmp_path / "run", "--epochs", "1", *words)
    assert len(bundle.gallery) == (4 if by_class else 8)


def test_documents_by_writer(tmp_path):
    names = [f"writer{label // 3}_name{label % 3}" for label in range(24)]
    folder = write_folder(tmp_path / "signed", 24, 4, document, names)
    bundle = trained(folder, tmp_path / "run", "--epochs", "1", "--group-by", "_")
    assert bundle.net.input.kind == "document"
    keys = [metric.key for metric in bundle.measurements.test]
    assert {"same name/equal error rate", "same group/equal error rate"} <= set(keys)
    assert bundle.measurements.folder.grouped
    assert "--group-by _" in bundle.measurements.command
    assert (tmp_path / "run" / "gallery.webp").is_file()


def test_a_resumed_run_ends_as_one_that_was_not_stopped(folder, tmp_path, monkeypatch):
    whole = trained(folder, tmp_path / "whole", "--epochs", "3")
    from siamese.recipes import pictures

    class StoppedError(Exception):
        pass

    save = pictures.checkpoints.save

    def save_and_stop(trainer, *rest):
        save(trainer, *rest)
        if trainer.epoch == 2:
            raise StoppedError

    monkeypatch.setattr(pictures.checkpoints, "save", save_and_stop)
    with pytest.raises(StoppedError):
        trained(folder, tmp_path / "parts", "--epochs", "3")
    monkeypatch.setattr(pictures.checkpoints, "save", save)
    parts = trained(folder, tmp_path / "parts", "--epochs", "3", "--resume")
    for name, weights in whole.net.state_dict().items():
        assert torch.equal(weights, parts.net.state_dict()[name]), name


@pytest.mark.parametrize(
    "words",
    [
        ["--loss", "contrastive"],
        ["--loss", "triplet", "--mining", "batch-hard"],
        ["--loss", "triplet", "--mining", "semi-hard"],
        ["--loss", "contrastive", "--sampling", "pairs"],
        ["--loss", "triplet", "--sampling", "triplets"],
        ["--backbone", "shufflenet_v2_x0_5", "--freeze-epochs", "1"],
    ],
    ids=" ".join,
)
def test_every_loss_sampling_and_backbone_learns_a_step(folder, words):
    from siamese.data.own_pictures import load_folder

    config, job = cli.parse_training(["--images", str(folder), "--epochs", "1", *words])
    config, corpus = load_folder(config, job.images, lambda line: None)
    net = EmbeddingNet(config.network, config.input)
    before = {name: value.clone() for name, value in net.named_parameters()}
    run_training(trainer := Trainer(net, [corpus.source(config.folder)], config.training))
    changed = {
        name.partition(".")[0] for name, value in trainer.net.named_parameters() if not torch.equal(value, before[name])
    }
    assert changed == ({"heads"} if "--freeze-epochs" in words else {"heads", "backbone"})
    assert np.isfinite(trainer.history[0]["loss"])


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--image-size", "32", "64", "--channels-in", "1"],
        ["--backbone", "resnet18", "--pretrained-backbone", "--freeze-epochs", "2"],
        ["--split", "pictures", "--limit", "60", "--fit", "pad", "--kind", "photo"],
        ["--mirror", "--group-by", "writer[0-9]+", "--epochs", "3"],
        ["--kind", "document", "--loss", "triplet", "--mining", "semi-hard", "--margin", "0.2"],
    ],
    ids=" ".join,
)
def test_the_recorded_command_comes_to_the_same(words, folder):
    given = ["--images", str(folder), *words]
    config, job = cli.parse_training(given)
    program, script, *recorded = shlex.split(cli.command(config, job.images, job.weights))
    assert (program, script) == ("python", "train.py")
    assert sorted(recorded) == sorted(["--images", "things", *words])
    assert cli.parse_training(recorded)[0] == config


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--images", "{}", "--data-dir", "x"], "give one of them"),
        (["--images", "{}", "--preset", "fast"], "own pictures have the preset pictures"),
        (["--preset", "pictures"], "name their folder by --images"),
        (["--images", "{}", "--exclude-classes", "3"], "--exclude-classes is of digits"),
        (["--group-by", "_"], "--group-by is of own pictures"),
        (["--weights", "x.pt"], "name their folder by --images"),
        (["--images", "{}", "--weights", "nowhere.pt"], "--weights: there is no file 'nowhere.pt'"),
        (["--images", "{}", "--pretrained-backbone"], "the conv backbone has no pretrained weights"),
        (["--images", "{}", "--channels-in", "3", "--kind", "document"], "channels must be 1"),
        (["--images", "{}", "--image-size", "4"], "size must be from 16"),
        (["--images", "{}", "--image-size", "1", "2", "3"], "--image-size must be a list of 2"),
        (["--images", "{}", "--backbone", "resnet"], "neither conv nor one of torchvision's"),
        (["--images", "{}", "--split", "pictures", "--limit", "5"], "--limit must be at least 20"),
        (["--images", "{}/class00"], "holds no pictures"),
        (["--images", "{}/nowhere"], "There is no folder"),
        (["--images", "{}", "--backbone", "vit_b_16"], "Try another --image-size"),
        (["--images", "{}", "--group-by", "-"], "puts no two classes into one group"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bad_input_is_one_line_and_leaves_nothing(folder, tmp_path, capsys, words, message):
    arguments = [word.format(folder) for word in words] + ["--out", str(tmp_path / "out")]
    assert cli.status_of("train.py", lambda: train.main(arguments)) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("train.py: ") and message in line
    assert not (tmp_path / "out").exists()


def test_weights_of_another_run_are_the_frozen_baseline(folder, tmp_path, capsys):
    trained(folder, tmp_path / "first", "--epochs", "1")
    weights = tmp_path / "first" / "model.safetensors"
    bundle = trained(folder, tmp_path / "second", "--epochs", "1", "--weights", str(weights))
    assert set(bundle.measurements.baselines) == {"Raw pixels", "Frozen backbone"}
    assert capsys.readouterr().out.count("model.safetensors: left out heads.pictures") == 1
    assert "--weights model.safetensors" in bundle.measurements.command
