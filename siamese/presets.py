"""Recipes under a name: what `train.py --preset NAME` sets where the command line says nothing else.

    python train.py --preset fast

Each is a dictionary of `train.py`'s options by their names, and `augmentation`, which has none.
"""

from __future__ import annotations

from siamese.data.augmentation import Augmentation

# A small turn and slant let a single epoch tell what varies; more of it pays only in longer runs.
LIGHT = Augmentation(
    turn=10, slant=0.15, scale=0.08, aspect=0.08, shift=1, elastic=0.6, thickness=0, blur=0, contrast=1, noise=0
)

PRESETS: dict[str, dict] = {
    # Honest 5-NN accuracy of 99.35 % on the validation pictures in seconds (`benchmarks/time_to_accuracy.py`).
    "fast": {
        "epochs": 2,
        "per_class": 12,
        "learning_rate": 8e-3,
        "augmentation": LIGHT,
        "channels": (16, 32, 64),
        "blocks": (1, 2, 2),
        "embedding_dim": 64,
    },
    # What tells classes apart that it never saw, here the digits that `--exclude-classes` names: one head, whose
    # classes are few digits and many symbols, and which sees what lies before the stage that brings digits together;
    # 200 steps with two digits left out, for with more it learns its own classes, and others worse.
    "unseen": {
        "epochs": 1,
        "digits": 12_800,
        "per_class": 8,
        "symbols": 16,
        "symbols_every": 1,
        "omniglot": ["small1", "small2"],
        "chimeras": 600,
        "one_head": True,
        "details": 4,
        "temperature": 0.1,
    },
}
