"""Recipes by name: `train.py --preset NAME`, or in Python

    config = PRESETS["fast"]
    config = replace(config, training=replace(config.training, epochs=5))

What was tried on the way to them is in `benchmarks/recipes.md`.
"""

from __future__ import annotations

from siamese.config.model import NetworkConfig
from siamese.config.run import (
    AugmentationConfig,
    DataConfig,
    HeadRetrainingConfig,
    RunConfig,
    SourceConfig,
    TrainingConfig,
)

PRESETS: dict[str, RunConfig] = {
    "base": RunConfig(),
    # An honest 5-NN accuracy of 99.35 % on the validation pictures within seconds of training.
    "fast": RunConfig(
        network=NetworkConfig(channels=(16, 32, 64), blocks=(1, 2, 2), embedding_dim=64),
        training=TrainingConfig(
            epochs=2,
            learning_rate=8e-3,
            # Small turns and shears let a single epoch tell what varies; more of it pays only in longer runs.
            augmentation=AugmentationConfig(10, 0.15, 0.08, 0.08, 1, 0.6, 0, 0, 1, 0),
        ),
    ),
    # Small enough to be watched while it learns: the Learn tab's network.
    "tiny": RunConfig(
        network=NetworkConfig(channels=(12, 24, 48), blocks=(1, 1, 1), embedding_dim=16),
        training=TrainingConfig(epochs=3, loss="contrastive", learning_rate=0.02),
    ),
    # Tells apart classes that it never saw, here the digits of `exclude_classes`: few digits and many symbols a
    # batch, one head that sees what lies before the stage that brings digits together, and few steps, for with more
    # it learns its own classes, and others worse.
    "unseen": RunConfig(
        data=DataConfig(
            digits=SourceConfig(pictures=12_800, per_class=8),
            omniglot=("small1", "small2"),
            symbols=SourceConfig(classes=16, per_class=4),
            half_swaps=SourceConfig(pictures=600, classes=32, per_class=4),
        ),
        network=NetworkConfig(intermediate_grid=4),
        training=TrainingConfig(epochs=1, temperature=0.1),
    ),
    # The model that ships.
    "full": RunConfig(
        data=DataConfig(
            filter_label_noise=True,
            pen=SourceConfig(per_class=8),
            corrupted=SourceConfig(pictures=20_000, per_class=4),
            omniglot=("small1", "small2"),
            outliers=SourceConfig(pictures=4_000, per_class=12, every=4),
        ),
        network=NetworkConfig(heads=("digits", "symbols"), intermediate_grid=4),
        training=TrainingConfig(epochs=12),
        head_retraining=HeadRetrainingConfig(),
    ),
}
