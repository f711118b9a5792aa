"""What a visitor can choose of a run in the Learn tab, and the run configuration that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from siamese.config import PRESETS, LossName, MiningName, RunConfig, TrainingConfig
from siamese.ui.wording import Wording

SECONDS = 20.0  # of processor time that a run may take; it ends then, at whatever step
MAX_DIM = 64
MIN_CLASSES, MIN_PER_CLASS = 4, 8  # of own pictures; smaller classes are left out
MIN_PER_DIGIT = 50  # pictures, of a gallery of digits
MAX_LEARNING_RATE = 100.0

DEFAULT = {"loss": "contrastive", "margin": 1.0, "dim": 16, "learning_rate": 0.02, "excluded": [], "seed": 0}
TRIPLET = {"loss": "triplet", "margin": 0.3, "dim": 16, "learning_rate": 0.02, "excluded": [], "seed": 0}

GENERAL = 4  # of the ready settings, the first so many hold for other pictures than the ten digits too

# (name, what to watch, the settings of one run, or of two to compare). `benchmarks/live_training.py` runs them all.
READY_SETTINGS = (
    (
        "Pull and push",
        "Pictures of the same digit are pulled together, different ones pushed apart until they stand the margin apart: "
        "watch the two distributions part.",
        [DEFAULT],
    ),
    (
        "Collapse",
        "A learning rate 1,500 times too high throws all pictures onto one point, and keeps them there: same or different, "
        "every distance is near 0.",
        [DEFAULT | {"learning_rate": 30, "dim": 2}],
    ),
    (
        "A margin too small",
        "With a margin of 0.1 the pushing stops almost at once: the space stays a crumb, and more pictures stand among the "
        "wrong neighbours than with a margin of 1.",
        [DEFAULT | {"margin": 0.1}, DEFAULT],
    ),
    (
        "Hard from the start",
        "When every digit is still everywhere, the hardest triplets are best met by putting all on one point, where the loss "
        "stays at the margin, 0.3; semi-hard ones leave them out and pull the digits apart.",
        [TRIPLET | {"mining": "batch-hard"}, TRIPLET | {"mining": "semi-hard"}],
    ),
    (
        "Two dimensions or sixteen",
        "Ten digits do not fit on a circle with the margin between them, so they have to share places; sixteen dimensions "
        "have room for all.",
        [DEFAULT | {"dim": 2}, DEFAULT],
    ),
    (
        "8 and 9 never seen",
        "The rings are digits that the network never learned from: they gather all the same, though less cleanly, "
        "the 9s beside the 4s that they look like.",
        [DEFAULT | {"excluded": [8, 9]}],
    ),
)


def enough_digits(labels: np.ndarray) -> bool:
    """Whether a gallery of digits, (N,) their labels, is large enough to learn from: it has 50 pictures of each."""
    counts = np.bincount(labels, minlength=10)
    return len(counts) == 10 and bool(counts.min() >= MIN_PER_DIGIT)


def enough_pictures(labels: np.ndarray) -> bool:
    """Whether own pictures are enough to learn from: four classes of eight pictures."""
    return int((np.bincount(labels) >= MIN_PER_CLASS).sum()) >= MIN_CLASSES


def ready_settings(words: Wording) -> list[dict[str, Any]]:
    """The ready settings as the page gets them, in its words; those of the ten digits only where they are drawn."""
    ready = READY_SETTINGS if words.drawn else READY_SETTINGS[:GENERAL]
    return [
        {"name": name, "text": text.replace("digits", words.labels).replace("digit", words.label), "runs": runs}
        for name, text, runs in ready
    ]


@dataclass(frozen=True)
class Settings:
    """The settings of a run. All others are those of the preset `tiny`, with which a run takes a few seconds.

    Attributes:
        loss: contrastive, triplet or supcon.
        mining: of triplets, batch-hard or semi-hard; other losses do not use it.
        margin: of the contrastive and the triplet loss, up to 2; supcon does not use it.
        temperature: of supcon; 0.05 to 0.5 are usual.
        dim: length of the embedding, 2 to 64. 2 and 3 dimensions are drawn as they are, more by their principal
            components.
        learning_rate: at its peak, up to 100. 0.02 is right for this network.
        excluded: digits that are left out of training, at most eight.
        seed: of the first weights, the batches and the augmentation.

    Raises:
        ValueError: a value is out of range.
    """

    loss: LossName = "contrastive"
    mining: MiningName = "semi-hard"
    margin: float = 1.0
    temperature: float = 0.1
    dim: int = 16
    learning_rate: float = 0.02
    excluded: tuple[int, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "excluded", tuple(sorted(set(self.excluded))))
        if not 2 <= self.dim <= MAX_DIM:
            raise ValueError(f"The embedding has 2 to {MAX_DIM} dimensions here, got {self.dim}.")
        if not 0 < self.learning_rate <= MAX_LEARNING_RATE:
            raise ValueError(f"The learning rate must lie between 0 and 100, got {self.learning_rate}.")
        if set(self.excluded) - set(range(10)) or len(self.excluded) > 8:
            raise ValueError(f"Leave out digits from 0 to 9, and at least two in; got {list(self.excluded)}.")
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"The seed must be a whole number from 0, got {self.seed}.")
        # This checks the others, also those that the chosen loss does not use.
        TrainingConfig(loss=self.loss, mining=self.mining, margin=self.margin, temperature=self.temperature)

    @classmethod
    def of(cls, values: object) -> Settings:
        """Settings from the JSON object that a page sent; those that are missing have their defaults.

        Raises:
            ValueError: this is no object, or a setting is unknown, of the wrong kind, or out of range.
        """
        if not isinstance(values, dict):
            raise ValueError(f"Settings are names and values, got {type(values).__name__}.")
        kinds: dict[str, Any] = {"loss": str, "mining": str, "margin": float, "temperature": float}
        kinds |= {"learning_rate": float, "dim": int, "seed": int, "excluded": _digits}
        unknown = sorted(set(values) - set(kinds))
        if unknown:
            raise ValueError(f"There is no setting {unknown[0]!r}.")
        given: dict[str, Any] = {}
        for name, value in values.items():
            try:
                given[name] = kinds[name](value)
            except (TypeError, ValueError, OverflowError) as error:
                raise ValueError(f"{name.replace('_', ' ')} cannot be {value!r}.") from error
        return cls(**given)

    def run(self) -> RunConfig:
        """The preset `tiny` with these settings in place of its own."""
        base = PRESETS["tiny"]
        chosen: dict[str, Any] = {"loss": self.loss, "learning_rate": self.learning_rate, "seed": self.seed}
        if self.loss == "supcon":
            chosen["temperature"] = self.temperature
        else:
            chosen["margin"] = self.margin
        if self.loss == "triplet":
            chosen["mining"] = self.mining
        return replace(
            base,
            data=replace(base.data, exclude_classes=self.excluded),
            network=replace(base.network, embedding_dim=self.dim),
            training=replace(base.training, **chosen),
        )

    def command(self) -> str:
        """The command that trains the same network in the same way on the whole of MNIST."""
        from siamese.cli import command  # not at the app's start

        return command(self.run())


def _digits(values: object) -> tuple[int, ...]:
    return tuple(int(digit) for digit in cast(Any, values))
