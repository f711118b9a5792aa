"""Whatever is wrong with a bundle is refused by name; what is saved comes back the same."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file as load_arrays
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file, save_file

import siamese
from siamese.bundle import format as bundle
from siamese.bundle import sprite
from siamese.bundle.weights import load_weights, rounded, save_weights
from siamese.config import InputConfig
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet, initialised
from tests.helpers import TINY, identical, weights


@pytest.fixture(scope="session")
def bundle_folder() -> Path:
    return Path(siamese.__file__).parent / "pretrained"


@pytest.fixture
def folder(bundle_folder: Path, tmp_path: Path) -> Path:
    """A copy of a whole bundle, to be spoilt."""
    for name in bundle.FILES:
        shutil.copy(bundle_folder / name, tmp_path / name)
    return tmp_path


def reconfigure(folder: Path, **changed: object) -> None:
    rewrite(folder, "config.json", lambda config: config.update(changed))


def rewrite(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / name
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def reweigh(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors")


def regather(folder: Path, change: Callable[[dict[str, np.ndarray]], object]) -> None:
    arrays = load_arrays(folder / "gallery.safetensors")
    change(arrays)
    save_arrays(arrays, folder / "gallery.safetensors")


def truncate(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def first(weights: dict[str, torch.Tensor]) -> str:
    """The name of a tensor of more than one value."""
    return next(name for name, tensor in weights.items() if tensor.numel() > 1)


def set_nan(weights: dict[str, torch.Tensor]) -> None:
    weights[first(weights)].view(-1)[0] = float("nan")


def trim(weights: dict[str, torch.Tensor]) -> None:
    weights[first(weights)] = weights[first(weights)][:-1].clone()


def to_double(weights: dict[str, torch.Tensor]) -> None:
    weights[first(weights)] = weights[first(weights)].double()


def shorten(arrays: dict[str, np.ndarray]) -> None:
    arrays["embeddings"] = arrays["embeddings"][:-1].copy()


SPOILT = {
    "unknown version": ("config.json", "version 99", lambda f: reconfigure(f, format_version=99)),
    "no version": ("config.json", "version None", lambda f: reconfigure(f, format_version=None)),
    "no kind of input": ("config.json", "input.kind is missing", lambda f: reconfigure(f, input={"size": [32, 32]})),
    "other input": (
        "config.json",
        "input.size",
        lambda f: rewrite(f, "config.json", lambda config: config["input"].update(size=[32, 32])),
    ),
    "other box": (
        "config.json",
        "input.box is 18",
        lambda f: rewrite(f, "config.json", lambda config: config["input"].update(box=18)),
    ),
    "no network": ("config.json", "understood: network.depth", lambda f: reconfigure(f, network={"depth": 3})),
    "no calibration": ("config.json", "understood: calibration.distances", lambda f: reconfigure(f, calibration={})),
    "no few-shot calibration": (
        "config.json",
        "few_shot_calibration is missing",
        lambda f: rewrite(f, "config.json", lambda config: config.pop("few_shot_calibration")),
    ),
    "calibration that rises": (
        "config.json",
        "understood",
        lambda f: rewrite(f, "config.json", lambda config: config["calibration"]["probabilities"].reverse()),
    ),
    "threshold in words": (
        "config.json",
        "calibration.threshold",
        lambda f: rewrite(f, "config.json", lambda config: config["calibration"].update(threshold="near")),
    ),
    "no rank of novelty": (
        "config.json",
        "inference.novelty_rank is missing",
        lambda f: rewrite(f, "config.json", lambda config: config["inference"].pop("novelty_rank")),
    ),
    "no rotations": (
        "config.json",
        "inference.views.rotations is missing",
        lambda f: rewrite(f, "config.json", lambda config: config["inference"]["views"].pop("rotations")),
    ),
    "no such few-shot head": (
        "config.json",
        "inference.few_shot_head is 'letters'",
        lambda f: rewrite(f, "config.json", lambda config: config["inference"].update(few_shot_head="letters")),
    ),
    "a head that cannot be": (
        "config.json",
        "built",
        lambda f: rewrite(f, "config.json", lambda config: config["network"].update(heads=["digits.0", "symbols"])),
    ),
    "an absurd embedding": (
        "config.json",
        "embedding_dim must be at least 2",
        lambda f: rewrite(f, "config.json", lambda config: config["network"].update(embedding_dim=10**30)),
    ),
    "an absurd channel": (
        "config.json",
        "channels must be numbers",
        lambda f: rewrite(f, "config.json", lambda config: config["network"].update(channels=[10**400, 1, 1])),
    ),
    "an absurd gate": (
        "config.json",
        "inference.views.gate is too large",
        lambda f: rewrite(f, "config.json", lambda config: config["inference"]["views"].update(gate=10**400)),
    ),
    "labels all alike": ("config.json", "labels must be different", lambda f: reconfigure(f, labels=["0"] * 10)),
    "labels without a name": ("config.json", "labels must be different", lambda f: reconfigure(f, labels=[""] * 10)),
    "config is too deep": (
        "config.json",
        "JSON",
        lambda f: (f / "config.json").write_text('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}"),
    ),
    "labels are numbers": ("config.json", "labels[0]", lambda f: reconfigure(f, labels=list(range(10)))),
    "too few labels": ("gallery.safetensors", "9 names", lambda f: reconfigure(f, labels=list("012345678"))),
    "a key too many": ("config.json", "ink is unknown", lambda f: reconfigure(f, ink={})),
    "config is no JSON": ("config.json", "JSON", lambda f: truncate(f, "config.json")),
    "config is a list": ("config.json", "object", lambda f: (f / "config.json").write_text("[]")),
    "metrics are no JSON": ("metrics.json", "JSON", lambda f: truncate(f, "metrics.json")),
    "a metric of another unit": (
        "metrics.json",
        "test[0].unit",
        lambda f: rewrite(f, "metrics.json", lambda metrics: metrics["test"][0].update(unit="m")),
    ),
    "a metric that is no number": (
        "metrics.json",
        "NaN is no number",
        lambda f: rewrite(f, "metrics.json", lambda metrics: metrics["test"][0].update(value=float("nan"))),
    ),
    "a share of 500 %": (
        "metrics.json",
        "'5-nn accuracy' must be a share",
        lambda f: rewrite(f, "metrics.json", lambda metrics: metrics["test"][0].update(value=5)),
    ),
    "a value beyond all floats": (
        "metrics.json",
        "test[0].value is too large",
        lambda f: rewrite(f, "metrics.json", lambda metrics: metrics["test"][0].update(value=10**400)),
    ),
    "a metric that there is not": (
        "metrics.json",
        "'skill' is no kind of metric",
        lambda f: rewrite(f, "metrics.json", lambda metrics: metrics["test"][0].update(key="skill")),
    ),
    "a metric twice": (
        "metrics.json",
        "'5-nn accuracy' more than once",
        lambda f: rewrite(f, "metrics.json", lambda metrics: metrics["test"].append(metrics["test"][0])),
    ),
    "a curve that is a number": (
        "metrics.json",
        "curves.roc must be an object",
        lambda f: rewrite(f, "metrics.json", lambda metrics: metrics["curves"].update(roc=5)),
    ),
    "a histogram without distances": (
        "metrics.json",
        "curves.validation_distances.same is missing",
        lambda f: rewrite(f, "metrics.json", lambda metrics: metrics["curves"].update(validation_distances={})),
    ),
    "an empty row of the history": (
        "metrics.json",
        "history[0].epoch is missing",
        lambda f: rewrite(f, "metrics.json", lambda metrics: metrics.update(history=[{}])),
    ),
    "no history": (
        "metrics.json",
        "history is missing",
        lambda f: rewrite(f, "metrics.json", lambda metrics: metrics.pop("history")),
    ),
    "a curve missing": (
        "metrics.json",
        "curves.roc is missing",
        lambda f: rewrite(f, "metrics.json", lambda metrics: metrics["curves"].pop("roc")),
    ),
    "other shape": ("model.safetensors", "expected", lambda f: reweigh(f, trim)),
    "other type": ("model.safetensors", "expected F32 or F16", lambda f: reweigh(f, to_double)),
    "a network for few shots without its input": (
        "config.json",
        "few_shot_input and few_shot_network go together",
        lambda f: rewrite(f, "config.json", lambda config: config.pop("few_shot_input")),
    ),
    "an input for few shots that no code prepares": (
        "config.json",
        "input.size",
        lambda f: rewrite(f, "config.json", lambda config: config["few_shot_input"].update(size=[84, 84])),
    ),
    "weights of the network for few shots missing": (
        "model.safetensors",
        "few_shot.backbone",
        lambda f: reweigh(f, lambda w: w.pop(next(name for name in w if name.startswith("few_shot.")))),
    ),
    "not numbers": ("model.safetensors", "not numbers", lambda f: reweigh(f, set_nan)),
    "tensor missing": ("model.safetensors", "missing", lambda f: reweigh(f, lambda w: w.pop(first(w)))),
    "tensor too many": (
        "model.safetensors",
        "'extra' is unexpected",
        lambda f: reweigh(f, lambda w: w.update(extra=torch.zeros(1))),
    ),
    "truncated weights": ("model.safetensors", "whole", lambda f: truncate(f, "model.safetensors")),
    "empty weights": ("model.safetensors", "whole", lambda f: (f / "model.safetensors").write_bytes(b"")),
    "truncated gallery": ("gallery.safetensors", "whole", lambda f: truncate(f, "gallery.safetensors")),
    "gallery of bfloat16": (
        "gallery.safetensors",
        "embeddings are BF16",
        lambda f: save_file(
            {**load_file(f / "gallery.safetensors"), "embeddings": torch.zeros(10000, 128).bfloat16()},
            f / "gallery.safetensors",
        ),
    ),
    "gallery of eight bits": (
        "gallery.safetensors",
        "holds ['labels']",
        lambda f: save_file({"labels": torch.zeros(3).to(torch.float8_e4m3fn)}, f / "gallery.safetensors"),
    ),
    "gallery without map": ("gallery.safetensors", "xy", lambda f: regather(f, lambda a: a.pop("xy"))),
    "gallery of no length": (
        "gallery.safetensors",
        "length is not 1",
        lambda f: regather(f, lambda a: a.update(embeddings=a["embeddings"] * 0)),
    ),
    "gallery of two lengths": ("gallery.safetensors", "expected", lambda f: regather(f, shorten)),
    "truncated pictures": ("gallery.png", "whole", lambda f: truncate(f, "gallery.png")),
    "pictures are no PNG": ("gallery.png", "whole", lambda f: (f / "gallery.png").write_bytes(b"GIF89a")),
    "too few pictures": (
        "gallery.png",
        "picture",
        lambda f: sprite.pack(np.zeros((100, 28, 28), np.uint8)).save(f / "gallery.png"),
    ),
    **{f"no {name}": (name, "missing", lambda f, name=name: (f / name).unlink()) for name in bundle.FILES},
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_bundle_is_refused(folder: Path, case: str) -> None:
    name, message, spoil = SPOILT[case]
    bundle.load(folder)  # whole until now
    spoil(folder)
    with pytest.raises(ValueError) as caught:
        bundle.load(folder)
    assert name in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["model.safetensors", "gallery.safetensors", "gallery.png", "config.json"])
def test_a_pickle_is_refused_and_never_run(folder: Path, name: str) -> None:
    mark = folder / "was-run"
    (folder / name).write_bytes(pickle.dumps(Trap(mark)))
    with pytest.raises(ValueError, match=name):
        bundle.load(folder)
    assert not mark.exists()
    pickle.loads((folder / name).read_bytes())
    assert mark.exists(), "the trap itself must work"


class Trap:
    """Unpickled, it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return Path.touch, (self.mark,)


