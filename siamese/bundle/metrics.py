"""A measured number: its kind, title, unit, and which way is better; each kind has one spelling everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal

from siamese.config.values import OPTIONAL

Unit = Literal["%", ""]
Better = Literal["higher", "lower"]
LONGEST_TITLE = 200  # characters


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
            number, or no share where it must be; or the title is no plain text.
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
        check_plain(title=self.title)
        if self.error is not None and not 0 <= self.error < float("inf"):
            raise ValueError(f"the error of {self.key!r} must be a finite number from 0, got {self.error}")
        if not isfinite(self.value):
            raise ValueError(f"the value of {self.key!r} must be a finite number, got {self.value}")
        if self.unit == "%" and not 0 <= self.value <= 1:
            raise ValueError(f"the value of {self.key!r} must be a share in [0, 1], got {self.value}")

    @property
    def text(self) -> str:
        """The value as it is printed: "99.71%", or "0.99993" where it has no unit."""
        text = f"{self.value:.2%}" if self.unit == "%" else f"{self.value:.5f}"
        return f"{text} ± {self.error:.2%}" if self.error is not None else text


def check_plain(**texts: str) -> None:
    """Refuse what is no plain text for a table: a ValueError names the first that is empty, long, or holds markup."""
    for name, text in texts.items():
        if not 1 <= len(text) <= LONGEST_TITLE or not text.isprintable() or set(text) & set("<>[]|`\\"):
            raise ValueError(f"{name} must be plain text of 1 to {LONGEST_TITLE} characters, got {text[:80]!r}")


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
