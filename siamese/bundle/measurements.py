"""What was measured of a model: the typed content of `metrics.json`.

Tables, model card, page and tests take titles, units and numbers from here, so that each has one spelling.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

from siamese.bundle.curves import Curves, Epoch, check_counts
from siamese.bundle.folder_record import Folder
from siamese.config.values import OPTIONAL

Unit = Literal["%", ""]
Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """One measured number.

    Attributes:
        key: one of `KINDS`, such as "5-nn accuracy", or "PICTURES/KIND", such as "pen/equal error rate", for what was
            measured on other pictures than the set it stands in.
        title: how people read it.
        value: a share in [0, 1] where the unit is "%".
        unit: "%", or "" for a plain number.
        better: which way is better.
        error: its standard error, in the same unit; None where it has none.

    Raises:
        ValueError: there is no such kind, or it has another unit or another better way; or the value is no finite
            number, or no share where it must be.
    """

    key: str
    title: str
    value: float
    unit: Unit
    better: Better
    error: float | None = field(default=None, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        _, unit, better = kind_of(self.key)
        if (self.unit, self.better) != (unit, better):
            raise ValueError(
                f"{self.key!r} has unit {unit!r}, and {better} is better; got {self.unit!r}, {self.better}"
            )
        if not isfinite(self.value):
            raise ValueError(f"the value of {self.key!r} must be a finite number, got {self.value}")
        if self.unit == "%" and not 0 <= self.value <= 1:
            raise ValueError(f"the value of {self.key!r} must be a share in [0, 1], got {self.value}")

    @property
    def text(self) -> str:
        """The value as it is printed: "99.71%", or "0.99993" where it has no unit."""
        text = f"{self.value:.2%}" if self.unit == "%" else f"{self.value:.5f}"
        return f"{text} ± {self.error:.2%}" if self.error is not None else text


# What is measured: title, unit, which way is better.
KINDS: dict[str, tuple[str, Unit, Better]] = {
    "5-nn accuracy": ("5-NN accuracy", "%", "higher"),
    "1-nn accuracy": ("1-NN accuracy", "%", "higher"),
    "recall@1": ("Recall@1", "%", "higher"),
    "recall@5": ("Recall@5", "%", "higher"),
    "map@r": ("MAP@R", "%", "higher"),
    "roc auc": ("ROC AUC", "", "higher"),
    "equal error rate": ("Equal error rate", "%", "lower"),
    "tar@far=0.01": ("True accepts at 1 % false accepts", "%", "higher"),
    "tar@far=0.001": ("True accepts at 0.1 % false accepts", "%", "higher"),
    "tar@far=0.0001": ("True accepts at 0.01 % false accepts", "%", "higher"),
    "cross-validated accuracy": ("Accuracy, cross-validated over the folds", "%", "higher"),
    "accuracy at threshold": ("Accuracy at the threshold", "%", "higher"),
    "calibration error": ("Calibration error", "%", "lower"),
    "one-shot error": ("20-way one-shot error", "%", "lower"),
    "5-way one-shot": ("5-way one-shot accuracy", "%", "higher"),
    "5-way five-shot": ("5-way five-shot accuracy", "%", "higher"),
    "20-way one-shot": ("20-way one-shot accuracy", "%", "higher"),
    "20-way five-shot": ("20-way five-shot accuracy", "%", "higher"),
}


def kind_of(key: str) -> tuple[str, Unit, Better]:
    """(title, unit, which way is better) of the kind of metric that a key names.

    Raises:
        ValueError: there is no such kind.
    """
    kind = key.rpartition("/")[2]
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of metric; there are {', '.join(KINDS)}.")
    return KINDS[kind]


def metric(key: str, value: float, title: str | None = None, error: float | None = None) -> Metric:
    """A metric of a known kind.

    Args:
        key: one of `KINDS`, or "PICTURES/KIND" for what was measured on other pictures: "photographed/roc auc".
        value: a share in [0, 1] where the kind's unit is "%".
        title: default: the kind's, followed by the pictures.
        error: standard error, if there is one.

    Raises:
        ValueError: as `Metric` raises.
    """
    name, unit, better = kind_of(key)
    pictures = key.rpartition("/")[0]
    return Metric(key, title or (f"{name}, {pictures}" if pictures else name), float(value), unit, better, error)


def find(metrics: Iterable[Metric], key: str) -> Metric | None:
    """The metric of a key, None if it was not measured."""
    return next((metric for metric in metrics if metric.key == key), None)


@dataclass(frozen=True)
class Pictures:
    """How much was measured on.

    Attributes:
        fit: pictures that k-NN was fitted on.
        test: pictures that were scored.
        pairs: of test pictures.

    Raises:
        ValueError: one is no number of things.
    """

    fit: int
    test: int
    pairs: int

    def __post_init__(self) -> None:
        check_counts(fit=self.fit, test=self.test, pairs=self.pairs)


@dataclass(frozen=True)
class Measurements:
    """Everything that was measured of a model, and how. `to_json` and `from_json` write and read it.

    Attributes:
        test: of the test set: MNIST's, or own pictures of classes never trained on.
        baselines: the same without any training, by title: "Raw pixels", "Untrained network".
        validation: of the validation pictures, by which choices may be made.
        generalisation: of pictures from elsewhere: other people's pen drawings, alphabets held out.
        curves: what is drawn.
        history: of the training, one row an epoch.
        pictures: how many.
        trained_on: names of the data sets, as `card.DATA` has them.
        config: the `RunConfig` as JSON: a record that no code reads, as a later version may have other settings.
        parameters: how many weights the network has.
        command: that makes the same model again.
        provenance: how the model came about, in sentences, where `command` alone does not say it; "" where it does.
        seed: of the run.
        seconds: that training took.
        hardware: that it ran on.
        versions: of Python and libraries, by name.
        folder: of own pictures that it was trained on; None for digits.

    Raises:
        ValueError: two metrics of a set have the same key, or `parameters` or `seconds` is no number of things.
    """

    test: tuple[Metric, ...]
    baselines: dict[str, tuple[Metric, ...]]
    validation: tuple[Metric, ...]
    generalisation: tuple[Metric, ...]
    curves: Curves
    history: tuple[Epoch, ...]
    pictures: Pictures
    trained_on: tuple[str, ...]
    config: dict[str, Any]
    parameters: int
    command: str
    provenance: str
    seed: int
    seconds: int
    hardware: str
    versions: dict[str, str]
    folder: Folder | None = field(default=None, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        check_counts(parameters=self.parameters, seconds=self.seconds)
        named = (("test", self.test), ("validation", self.validation), ("generalisation", self.generalisation))
        for name, metrics in (*named, *self.baselines.items()):
            keys = [metric.key for metric in metrics]
            for key in keys:
                if keys.count(key) > 1:
                    raise ValueError(f"{name} has {key!r} more than once")

    def metric(self, key: str) -> Metric:
        """A figure of the test set.

        Raises:
            ValueError: it was not measured.
        """
        found = find(self.test, key)
        if not found:
            raise ValueError(f"test has no metric {key!r}")
        return found

    def value(self, key: str) -> float:
        """The value of a figure of the test set; a ValueError: it was not measured."""
        return self.metric(key).value
