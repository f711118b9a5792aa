"""Real training in small: it learns, it stops and goes on, and train.py refuses what it can't use."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

from siamese.bundle import format as bundle
from siamese.data import augmentation
from siamese.data import images as data
from siamese.data.augmentation import NONE, Augmentation
from siamese.data.images import LabeledImages
from siamese.data.synthetic import half_swaps as chimeras
from siamese.models.networks import HEADS, EmbeddingNet, embed
from siamese.training import head_retraining as symbol_head
from siamese.training import losses
from siamese.training import trainer as training
from siamese.training.trainer import Sources, TrainConfig, Trainer, train
from tests.helpers import ROOT, TINY, six_times, write_mnist
from tests.omniglot_files import write_omniglot

QUICK = TrainConfig(epochs=4, per_class=6, learning_rate=0.01, augmentation=NONE)
RECIPES = {
    "supcon": QUICK,
    "contrastive": replace(QUICK, loss="contrastive"),
    "contrastive, cosine": replace(QUICK, loss="contrastive", distance="cosine"),
    "triplet, batch-hard": replace(QUICK, loss="triplet"),
    "triplet, semi-hard": replace(QUICK, loss="triplet", mining="semi-hard"),
    "pairs": replace(QUICK, loss="contrastive", sampling="pairs", epochs=10),
    "triplets": replace(QUICK, loss="triplet", sampling="triplets", epochs=10),
}


def trainer(digits: LabeledImages, config: TrainConfig = QUICK) -> Trainer:
    torch.manual_seed(config.seed)
    return Trainer(EmbeddingNet(TINY), Sources(digits), config)


def weights(net: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in net.state_dict().items()}


def identical(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# --- learning -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_loss_and_every_sampling_learns(digits, recipe):
    run = trainer(digits, RECIPES[recipe])
    history = train(run)
    assert [row["epoch"] for row in history] == list(range(1, run.config.epochs + 1))
    assert history[-1]["loss"] < 0.9 * history[0]["loss"]
    assert all(0 <= row["active"] <= 1 and row["images_per_second"] > 0 for row in history)


def test_what_is_learned_shows_in_pictures_never_seen(digits, matcher):
    """After two seconds of training the untrained network is left behind."""
    held = LabeledImages(
        torch.from_numpy(matcher.gallery.images[-500:])[:, None], torch.from_numpy(matcher.gallery.labels[-500:])
    )
    run = trainer(digits, replace(QUICK, epochs=20))
    before = training.losses.contrastive(embed(run.net, held.images), held.labels).value
    train(run)
    after = training.losses.contrastive(embed(run.averaged, held.images), held.labels).value
    assert after < 0.8 * before


def test_the_average_follows_the_net_but_is_not_it(digits):
    run = trainer(digits)
    before = weights(run.averaged)
    train(run)
    assert not identical(weights(run.averaged), before)
    assert not identical(weights(run.averaged), weights(run.net))


def test_validation_is_of_the_averaged_net_and_enters_the_history(digits):
    seen = []
    run = trainer(digits, replace(QUICK, epochs=2))
    history = train(run, validate=lambda net: {"checked": len(seen)} if not seen.append(net) else {})
    assert seen == [run.averaged] * 2
    assert [row["checked"] for row in history] == [1, 2]


def test_callbacks_are_told_of_every_step_and_epoch(digits):
    steps, epochs = [], []
    run = trainer(digits, replace(QUICK, epochs=3))
    train(run, on_step=lambda _, step: steps.append(step), on_epoch=lambda _, figures: epochs.append(figures))
    assert [step.step for step in steps] == list(range(1, 3 * run.steps_per_epoch + 1))
    assert [step.epoch for step in steps] == sorted([0, 1, 2] * run.steps_per_epoch)
    assert epochs == run.history


def test_every_source_has_its_share_of_a_batch(digits):
    symbols = LabeledImages(digits.images, digits.labels + 10)
    config = replace(QUICK, strokes=3, scans=2, symbols=4, per_symbol=5)
    sources = Sources(digits, strokes=digits, scans=digits, symbols=symbols, chimeras=chimeras.joined(digits, 6, 0))
    groups, joined = sources.groups(config), sources.joined()
    assert [(group.classes, group.per_class) for group in groups] == [(10, 6), (10, 3), (10, 2), (4, 5), (8, 5)]
    assert len(joined) == 4 * len(digits) + 90 * 6
    assert all((joined.labels[members] >= chimeras.FIRST_CHIMERA).all() for members in groups[4].members)
    for label, members in enumerate(groups[3].members):
        assert (joined.labels[members] == label + 10).all()
        assert members.min() >= 3 * len(digits)


def test_the_symbols_head_learns_where_there_are_symbols(digits):
    run = two_headed(digits)
    run._heads_loss(run.net.features(digits.images.float() / 255), digits.labels).value.backward()
    assert run.net.neck.heads.symbols.weight.grad is None
    assert run.net.neck.heads.digits.weight.grad.abs().max() > 0


def test_the_digits_head_takes_every_symbol_for_a_stranger(digits):
    run = two_headed(digits)
    pictures = digits.images[:40].float() / 255
    labels = digits.labels[:40] + 10 * (torch.arange(40) >= 20)
    features = run.net.features(pictures)
    embeddings, symbols = run.net.neck(features), run.net.neck(features[20:], "symbols")
    of_digits = 0.0
    for i in range(20):
        log_total = torch.logsumexp(
            torch.stack([embeddings[i] @ embeddings[j] for j in range(40) if j != i]) / QUICK.temperature, 0
        )
        same = [j for j in range(20) if j != i and labels[j] == labels[i]]
        of_digits -= sum(embeddings[i] @ embeddings[j] / QUICK.temperature - log_total for j in same) / len(same) / 20
    of_symbols = losses.supervised_contrastive(symbols, labels[20:], QUICK.temperature).value
    expected = float((of_digits + of_symbols).detach())
    assert float(run._heads_loss(features, labels).value.detach()) == pytest.approx(expected, rel=1e-4)


def test_strangers_belong_to_no_class(digits):
    run = trainer(digits)
    features = run.net.features(digits.images[:40].float() / 255)
    labels = digits.labels[:40].clone()
    labels[20:] = -1
    own_class = torch.where(labels < 0, 100 + torch.arange(40), labels)
    expected = losses.supervised_contrastive(run.net.neck(features), own_class, QUICK.temperature).value
    assert float(run._heads_loss(features, labels).value.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)


def test_strangers_come_with_the_symbols(digits):
    strange = LabeledImages(digits.images[:30], torch.full((30,), -1))
    config = replace(QUICK, strangers=7, symbols_every=3)
    sources = Sources(digits, symbols=LabeledImages(digits.images, digits.labels + 10), strangers=strange)
    group = sources.groups(config)[-1]
    assert (group.classes, group.per_class, group.every) == (1, 7, 3)
    assert (sources.joined().labels[group.members[0]] == -1).all()


def test_an_only_head_learns_from_all_classes_alike(digits):
    run = trainer(digits)
    features = run.net.features(digits.images[:40].float() / 255)
    labels = digits.labels[:40].clone()
    labels[20:30] += 10
    labels[30:] += chimeras.FIRST_CHIMERA
    expected = losses.supervised_contrastive(run.net.neck(features), labels, QUICK.temperature).value
    assert float(run._heads_loss(features, labels).value.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)


def test_wrongly_labelled_digits_are_left_out(matcher):
    """Of 2,000 digits, 20 are given another label: those go, and hardly any other."""
    labels = torch.from_numpy(matcher.gallery.labels[:2000])
    images = torch.from_numpy(matcher.gallery.images[:2000])[:, None]
    wrong = torch.arange(0, 2000, 100)
    mixed = labels.clone()
    mixed[wrong] = (labels[wrong] + 5) % 10
    kept = runpy.run_path(str(ROOT / "train.py"))["without_outliers"](LabeledImages(images, mixed))
    left = {image.tobytes() for image in kept.images.numpy()}
    assert sum(images[i].numpy().tobytes() not in left for i in wrong) >= 18
    assert len(kept) >= 2000 - 20 - 40


def two_headed(digits: LabeledImages) -> Trainer:
    symbols = LabeledImages(digits.images.flip(-1), digits.labels + 10)
    config = replace(QUICK, symbols=5, symbols_every=2)
    return Trainer(EmbeddingNet(replace(TINY, heads=HEADS)), Sources(digits, symbols=symbols), config)


def test_both_heads_learn_in_a_run(digits):
    run = two_headed(digits)
    before = {head: run.net.neck.heads[head].weight.clone() for head in HEADS}
    train(run)
    for head in HEADS:
        assert not torch.allclose(run.net.neck.heads[head].weight, before[head])


@pytest.mark.parametrize("recipe", RECIPES)
def test_mixed_precision_ends_where_a_step_does(digits, recipe):
    """Whoever looks at the net between two steps computes in float32."""
    run = trainer(digits, replace(RECIPES[recipe], epochs=1))
    run.precision = torch.autocast("cpu", torch.bfloat16)
    for _ in run.steps():
        assert not torch.is_autocast_enabled("cpu")
        assert embed(run.net, digits.images[:2]).dtype == torch.float32


def test_the_classic_forms_learn_from_all_sources(digits):
    symbols = LabeledImages(digits.images, digits.labels + 10)
    config = replace(QUICK, loss="contrastive", sampling="pairs", epochs=1)
    run = Trainer(EmbeddingNet(TINY), Sources(digits, symbols=symbols), config)
    assert len(run.items) == 2 * len(digits)
    assert len(train(run)) == 1


@pytest.mark.parametrize("recipe", ["pairs", "triplets"])
def test_the_classic_forms_draw_anew_for_each_epoch(digits, recipe):
    def drawn() -> list:
        return [run.items[i][1].sum().item() for i in range(len(digits))]

    run = trainer(digits, replace(RECIPES[recipe], epochs=2))
    partners = []
    train(run, on_epoch=lambda *_: partners.append(drawn()))
    assert partners[0] != partners[1]


def test_a_loss_that_is_no_number_ends_the_run(digits):
    run = trainer(digits)
    with torch.no_grad():
        run.net.neck.heads.digits.weight.fill_(float("nan"))
    with pytest.raises(ValueError, match="Lower --learning-rate"):
        train(run)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "softmax"}, "'softmax'"),
        ({"sampling": "quadruplets"}, "'quadruplets'"),
        ({"distance": "manhattan"}, "'manhattan'"),
        ({"mining": "easy"}, "'easy'"),
        ({"epochs": 0}, "epochs must be greater than 0, got 0"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"temperature": 0.0}, "temperature"),
        ({"margin": 3.0}, "margin must lie between 0 and 2"),
        ({"margin": 0.0}, "margin must lie between 0 and 2"),
        ({"sampling": "pairs"}, "goes with the loss 'contrastive', not 'supcon'"),
        ({"sampling": "triplets", "loss": "contrastive"}, "goes with the loss 'triplet'"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**settings)


def test_one_class_cannot_be_learned_from(digits):
    for config in (QUICK, RECIPES["pairs"], RECIPES["triplets"]):
        with pytest.raises(ValueError, match="at least two classes, the data has 1"):
            trainer(digits.subset(digits.labels == 4), config)


# --- augmentation -----------------------------------------------------------------------------------------


def test_augmentation_varies_each_picture_and_keeps_it_ink(digits):
    varied = Augmentation()(digits.images, torch.Generator().manual_seed(0))
    assert varied.shape == digits.images.shape
    assert varied.dtype == torch.float32
    assert 0 <= varied.min() < varied.max() <= 1
    ink = digits.images.float() / 255
    changed = (varied - ink).abs().amax(dim=(1, 2, 3)) > 0.05
    assert 0.9 < float(changed.float().mean()) <= 1
    assert float(varied.mean() / ink.mean()) == pytest.approx(1, abs=0.25)


def test_augmentation_comes_again_for_the_same_seed(digits):
    once, again, other = (Augmentation()(digits.images, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(once, again)
    assert not torch.equal(once, other)


def test_no_augmentation_changes_nothing(digits):
    plain = NONE(digits.images, torch.Generator().manual_seed(0))
    assert torch.allclose(plain, digits.images.float() / 255, atol=1e-6)


def test_the_field_of_displacements_is_that_of_torch():
    """An affine grid, and the knots' displacements interpolated between them."""
    made, amounts = Augmentation(), []
    chance = torch.Generator().manual_seed(0)

    def uniform(size: int = 1) -> torch.Tensor:
        amounts.append(torch.rand(3, size, generator=chance) * 2 - 1)
        return amounts[-1]

    grid = made._grid(uniform, torch.zeros(3, 1, 28, 28))
    turn, slant, size, aspect, shift, knots = amounts
    for i in range(3):
        angle = np.deg2rad(made.turn * float(turn[i]))
        scale = np.array([1 + made.aspect, 1 / (1 + made.aspect)]) ** float(aspect[i]) * (1 + made.scale) ** float(
            size[i]
        )
        turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        sheared = turned @ np.array([[1, made.slant * float(slant[i])], [0, 1]])
        moved = shift[i].numpy() * made.shift / 14
        matrix = np.concatenate([scale[:, None] * sheared, moved[:, None]], axis=1)
        expected = functional.affine_grid(torch.tensor(matrix[None]).float(), [1, 1, 28, 28], align_corners=False)
        field = knots[i].view(1, 2, 4, 4) * made.elastic / 14
        field = functional.interpolate(field, size=(28, 28), mode="bicubic", align_corners=False)
        assert torch.allclose(grid[i], (expected + field.permute(0, 2, 3, 1))[0], atol=1e-5)


