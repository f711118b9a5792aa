"""A small bundle of generated pictures, which an untrained network answers: quick to make, with real measurements."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from siamese.bundle.format import save
from siamese.config import PRESETS, NetworkConfig
from siamese.data.own_pictures import load_folder
from siamese.evaluation import folder_protocol
from siamese.models.networks import EmbeddingNet
from tests.picture_folders import document, photograph, write_folder

SMALL = NetworkConfig(
    channels=(4, 8, 8), blocks=(1, 1, 1), embedding_dim=8, heads=("pictures",), intermediate_grid=2, final_grid=1
)
EPOCH = {"epoch": 1, "loss": 1.0, "active": 1.0, "images_per_second": 1.0, "seconds": 1.0, "validation_accuracy": 0.5}
SIZES = {"photo": (40, 32), "document": (32, 64)}


def save_picture_bundle(folder: Path, classes: int = 6, per_class: int = 10, kind: str = "photo") -> Path:
    """Write a bundle whose gallery has `classes` classes of `per_class` pictures each; returns its folder.

    Args:
        folder: to write it to; its name is the name of the folder of pictures.
        classes: of the gallery, which are a fifth of all.
        per_class: pictures of each.
        kind: "photo" for colours, "document" for strokes on paper.
    """
    preset = PRESETS["pictures"]
    assert preset.folder
    asked = replace(preset.folder, kind=kind, image_size=SIZES[kind], split="classes")
    with tempfile.TemporaryDirectory() as temporary:
        draw = photograph if kind == "photo" else document
        pictures = write_folder(Path(temporary) / folder.name, 5 * classes, per_class, draw)
        config, corpus = load_folder(replace(preset, network=SMALL, folder=asked), pictures, lambda _: None)
        torch.manual_seed(0)
        net = EmbeddingNet(config.network, config.input).eval()
        bundle = folder_protocol.evaluate(
            net, net, corpus, config, folder.name, [EPOCH], "python train.py --images things", 1.0, torch.device("cpu")
        )
    save(bundle, folder)
    return folder