def test_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        bundle.load(tmp_path / "nowhere")


def test_what_is_saved_is_loaded(bundle_folder: Path, tmp_path: Path) -> None:
    before = bundle.load(bundle_folder)
    with torch.no_grad():  # not the very weights that lie in the folder
        for parameter in (*before.net.parameters(), *before.few_shot_net.parameters()):
            parameter *= 1.2
    bundle.save(before, tmp_path / "saved")
    with pytest.raises(ValueError, match="Weights and gallery belong to different models"):
        bundle.load(tmp_path / "saved")
    after = bundle.load(tmp_path / "saved", self_check=False)
    images = torch.from_numpy(before.gallery.images[:50])[:, None]
    assert torch.equal(embed(after.net, images), embed(before.net, images))
    finer = torch.nn.functional.interpolate(images, scale_factor=2)
    assert torch.equal(embed(after.few_shot_net, finer), embed(before.few_shot_net, finer))
    assert np.array_equal(after.gallery.images, before.gallery.images)
    assert np.array_equal(after.gallery.labels, before.gallery.labels)
    assert np.array_equal(after.gallery.xy, before.gallery.xy)
    assert np.abs(after.gallery.embeddings - before.gallery.embeddings).max() < 0.001
    for name in {field.name for field in fields(before)} - {"net", "few_shot_net", "gallery"}:
        assert getattr(after, name) == getattr(before, name), name