def test_the_3x3_about_a_pixel_are_those_of_torch(digits):
    ink = digits.images.float() / 255
    largest, smallest, total = (
        augmentation._of_3x3(ink, combine) for combine in (torch.maximum, torch.minimum, torch.add)
    )
    assert torch.equal(largest, functional.max_pool2d(ink, 3, 1, 1))
    assert torch.equal(smallest, -functional.max_pool2d(-functional.pad(ink, (1, 1, 1, 1)), 3, 1))
    assert torch.allclose(total / 9, functional.avg_pool2d(ink, 3, 1, 1), atol=1e-6)


# --- checkpoints ------------------------------------------------------------------------------------------


@pytest.fixture
def in_float32(monkeypatch):
    monkeypatch.setattr(training, "mixed_precision", lambda device: nullcontext())


@pytest.mark.usefixtures("in_float32")
@pytest.mark.parametrize("recipe", ["supcon", "pairs", "triplets"])
def test_a_restored_run_goes_on_to_the_last_bit(digits, tmp_path, recipe):
    config = replace(RECIPES[recipe], epochs=4, augmentation=Augmentation())
    whole = trainer(digits, config)
    train(whole)

    def save_and_stop(run: Trainer, figures: dict) -> None:
        run.save(tmp_path / "checkpoint.pt")
        if figures["epoch"] == 2:
            raise InterruptedError

    stopped = trainer(digits, config)
    with pytest.raises(InterruptedError):
        train(stopped, on_epoch=save_and_stop)
    resumed = Trainer(EmbeddingNet(TINY), Sources(digits), config)
    resumed.restore(tmp_path / "checkpoint.pt")
    assert resumed.epoch == 2
    train(resumed)
    assert [row["loss"] for row in resumed.history] == [row["loss"] for row in whole.history]
    assert identical(weights(resumed.net), weights(whole.net))
    assert identical(weights(resumed.averaged), weights(whole.averaged))


