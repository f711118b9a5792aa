"""Recipes under a name: what `train.py --preset NAME` sets where the command line says nothing else.

    python train.py --preset fast

Each is a dictionary of `train.py`'s options by their names, and `augmentation`, which has none.
"""

from __future__ import annotations

from siamese.augmentation import Augmentation

# A small turn and slant let a single epoch tell what varies; more of it pays only in longer runs.
LIGHT = Augmentation(
    turn=10, slant=0.15, scale=0.08, aspect=0.08, shift=1, elastic=0.6, thickness=0, blur=0, contrast=1, noise=0
)

PRESETS: dict[str, dict] = {
    # Honest 5-NN accuracy of 99.35 % on the validation pictures in seconds (`benchmarks/time_to_accuracy.py`).
    "fast": {
        "epochs": 2,
        "per_class": 12,
        "learning_rate": 5e-3,
        "augmentation": LIGHT,
        "channels": (16, 48, 96),
        "blocks": (1, 1, 1),
        "embedding_dim": 64,
    },
}