def test_a_bundle_without_a_network_of_its_own_for_few_shots_is_whole(bundle_folder: Path, tmp_path: Path) -> None:
    before = bundle.load(bundle_folder)
    inference = replace(before.inference, few_shot_head="digits")
    bundle.save(replace(before, few_shot_net=None, inference=inference), tmp_path / "saved")
    assert bundle.load(tmp_path / "saved").few_shot_net is None
    assert "few_shot_input" not in json.loads((tmp_path / "saved/config.json").read_text())


def test_weights_that_16_bits_hold_take_16_bits_and_come_back_the_same(tmp_path: Path) -> None:
    net = initialised(TINY, InputConfig(), seed=0)
    save_weights({"": net}, tmp_path / "whole")
    before = {name: value.clone() for name, value in net.state_dict().items()}
    save_weights({"": rounded(net)}, tmp_path / "rounded")
    assert (tmp_path / "rounded").stat().st_size < 0.7 * (tmp_path / "whole").stat().st_size
    (read,) = load_weights(lambda: {"": EmbeddingNet(TINY)}, tmp_path / "rounded").values()
    assert identical(weights(read), weights(net))
    assert all(value.dtype == before[name].dtype for name, value in read.state_dict().items())
    for name, value in net.state_dict().items():
        assert torch.allclose(value.float(), before[name].float(), rtol=2**-10, atol=2**-20), name