@pytest.fixture
def checkpoint(digits, tmp_path) -> Path:
    run = trainer(digits)
    run.epoch = 1
    run.save(tmp_path / "checkpoint.pt")
    return tmp_path / "checkpoint.pt"


def test_a_checkpoint_of_other_settings_is_refused(digits, checkpoint):
    run = trainer(digits, replace(QUICK, epochs=9))
    with pytest.raises(ValueError, match="other settings"):
        run.restore(checkpoint)


def test_a_checkpoint_of_another_network_is_refused(digits, checkpoint):
    run = Trainer(EmbeddingNet(replace(TINY, embedding_dim=5)), Sources(digits), QUICK)
    with pytest.raises(ValueError, match="another network"):
        run.restore(checkpoint)


@pytest.mark.parametrize("damage", ["empty", "cut", "garbage", "missing", "foreign", "not ours", "overwritten"])
def test_a_damaged_checkpoint_is_refused_in_one_line(digits, checkpoint, damage):
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
    run = trainer(digits)
    with pytest.raises(ValueError, match="checkpoint") as caught:
        run.restore(checkpoint)
    assert "without --resume" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_that_would_run_code_is_refused(digits, tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    torch.save({"config": Trap()}, tmp_path / "checkpoint.pt")
    run = trainer(digits)
    with pytest.raises(ValueError, match="no checkpoint"):
        run.restore(tmp_path / "checkpoint.pt")
    assert not (tmp_path / "sprung").exists()


# --- train.py -----------------------------------------------------------------------------------------------

SMALL = "--limit 300 --epochs 4 --per-class 3 --embedding-dim 8 --channels 4 8 8 --blocks 1 1 1 --device cpu".split()

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
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


def comparable(out: Path) -> list[dict]:
    history = json.loads((out / "metrics.json").read_text())["history"]
    return [{key: row[key] for key in ("epoch", "loss", "active", "validation 5-nn")} for row in history]


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
    figures = json.loads((out / "metrics.json").read_text())
    assert f"| 5-NN accuracy | {figures['test']['5-nn accuracy']:.2%} |" in output
    assert {name for name in bundle.FILES if (out / name).is_file()} == set(bundle.FILES)
    assert (out / "report.html").stat().st_size > 100_000
    for epoch in range(1, 5):
        assert f"epoch {epoch}/4" in output
    for word in ("loss", "active", "images/s", "validation 5-NN"):
        assert word in output


def test_a_run_records_how_to_make_it_again(finished):
    figures = json.loads((finished[0] / "metrics.json").read_text())
    assert "--embedding-dim 8" in figures["command"]
    assert "--limit 300" in figures["command"]
    assert (figures["fit_images"], figures["test_images"]) == (300, 300)
    assert figures["test"]["pairs"] == 300 * 299 // 2


def test_a_run_says_what_its_bundle_does(finished, mnist_dir):
    """The reported accuracy is that of the saved weights, taken by hand on the pictures of each set."""
    out, _ = finished
    loaded = bundle.load(out)
    fit, test = (data.limit(data.load_mnist(mnist_dir, train=part), 300) for part in (True, False))
    a, b = embed(loaded.net, fit.images), embed(loaded.net, test.images)
    nearest = [int((a - query).norm(dim=1).argmin()) for query in b]
    by_hand = float((fit.labels[nearest] == test.labels).float().mean())
    assert loaded.metrics["test"]["1-nn accuracy"] == pytest.approx(by_hand, abs=0.007)
    assert np.array_equal(loaded.gallery.images, test.images[:, 0].numpy())
    assert loaded.gallery.embeddings == pytest.approx(b.numpy(), abs=0.002)


def test_a_run_killed_in_an_epoch_and_resumed_ends_as_if_never_killed(finished, mnist_dir, tmp_path):
    out = tmp_path / "killed"
    killed = run(["-c", KILLED], mnist_dir, out)
    assert killed.returncode == -signal.SIGKILL
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
    chance = np.random.default_rng(0)
    images = matcher.gallery.images
    train, test = ((pictures, chance.integers(0, 10, len(pictures))) for pictures in (six_times(images), images))
    write_mnist(tmp_path, train, test)
    train_py("--data-dir", str(tmp_path), "--out", str(tmp_path / "run"), *SMALL, "--limit", "600", "--epochs", "1")
    scores = json.loads((tmp_path / "run" / "metrics.json").read_text())["test"]
    assert scores["1-nn accuracy"] < 0.17
    assert scores["5-nn accuracy"] < 0.17
    assert scores["roc auc"] == pytest.approx(0.5, abs=0.02)


def run_without_8_and_9(mnist_dir: Path, tmp_path: Path, monkeypatch, *options: str) -> tuple[Sources, bundle.Bundle]:
    """What a whole run of train.py learns from that leaves 8 and 9 out, and its bundle."""
    (tmp_path / "MNIST").symlink_to(mnist_dir / "MNIST")
    write_omniglot(tmp_path, "small1", {"Greek": 6, "Early_Aramaic": 20})
    seen = []
    monkeypatch.setattr(
        training.Trainer,
        "__init__",
        spied(training.Trainer.__init__, lambda _, __, sources, *___: seen.append(sources)),
    )
    monkeypatch.setattr(symbol_head, "INVENTED", 20)
    out = tmp_path / "run"
    small = "--epochs 1 --limit 400 --per-class 4 --channels 4 8 8 --embedding-dim 8 --omniglot small1".split()
    train_py("--data-dir", str(tmp_path), "--out", str(out), *small, "--exclude-classes", "8", "9", *options)
    (sources,) = seen
    assert set(sources.digits.labels.tolist()) == set(range(8))
    assert sources.symbols.labels.unique().tolist() == list(range(10, 10 + 6 * 4))
    return sources, bundle.load(out)


def test_a_whole_run_with_symbols_never_sees_the_digits_left_out(mnist_dir, tmp_path, monkeypatch):
    """It learns by both heads, and is measured on what it never saw."""
    sources, trained = run_without_8_and_9(
        mnist_dir, tmp_path, monkeypatch, "--details", "3", "--strangers", "9", "--symbols", "5"
    )
    assert sources.strangers.labels.tolist() == [-1] * 9
    assert trained.metrics["recipe"]["symbols"] == 5
    assert trained.net.config.heads == HEADS
    assert trained.net.neck.heads["symbols"].in_features == (3 * 3 + 3 * 3) * 8
    for head in HEADS:
        figure = f"Digits 8, 9, never trained on: equal error rate by the head for {head}"
        assert 0 < trained.metrics["beyond"][figure] < 0.6
    errors = [figure for name, figure in trained.metrics["beyond"].items() if "one-shot" in name]
    assert len(errors) == 2


def test_the_preset_for_unseen_classes_learns_from_halves_of_the_others(mnist_dir, tmp_path, monkeypatch):
    sources, trained = run_without_8_and_9(
        mnist_dir, tmp_path, monkeypatch, "--preset", "unseen", "--chimeras", "7", "--digits", "160"
    )
    assert len(sources.digits) == 160
    assert sources.chimeras.labels.bincount()[chimeras.FIRST_CHIMERA :].tolist() == [7] * 8 * 7
    assert trained.net.config.heads == ("digits",)
    assert 0 < trained.metrics["beyond"]["Digits 8, 9, never trained on: equal error rate"] < 0.6


# --- what train.py refuses ------------------------------------------------------------------------------------


def spied(function, spy):
    def wrapper(*arguments, **named):
        spy(*arguments)
        return function(*arguments, **named)

    return wrapper


def train_py(*arguments: str) -> None:
    """Run train.py as a program, in this process."""
    before = sys.argv
    sys.argv = ["train.py", *arguments]
    try:
        runpy.run_path(str(ROOT / "train.py"), run_name="__main__")
    finally:
        sys.argv = before


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that train.py says on stderr before it exits with status 2."""
    with pytest.raises(SystemExit) as caught:
        train_py(*arguments)
    assert caught.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--embedding-dim", "0"], "embedding_dim must be at least 2"),
        (["--limit", "5"], "--limit must be at least 100 images, got 5"),
        (["--limit", "-1"], "--limit"),
        (["--digits", "5"], "--digits must be at least 100, got 5"),
        (["--epochs", "0"], "epochs"),
        (["--margin", "-1"], "margin"),
        (["--learning-rate", "0"], "learning_rate"),
        (["--per-class", "1"], "two pictures"),
        (["--per-class", "0"], "two pictures"),
        (["--channels", "0", "1", "1"], "three positive numbers"),
        (["--loss", "triplet", "--sampling", "pairs"], "goes with the loss"),
        (["--exclude-classes", "12"], "--exclude-classes"),
        (["--exclude-classes", *"012345678"], "--exclude-classes"),
        (["--scans", "-5"], "--scans"),
        (["--one-head", "--chimeras", "-5"], "--chimeras"),
        (["--omniglot", "small1", "--chimeras", "5"], "go with --one-head"),
        (["--symbols", "-1"], "--symbols"),
        (["--symbols-every", "0"], "--symbols-every"),
        (["--details", "8"], "details"),
        (["--details", "4", "--backbone", "resnet18"], "--details"),
        (["--strangers", "-5"], "--strangers"),
        (["--strangers", "5", "--loss", "contrastive", "--sampling", "pairs"], "--strangers"),
        (["--strokes"], "No pen strokes"),
        (["--omniglot", "small1"], "No Omniglot set"),
        (["--resume"], "without --resume"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_options_are_refused(mnist_dir, tmp_path, capsys, options, message):
    out = tmp_path / "run"
    common = ["--data-dir", str(mnist_dir), "--out", str(out)] + ["--limit", "200"] * ("--limit" not in options)
    assert message in refused(capsys, *common, *options)
    assert not out.exists()


def test_a_missing_data_folder_is_refused(tmp_path):
    done = run(["train.py"], tmp_path / "nowhere", tmp_path / "run")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "No MNIST in" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_data_of_one_class_are_refused(mnist_dir, matcher, tmp_path, capsys):
    images = six_times(matcher.gallery.images)
    write_mnist(tmp_path, (images, np.full(60_000, 3)), (matcher.gallery.images, np.full(10_000, 3)))
    out = tmp_path / "run"
    line = refused(capsys, "--data-dir", str(tmp_path), "--out", str(out), "--limit", "200")
    assert "at least two classes, the data has 1" in line
    assert not out.exists()


def test_a_corrupted_checkpoint_is_refused_and_left_as_it_is(mnist_dir, tmp_path, capsys):
    (tmp_path / "checkpoint.pt").write_bytes(b"PK half a file")
    line = refused(capsys, "--data-dir", str(mnist_dir), "--out", str(tmp_path), "--limit", "200", "--resume")
    assert "Start again without --resume" in line
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]
    assert (tmp_path / "checkpoint.pt").read_bytes() == b"PK half a file"
