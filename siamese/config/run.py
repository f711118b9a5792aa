"""What a run is: the data it learns from, how it learns, and the model that comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from siamese.config.model import InputConfig, NetworkConfig
from siamese.config.values import one_of

Loss = Literal["supcon", "contrastive", "triplet"]
Mining = Literal["batch-hard", "semi-hard"]
Sampling = Literal["classes", "pairs", "triplets"]
OmniglotSet = Literal["small1", "small2", "full"]


@dataclass(frozen=True)
class AugmentationConfig:
    """How strongly training pictures are varied; each amount is drawn anew for every picture.

    Attributes:
        rotation: degrees either way. Beyond 20 a 7 begins to be a 1.
        shear: of the vertical, as a tangent.
        scale: relative size, either way. aspect: likewise, between width and height.
        shift: pixels either way.
        elastic: pixels by which a smooth random field (4 x 4 knots) displaces.
        thickness: share of the way to a stroke two pixels wider; the thinner way goes half as far.
        blur: share of the way to a picture smoothed over 3x3.
        contrast: how much the edge is steepened at most, as a factor; it is also softened a little.
        noise: standard deviation of the grain in the ink.
        probability: that a picture is changed at all.
    """

    rotation: float = 10.0
    shear: float = 0.2
    scale: float = 0.1
    aspect: float = 0.1
    shift: float = 1.5
    elastic: float = 0.8
    thickness: float = 0.35
    blur: float = 0.35
    contrast: float = 2.5
    noise: float = 0.05
    probability: float = 0.95


@dataclass(frozen=True)
class SourceConfig:
    """A source of training pictures: how many there are, and what a batch takes of them.

    Attributes:
        pictures: how many are made or kept; None for as many as there are.
        classes: of the source in a batch; None for all. per_class: pictures of each of these.
        every: 1 for a share in every batch, 4 for one in every fourth.
    """

    pictures: int | None = None
    classes: int | None = None
    per_class: int = 4
    every: int = 1

    def __post_init__(self) -> None:
        for name in ("pictures", "classes", "per_class", "every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} of a source must be at least 1, got {value}")


@dataclass(frozen=True)
class DataConfig:
    """What a run learns from. A source that is None is left out.

    Attributes:
        limit: train on so many MNIST images, for a smoke run.
        exclude_classes: digits that are never trained on.
        filter_label_noise: leave out digits whose label a small network, trained first, contradicts.
        digits: MNIST. Its `pictures` counts those that a batch is drawn from; the others still serve to make more.
        pen: digits drawn by pen (UCI pendigits), six renderings of each recording.
        corrupted: digits of MNIST re-scanned and photographed.
        omniglot: background sets of Omniglot, whose characters, and their rotations, are classes beside the digits.
        held_out_alphabets: of these, never trained on.
        symbols: what a batch takes of Omniglot.
        half_swaps: pictures of every two digits joined, the upper half of one on the lower half of the other.
        outliers: pictures that belong to no class.
    """

    limit: int | None = None
    exclude_classes: tuple[int, ...] = ()
    filter_label_noise: bool = False
    digits: SourceConfig = SourceConfig(per_class=12)
    pen: SourceConfig | None = None
    corrupted: SourceConfig | None = None
    omniglot: tuple[OmniglotSet, ...] = ()
    held_out_alphabets: tuple[str, ...] = ("Early_Aramaic",)
    symbols: SourceConfig = SourceConfig(classes=64, per_class=4, every=4)
    half_swaps: SourceConfig | None = None
    outliers: SourceConfig | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 100:
            raise ValueError(f"limit must be at least 100 images, got {self.limit}")
        if self.digits.per_class < 2:
            raise ValueError(
                f"per_class must be at least 2, two pictures of a class to tell them the same; got {self.digits.per_class}"
            )
        if set(self.exclude_classes) - set(range(10)) or len(set(self.exclude_classes)) > 8:
            raise ValueError(f"exclude_classes takes up to eight digits from 0 to 9, got {self.exclude_classes}")


@dataclass(frozen=True)
class TrainingConfig:
    """How it learns. The defaults are the ones that measured best; `benchmarks/recipes.md` has the others.

    Attributes:
        epochs: passes over the first source. 5 give a good network, 12 and more the last tenths of a percent.
        loss: supcon, contrastive or triplet.
        sampling: what a step is made of: class-balanced batches in which every pair counts, or the classic pairs
            (with the contrastive loss) and triplets (with the triplet loss).
        margin: of contrastive (default 1.0) and triplet loss (0.3); None for the loss's own default.
        temperature: of supcon; 0.05 to 0.5. Lower ones work on the hardest pairs.
        mining: of in-batch triplets.
        learning_rate: at the peak of the one-cycle schedule (Smith, 2018).
        weight_decay: of AdamW.
        ema_decay: a step, of the exponential moving average of the weights, which is what is kept in the end.
        pretrained_backbone: start a torchvision backbone from its ImageNet weights.
        seed: of the first weights, the batches and the augmentation.
    """

    epochs: int = 20
    loss: Loss = "supcon"
    sampling: Sampling = "classes"
    margin: float | None = None
    temperature: float = 0.07
    mining: Mining = "batch-hard"
    learning_rate: float = 5e-3
    weight_decay: float = 0.03
    ema_decay: float = 0.999
    pretrained_backbone: bool = False
    seed: int = 0
    augmentation: AugmentationConfig = AugmentationConfig()

    def __post_init__(self) -> None:
        one_of("loss", self.loss, Loss)
        one_of("sampling", self.sampling, Sampling)
        one_of("mining", self.mining, Mining)
        for name in ("epochs", "temperature", "learning_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be greater than 0, got {getattr(self, name)}")
        if self.margin is not None and not 0 < self.margin <= 2:
            raise ValueError(
                f"margin must lie between 0 and 2, the largest distance of unit vectors; got {self.margin}"
            )
        needed = {"pairs": "contrastive", "triplets": "triplet"}.get(self.sampling)
        if needed and self.loss != needed:
            raise ValueError(f"sampling {self.sampling!r} goes with the loss {needed!r}, not {self.loss!r}")


@dataclass(frozen=True)
class HeadRetrainingConfig:
    """The last head, fitted anew on the frozen backbone once the rest has learned.

    Attributes:
        steps: at most; never more than the training before had.
        dropout: share of the features that are dropped before the head.
        characters: procedural characters at most, as classes beside the source's own. drawings: of each.
    """

    steps: int = 960
    dropout: float = 0.5
    characters: int = 1000
    drawings: int = 12


@dataclass(frozen=True)
class RunConfig:
    """Everything that makes a trained bundle what it is; where data lie and results go is not part of it."""

    data: DataConfig = DataConfig()
    network: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainingConfig = TrainingConfig()
    head_retraining: HeadRetrainingConfig | None = None
    input: InputConfig = field(default_factory=InputConfig)

    def __post_init__(self) -> None:
        classic = self.training.sampling != "classes"
        if classic and self.data.outliers:
            raise ValueError("outliers belong to no class: they go with sampling 'classes' alone")
        if self.data.half_swaps and (classic or len(self.network.heads) > 1):
            raise ValueError("half_swaps are near to digits: they go with a single head, and sampling 'classes'")
        if self.head_retraining and (len(self.network.heads) < 2 or not self.data.omniglot):
            raise ValueError("head_retraining fits the symbols' head: it takes two heads, and an Omniglot set")