def test_parts_that_do_not_fit_are_not_saved(bundle_folder: Path, tmp_path: Path) -> None:
    whole = bundle.load(bundle_folder)
    with pytest.raises(ValueError, match="few_shot_head is 'letters'; the network has symbols"):
        bundle.save(replace(whole, inference=replace(whole.inference, few_shot_head="letters")), tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


def test_a_bundle_from_before_the_image_distortion_model_and_deskewing_has_none_of_them(
    bundle_folder: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(bundle_folder, tmp_path / "old"))
    config = json.loads((folder / "config.json").read_text())
    config["inference"].pop("few_shot_distortion")
    for views in ("views", "few_shot_views"):
        config["inference"][views].pop("deskew", None)
    (folder / "config.json").write_text(json.dumps(config))
    inference = bundle.load(folder).inference
    assert inference.few_shot_distortion == inference.views.deskew == inference.few_shot_views.deskew == 0


def test_the_shipped_bundle_is_of_this_format_and_embeds_its_gallery(bundle_folder: Path) -> None:
    """The weights belong to the gallery's embeddings."""
    assert bundle.FORMAT_VERSION == 3
    shipped = bundle.load(bundle_folder)
    assert shipped.inference.views.rotations == (-8, 0, 8)
    assert shipped.inference.few_shot_views.rotations == (-15, -8, 0, 8, 15)
    assert (shipped.inference.few_shot_head, shipped.inference.novelty_rank) == ("symbols", 5)
    assert shipped.inference.views.gate and shipped.inference.few_shot_views.gate is None
    images = torch.from_numpy(shipped.gallery.images[:100])[:, None]
    embedded = embed(shipped.net, images, views=shipped.inference.views).numpy()
    assert np.abs(embedded - shipped.gallery.embeddings[:100]).max() < 0.001


def test_a_bundle_is_small_and_holds_nothing_else(bundle_folder: Path, tmp_path: Path) -> None:
    bundle.save(bundle.load(bundle_folder), tmp_path / "saved")
    assert {path.name for path in (tmp_path / "saved").iterdir()} == set(bundle.FILES)
    assert sum(path.stat().st_size for path in (tmp_path / "saved").iterdir()) < 8_000_000


@pytest.mark.parametrize("count", [1, 100, 101, 250])
def test_sprite_sheet_is_lossless(tmp_path: Path, count: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 28, 28), np.uint8)
    sprite.pack(images).save(tmp_path / "gallery.png")
    assert np.array_equal(sprite.unpack((tmp_path / "gallery.png").read_bytes(), count, InputConfig()), images)
