"""What is drawn of a model: ROC, reliability diagram, histograms of distances, and the course of its training."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite

from siamese.config.values import OPTIONAL

MOST = 2**53  # of what is counted: beyond it a float skips numbers


def check_counts(**counts: int) -> None:
    """Refuse what counts nothing: a ValueError names the first number that is negative or beyond `MOST`."""
    for name, value in counts.items():
        if not 0 <= value <= MOST:
            raise ValueError(f"{name} must be a number of things, got {value}")


def check_shares(**shares: Iterable[float]) -> None:
    """Refuse what is no share: a ValueError names the first number outside [0, 1]."""
    for name, values in shares.items():
        for value in values:
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be a share in [0, 1], got {value}")


@dataclass(frozen=True)
class Roc:
    """Points of an ROC curve.

    Attributes:
        false_accept: share of the different pairs that are accepted, at each point.
        true_accept: share of the same pairs that are accepted, likewise.

    Raises:
        ValueError: a number is no share, there is no point, or the two are not as many.
    """

    false_accept: tuple[float, ...]
    true_accept: tuple[float, ...]

    def __post_init__(self) -> None:
        check_shares(false_accept=self.false_accept, true_accept=self.true_accept)
        if not self.false_accept or len(self.false_accept) != len(self.true_accept):
            raise ValueError("false_accept and true_accept must be as many numbers, one or more")


@dataclass(frozen=True)
class CalibrationPoint:
    """A point of a reliability diagram.

    Attributes:
        weight: share of the pairs whose predicted probability lies in this step.
        confidence: their mean predicted probability.
        accuracy: share of them that are the same.

    Raises:
        ValueError: a number is no share.
    """

    weight: float
    confidence: float
    accuracy: float

    def __post_init__(self) -> None:
        check_shares(weight=[self.weight], confidence=[self.confidence], accuracy=[self.accuracy])


@dataclass(frozen=True)
class Histogram:
    """The distributions of two kinds of distances.

    Attributes:
        same: share of the same pairs in each of some equal steps of distance from 0 to 2, typically 100.
        different: likewise, of the different pairs.

    Raises:
        ValueError: a number is no share, there is no step, or the two are not as many.
    """

    same: tuple[float, ...]
    different: tuple[float, ...]

    def __post_init__(self) -> None:
        check_shares(same=self.same, different=self.different)
        if not self.same or len(self.same) != len(self.different):
            raise ValueError("same and different must be as many numbers, one or more")


@dataclass(frozen=True)
class Curves:
    """What the page and the report draw.

    Attributes:
        roc: of all test pairs.
        calibration: of all test pairs, the occupied steps of probability in ascending order.
        distances: of all test pairs.
        validation_distances: of the validation pairs, by which the threshold was chosen.
    """

    roc: Roc
    calibration: tuple[CalibrationPoint, ...]
    distances: Histogram
    validation_distances: Histogram


@dataclass(frozen=True)
class Epoch:
    """A row of the history of a training.

    Attributes:
        epoch: its number, from 1.
        loss: mean over its steps.
        active: mean share of the pairs, triplets or anchors that still pulled or pushed.
        images_per_second: that the network saw.
        seconds: that it took, without the measuring after it.
        validation_accuracy: 5-NN accuracy on the validation pictures after it; Recall@1 of classes never trained on.
        validation_error: equal error rate on the validation pictures, where it was measured.

    Raises:
        ValueError: a number is not finite, or no share or number of things where it must be.
    """

    epoch: int
    loss: float
    active: float
    images_per_second: float
    seconds: float
    validation_accuracy: float
    validation_error: float | None = field(default=None, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        check_counts(epoch=self.epoch)
        if self.validation_error is not None:
            check_shares(validation_error=[self.validation_error])
        check_shares(active=[self.active], validation_accuracy=[self.validation_accuracy])
        for name in ("loss", "images_per_second", "seconds"):
            if not isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be a finite number, got {getattr(self, name)}")
