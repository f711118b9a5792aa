"""How a network learns: augmentation, losses, the optimiser, and the head that is trained again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from siamese.config.values import coerce

LossName = Literal["supcon", "contrastive", "triplet"]
MiningName = Literal["batch-hard", "semi-hard"]
SamplingName = Literal["classes", "pairs", "triplets"]


@dataclass(frozen=True)
class AugmentationConfig:
    """How strongly training pictures are varied; each amount is drawn anew for every picture.

    Attributes:
        rotation: degrees either way. Beyond 20 a 7 begins to be a 1.
        shear: of the vertical, as a tangent.
        scale: relative change of size, either way.
        aspect: relative change of width against height, either way.
        shift: pixels either way.
        elastic: pixels by which a smooth random field (4 x 4 knots) displaces.
        thickness: blend, from 0 to 1, towards a stroke two pixels wider; towards a thinner one half as much.
        blur: blend, from 0 to 1, towards the mean over 3x3 pixels.
        contrast: largest factor by which the edge of a stroke is made steeper; the other way, ink is made fainter, to 0.7
            of its darkness at most.
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

    def __post_init__(self) -> None:
        coerce(self)
        for name, amount in vars(self).items():
            if not 0 <= amount < float("inf"):
                raise ValueError(f"{name} must be 0 or more, got {amount}")
        if self.contrast < 1:
            raise ValueError(f"contrast must be at least 1, which changes nothing; got {self.contrast}")
        if self.probability > 1:
            raise ValueError(f"probability must lie between 0 and 1, got {self.probability}")


@dataclass(frozen=True)
class PhotoAugmentationConfig:
    """How strongly training photographs are varied; each amount is drawn anew for every picture.

    Attributes:
        scale: least share of a picture's area that is shown, enlarged to the whole (random resized crop); 1 for all.
        aspect: relative change of width against height, either way.
        rotation: degrees either way.
        mirror: show half of the pictures mirrored. Writing, signatures and most products have a direction.
        brightness: relative change, either way; so are the next two.
        contrast: about the picture's mean.
        saturation: about its grey; it changes nothing in grey pictures.
        white_balance: relative change of each colour channel, either way; it changes nothing in grey pictures.
        blur: blend, from 0 to 1, towards the mean over 3x3 pixels.

    Raises:
        ValueError: an amount is out of range.
    """

    scale: float = 0.5
    aspect: float = 0.14
    rotation: float = 10.0
    mirror: bool = False
    brightness: float = 0.3
    contrast: float = 0.3
    saturation: float = 0.3
    white_balance: float = 0.08
    blur: float = 0.5

    def __post_init__(self) -> None:
        coerce(self)
        if not 0 < self.scale <= 1:
            raise ValueError(f"scale must be greater than 0 and at most 1, a share of the area; got {self.scale}")
        for name in ("brightness", "contrast", "saturation", "white_balance", "blur", "aspect"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie between 0 and 1, got {getattr(self, name)}")
        if not 0 <= self.rotation <= 180:
            raise ValueError(f"rotation must lie between 0 and 180 degrees, got {self.rotation}")


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
        freeze_epochs: in the first so many epochs only the heads learn, as a pretrained backbone needs no more.
        backbone_rate: the backbone's learning rate, as a share of the heads'; 0.05 to 0.2 for a pretrained one.
        dropout: share of the features that are dropped before the heads; 0 to 0.5.
        seed: of the first weights, the batches and the augmentation.
        augmentation: of ink and documents.
        photo_augmentation: of photographs.
    """

    epochs: int = 20
    loss: LossName = "supcon"
    sampling: SamplingName = "classes"
    margin: float | None = None
    temperature: float = 0.07
    mining: MiningName = "batch-hard"
    learning_rate: float = 5e-3
    weight_decay: float = 0.03
    ema_decay: float = 0.999
    pretrained_backbone: bool = False
    freeze_epochs: int = 0
    backbone_rate: float = 1.0
    dropout: float = 0.0
    seed: int = 0
    augmentation: AugmentationConfig = AugmentationConfig()
    photo_augmentation: PhotoAugmentationConfig = PhotoAugmentationConfig()

    def __post_init__(self) -> None:
        coerce(self)
        # Above these, nothing is learned: a slip of the hand, told before hours are spent on it. The Learn tab shows a
        # collapse by a learning rate of 30.
        for name, most in (("epochs", 100_000), ("temperature", 10), ("learning_rate", 100), ("weight_decay", 100)):
            if getattr(self, name) > most:
                raise ValueError(f"{name} must be at most {most}, got {getattr(self, name)}")
        for name in ("epochs", "temperature", "learning_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be greater than 0, got {getattr(self, name)}")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed must be from 0 to {2**32 - 1}, got {self.seed}")
        if not self.weight_decay >= 0:
            raise ValueError(f"weight_decay must be 0 or more, got {self.weight_decay}")
        if not 0 <= self.ema_decay < 1:
            raise ValueError(f"ema_decay must lie between 0 and 1, got {self.ema_decay}")
        if not 0 <= self.freeze_epochs <= self.epochs:
            raise ValueError(f"freeze_epochs must be from 0 to the {self.epochs} epochs, got {self.freeze_epochs}")
        if not 0 < self.backbone_rate <= 1:
            raise ValueError(f"backbone_rate must be greater than 0 and at most 1, got {self.backbone_rate}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie between 0 and 1, got {self.dropout}")
        if self.margin is not None and not 0 < self.margin <= 2:
            raise ValueError(
                f"margin must lie between 0 and 2, the largest distance of unit vectors; got {self.margin}"
            )
        needed = {"pairs": "contrastive", "triplets": "triplet"}.get(self.sampling)
        if needed and self.loss != needed:
            raise ValueError(f"sampling {self.sampling!r} goes with the loss {needed!r}, not {self.loss!r}")
