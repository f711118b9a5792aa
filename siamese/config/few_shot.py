"""What a network of its own for classes never trained on is, and how it learns."""

from __future__ import annotations

from dataclasses import dataclass, field

from siamese.config.data import SourceConfig
from siamese.config.inference import MOST_DISTORTION, InferenceConfig
from siamese.config.model import INK_SIDES, NetworkConfig
from siamese.config.training import AugmentationConfig, TrainingConfig
from siamese.config.values import OPTIONAL, coerce


@dataclass(frozen=True)
class FewShotConfig:
    """A network for few-shot classification alone. It sees symbols at twice the resolution of digits.

    What tells letters apart is finer than what tells digits apart, and takes many classes in a batch to learn
    (`benchmarks/recipes.md`).

    Attributes:
        side: of its ink, in pixels: 28 or 56.
        network: the architecture, of a single head.
        training: how it learns. It does not exceed the training before it in steps.
        symbols: what a batch takes of Omniglot; an epoch is a pass over it.
        letters: of a hundred other scripts, redrawn by pen. `pictures` is how many drawings of each; None to leave
            them out.
        digits: what it takes of MNIST's and of the run's pen recordings, so that they are as easy to teach as other symbols;
            `pictures` is how many of MNIST's. None to leave them out.
        all_alphabets: once it is measured and calibrated by the alphabets held out, train it again on all of them.
        distortion: weight of the image distortion model in the squared distance; 0 for none.
    """

    side: int = 56
    network: NetworkConfig = field(
        default_factory=lambda: NetworkConfig(channels=(16, 32, 64, 128), blocks=(1, 1, 3, 3), heads=("symbols",))
    )
    training: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            epochs=40,
            temperature=0.05,
            # In pixels, of which there are twice as many.
            augmentation=AugmentationConfig(shift=3.0, elastic=1.6),
        )
    )
    symbols: SourceConfig = field(default_factory=lambda: SourceConfig(classes=64, per_class=4))
    letters: SourceConfig | None = field(default_factory=lambda: SourceConfig(pictures=12, classes=96, per_class=4))
    digits: SourceConfig | None = field(default_factory=lambda: SourceConfig(pictures=10_000, per_class=2))
    all_alphabets: bool = True
    distortion: float = field(default=0.0, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        coerce(self)
        if self.side not in INK_SIDES:
            raise ValueError(f"side must be one of {', '.join(map(str, INK_SIDES))} pixels, got {self.side}")
        if not 0 <= self.distortion <= MOST_DISTORTION:
            raise ValueError(f"distortion must lie between 0 and {MOST_DISTORTION}, got {self.distortion}")
        if len(self.network.heads) != 1:
            raise ValueError(f"a network for few-shot classification has one head, got {', '.join(self.network.heads)}")
        if self.symbols.classes == 1:
            raise ValueError("symbols must be at least 2 classes in a batch, got 1")
        if self.letters and not self.letters.pictures:
            raise ValueError("letters are made: say how many pictures")

    @property
    def inference(self) -> InferenceConfig:
        """By which such a network is measured."""
        return InferenceConfig(few_shot_head=self.network.heads[0], few_shot_distortion=self.distortion)
