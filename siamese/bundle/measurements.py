"""What was measured of a model: the typed content of `metrics.json`.

Tables, model card, page and tests take titles, units and numbers from here, so that each has one spelling.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

Unit = Literal["%", ""]
Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """One measured number.

    Attributes:
        key: how code names it, such as "5-nn accuracy", or "pen/equal error rate" for what was measured on other
            pictures than the set it stands in.
        title: how people read it.
        value: a share in [0, 1] where the unit is "%".
        unit: "%", or "" for a plain number.
        better: which way is better.

    Raises:
        ValueError: the value is not finite.
    """

    key: str
    title: str
    value: float
    unit: Unit
    better: Better

    def __post_init__(self) -> None:
        if not isfinite(self.value):
            raise ValueError(f"the value of {self.key!r} must be a finite number, got {self.value}")

    @property
    def text(self) -> str:
        """The value as it is printed: "99.71%", or "0.99993" where it has no unit."""
        return f"{self.value:.2%}" if self.unit == "%" else f"{self.value:.5f}"


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
    "accuracy at threshold": ("Accuracy at the threshold", "%", "higher"),
    "calibration error": ("Calibration error", "%", "lower"),
    "one-shot error": ("20-way one-shot error", "%", "lower"),
}


def metric(key: str, value: float, title: str | None = None) -> Metric:
    """A metric of a known kind.

    Args:
        key: one of `KINDS`, or "PICTURES/KIND" for what was measured on other pictures: "photographed/roc auc".
        value: a share in [0, 1] where the kind's unit is "%".
        title: default: the kind's, followed by the pictures.

    Raises:
        ValueError: there is no such kind, or the value is not finite.
    """
    pictures, _, kind = key.rpartition("/")
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of metric; there are {', '.join(KINDS)}.")
    name, unit, better = KINDS[kind]
    return Metric(key, title or (f"{name}, {pictures}" if pictures else name), float(value), unit, better)


def find(metrics: Iterable[Metric], key: str) -> Metric | None:
    """The metric of a key, None if it was not measured."""
    return next((metric for metric in metrics if metric.key == key), None)


CURVES = ("roc", "calibration", "distances", "validation distances")
PICTURES = ("fit", "test", "pairs")


@dataclass(frozen=True)
class Measurements:
    """Everything that was measured of a model, and how. `to_json` and `from_json` write and read it.

    Attributes:
        test: of MNIST's test set.
        baselines: the same of what no training attains; by title: "Raw pixels", "Untrained network".
        validation: of the validation pictures, by which choices may be made.
        generalisation: of pictures from elsewhere: other people's pen drawings, alphabets held out.
        curves: "roc" {"false accept", "true accept"}, "calibration" [{"weight", "confidence", "accuracy"}],
            "distances" and "validation distances" {"same", "different"}, shares of 100 steps from 0 to 2.
        history: of the training, one entry an epoch.
        pictures: how many: "fit" and "test" images, and the "pairs" of test images.
        trained_on: names of the data sets, as `card.DATA` has them.
        config: the `RunConfig` as JSON.
        parameters: how many weights the network has.
        command: that makes the same model again.
        seed: of the run.
        seconds: that training took.
        hardware: that it ran on.
        versions: of Python and libraries, by name.

    Raises:
        ValueError: a curve, or a number of pictures, is missing.
    """

    test: tuple[Metric, ...]
    baselines: dict[str, tuple[Metric, ...]]
    validation: tuple[Metric, ...]
    generalisation: tuple[Metric, ...]
    curves: dict[str, Any]
    history: tuple[dict[str, Any], ...]
    pictures: dict[str, int]
    trained_on: tuple[str, ...]
    config: dict[str, Any]
    parameters: int
    command: str
    seed: int
    seconds: int
    hardware: str
    versions: dict[str, str]

    def __post_init__(self) -> None:
        for name, there, needed in (("curves", self.curves, CURVES), ("pictures", self.pictures, PICTURES)):
            for key in needed:
                if key not in there:
                    raise ValueError(f"{name}.{key} is missing")

    def value(self, key: str) -> float:
        """A figure of the test set.

        Raises:
            ValueError: it was not measured.
        """
        found = find(self.test, key)
        if not found:
            raise ValueError(f"test has no metric {key!r}")
        return found.value
