"""The folder that a trained model is: save it, load it, trust nothing in it.

config.json           architecture, ink settings, label names, calibration, format version
model.safetensors     weights, float32
gallery.png           the gallery's pictures, a lossless sprite sheet, 100 a row
gallery.safetensors   their embeddings (float16), labels, map coordinates
metrics.json          everything measured, and how
README.md             the model card
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file as load_arrays
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file, save_file

from siamese.bundle import sprite
from siamese.bundle.card import model_card
from siamese.bundle.files import write_json, write_text, write_whole
from siamese.inputs.ink import BOX, SIDE, STROKE_WIDTHS
from siamese.models.networks import EmbeddingNet, NetworkConfig
from siamese.retrieval.calibration import Calibration
from siamese.retrieval.gallery import Gallery

FORMAT_VERSION = 2
FILES = ("config.json", "model.safetensors", "gallery.png", "gallery.safetensors", "metrics.json", "README.md")
MEASURED = (
    "test",
    "baselines",
    "validation distances",
    "curves",
    "history",
    "test_images",
    "fit_images",
    "command",
    "seed",
)
INK = {"side": SIDE, "box": BOX, "stroke_widths": list(STROKE_WIDTHS)}


@dataclass(frozen=True)
class Bundle:
    """A trained model and what belongs to it.

    `calibration` is of digits, `symbol_calibration` of symbols that the network never trained on; where
    none of those were at hand, it is the digits'.
    """

    net: EmbeddingNet
    gallery: Gallery
    calibration: Calibration
    symbol_calibration: Calibration
    labels: tuple[str, ...]
    metrics: dict


def save(bundle: Bundle, folder: Path) -> None:
    """Write a bundle; each file appears whole or not at all, `config.json` last.

    The gallery's embeddings are rounded to float16, which moves a distance by less than 0.001.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().cpu().contiguous() for name, value in bundle.net.state_dict().items()}
    write_whole(folder / "model.safetensors", lambda path: save_file(weights, path))
    write_whole(
        folder / "gallery.png", lambda path: sprite.pack(bundle.gallery.images).save(path, "PNG", optimize=True)
    )
    arrays = {
        "embeddings": bundle.gallery.embeddings.astype(np.float16),
        "labels": bundle.gallery.labels.astype(np.int64),
        "xy": bundle.gallery.xy.astype(np.float32),
    }
    write_whole(folder / "gallery.safetensors", lambda path: save_arrays(arrays, path))
    write_json(folder / "metrics.json", bundle.metrics)
    write_text(folder / "README.md", model_card(bundle.metrics))
    config = {
        "format_version": FORMAT_VERSION,
        "network": bundle.net.config.to_json(),
        "ink": INK,
        "labels": list(bundle.labels),
        "calibration": asdict(bundle.calibration),
        "symbol_calibration": asdict(bundle.symbol_calibration),
    }
    write_json(folder / "config.json", config)


def load(folder: Path) -> Bundle:
    """Read a bundle strictly; no file in it is ever unpickled.

    Raises:
        ValueError: a file is missing, of an unknown version, or holds anything but what belongs there;
            the message names the file.
    """
    if not folder.is_dir():
        raise ValueError(f"There is no model folder {str(folder)!r}.")
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"{str(folder)!r} is no complete model: {', '.join(missing)} is missing.")
    config = _read_json(folder / "config.json")
    version = config.get("format_version")
    if version != FORMAT_VERSION:
        raise ValueError(f"{folder / 'config.json'} has format version {version!r}; this code reads {FORMAT_VERSION}.")
    if config.get("ink") != INK:
        raise ValueError(f"{folder / 'config.json'} was made for other ink settings: {config.get('ink')}, not {INK}.")
    try:
        net = EmbeddingNet(NetworkConfig(**config["network"]))
        calibration = _calibration(config["calibration"])
        symbol_calibration = _calibration(config["symbol_calibration"])
        labels = tuple(str(label) for label in config["labels"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{folder / 'config.json'} cannot be understood: {error}") from error
    _load_weights(net, folder / "model.safetensors")
    gallery = _load_gallery(folder, net.config.embedding_dim)
    if gallery.labels.max() >= len(labels):
        raise ValueError(f"{folder / 'gallery.safetensors'} has labels beyond the {len(labels)} names in config.json.")
    metrics = _read_json(folder / "metrics.json")
    lacking = [key for key in MEASURED if key not in metrics]
    if lacking:
        raise ValueError(f"{folder / 'metrics.json'} lacks {', '.join(lacking)}.")
    # The layout in which a processor convolves few pictures fastest; the weights stay what they are.
    net = net.eval().to(memory_format=torch.channels_last)
    return Bundle(net, gallery, calibration, symbol_calibration, labels, metrics)


def _calibration(values: dict) -> Calibration:
    return Calibration(
        tuple(values["distances"]),
        tuple(values["probabilities"]),
        float(values["threshold"]),
        float(values["novelty"]),
    )


def _read_json(path: Path) -> dict:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is no JSON file: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"{path} holds no JSON object.")
    return value


def _load_weights(net: EmbeddingNet, path: Path) -> None:
    try:
        weights = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from error
    expected = net.state_dict()
    for name in sorted(expected.keys() ^ weights.keys()):
        raise ValueError(f"{path}: tensor {name!r} is {'missing' if name in expected else 'unexpected'}.")
    for name, tensor in weights.items():
        wanted = expected[name]
        if tensor.shape != wanted.shape or tensor.dtype != wanted.dtype:
            raise ValueError(
                f"{path}: tensor {name!r} is {tensor.dtype} {tuple(tensor.shape)}, "
                f"expected {wanted.dtype} {tuple(wanted.shape)}."
            )
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{path}: tensor {name!r} holds values that are not numbers.")
    net.load_state_dict(weights, strict=True)


def _load_gallery(folder: Path, dim: int) -> Gallery:
    path = folder / "gallery.safetensors"
    try:
        arrays = load_arrays(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from error
    if set(arrays) != {"embeddings", "labels", "xy"}:
        raise ValueError(f"{path} holds {sorted(arrays)}, expected embeddings, labels, xy.")
    labels, count = arrays["labels"], arrays["labels"].size
    if not count or labels.shape != (count,) or labels.dtype.kind not in "iu" or labels.min() < 0:
        raise ValueError(f"{path}: labels are {labels.dtype} {labels.shape}, expected a row of whole numbers from 0.")
    if arrays["embeddings"].shape != (count, dim) or arrays["xy"].shape != (count, 2):
        raise ValueError(f"{path}: embeddings {arrays['embeddings'].shape}, expected {(count, dim)}.")
    embeddings = arrays["embeddings"].astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    if not (np.isfinite(embeddings).all() and np.isfinite(arrays["xy"]).all()):
        raise ValueError(f"{path} holds values that are not numbers.")
    # Checked now, decoded when a picture is first asked for: a visit may well need none.
    sheet = (folder / "gallery.png").read_bytes()
    try:
        sprite.check(sheet, count)
    except ValueError as error:
        raise ValueError(f"{folder / 'gallery.png'} {error}") from error
    return Gallery(lambda: sprite.unpack(sheet, count), arrays["labels"], embeddings, arrays["xy"])
