"""Recipes by name: `train.py --preset NAME`, or in Python

    config = PRESETS["fast"]
    config = replace(config, training=replace(config.training, epochs=5))

What was tried on the way to them is in `benchmarks/recipes.md`.
"""

from __future__ import annotations

from siamese.config.data import DataConfig, SourceConfig
from siamese.config.few_shot import FewShotConfig
from siamese.config.folder import FolderConfig
from siamese.config.inference import Views
from siamese.config.model import NetworkConfig
from siamese.config.run import RunConfig
from siamese.config.training import AugmentationConfig, TrainingConfig

PRESETS: dict[str, RunConfig] = {
    "base": RunConfig(),
    # Made for time to accuracy: 99.35 % 5-NN on the validation pictures (`benchmarks/time_to_accuracy.py`), and for a short
    # way from the command to the bundle (`benchmarks/command_to_bundle.py`).
    "fast": RunConfig(
        data=DataConfig(calibration_pictures=200, reference_pictures=15_000),
        network=NetworkConfig(channels=(16, 32, 64), blocks=(1, 2, 2), embedding_dim=64),
        training=TrainingConfig(
            epochs=1,
            learning_rate=8e-3,
            # Weak augmentation, which an epoch is enough to learn; a strong one pays only in longer runs.
            augmentation=AugmentationConfig(
                rotation=10,
                shear=0.15,
                scale=0.08,
                aspect=0.08,
                shift=1,
                elastic=0.6,
                thickness=0,
                blur=0,
                contrast=1,
                noise=0,
            ),
        ),
    ),
    # Small enough to be watched while it learns: the Learn tab's network.
    "tiny": RunConfig(
        network=NetworkConfig(channels=(12, 24, 48), blocks=(1, 1, 1), embedding_dim=16),
        training=TrainingConfig(epochs=3, loss="contrastive", learning_rate=0.02),
    ),
    # For classes that it never saw, here the digits of `exclude_classes`. A batch holds few digits and many symbols, the
    # only head sees intermediate features, and there are few steps: longer training overfits the classes it learns from.
    # MNIST's digits slant, each hand's as it likes, which matters most where a class was never seen.
    "unseen": RunConfig(
        data=DataConfig(
            digits=SourceConfig(pictures=12_800, per_class=8),
            pen=SourceConfig(per_class=4),
            omniglot=("small1", "small2"),
            symbols=SourceConfig(classes=16, per_class=4),
            half_swaps=SourceConfig(pictures=600, classes=32, per_class=4),
            reference_pictures=15_000,  # each is embedded in three views
        ),
        network=NetworkConfig(intermediate_grid=4),
        training=TrainingConfig(epochs=1, temperature=0.15),
        head_centring=True,
        views=Views((-8.0, 0.0, 8.0), deskew=0.5),
    ),
    # The model that ships.
    "full": RunConfig(
        data=DataConfig(
            filter_label_noise=True,
            pen=SourceConfig(per_class=8),
            corrupted=SourceConfig(pictures=20_000, per_class=4),
            omniglot=("small1", "small2"),
            held_out_alphabets=("Early_Aramaic", "Korean", "Latin"),
            outliers=SourceConfig(pictures=4_000, per_class=12, every=4),
        ),
        network=NetworkConfig(heads=("digits", "symbols")),
        training=TrainingConfig(epochs=12),
        few_shot=FewShotConfig(distortion=0.6),
    ),
    # Own pictures: photographs and documents, small enough for two cores.
    "pictures": RunConfig(
        folder=FolderConfig(),
        network=NetworkConfig(
            channels=(32, 64, 128, 192),
            blocks=(1, 2, 2, 2),
            heads=("pictures",),
            embedding_dim=96,
            intermediate_grid=4,
            final_grid=2,
        ),
        training=TrainingConfig(
            epochs=20,
            temperature=0.1,
            learning_rate=3e-3,
            weight_decay=0.05,
            dropout=0.3,
            augmentation=AugmentationConfig(
                rotation=10,
                shear=0.25,
                scale=0.18,
                aspect=0.18,
                shift=4,
                elastic=2.5,
                thickness=0.5,
                blur=0.5,
                contrast=2,
            ),
        ),
    ),
}
