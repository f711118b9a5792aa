"""What was measured of a model: the typed content of `metrics.json`.

Tables, model card, page and tests take titles, units and numbers from here, so that each has one spelling.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from siamese.bundle.curves import Curves, Epoch, check_counts
from siamese.bundle.folder_record import Folder
from siamese.bundle.metrics import Metric, check_plain, find
from siamese.config.values import OPTIONAL

LayoutName = Literal["t-sne", "pca"]

DATA_SETS = ("mnist", "pen", "omniglot", "letters")  # that a network for symbols is trained on
SHOWN = ("5-nn accuracy", "equal error rate")  # what a model card says first of one


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
        layout: the method of the gallery's map; None for t-SNE, by which bundles were laid out before it was recorded.

    Raises:
        ValueError: two metrics of a set have the same key, the name of a baseline is no plain text, what a
            card says first was not measured, or `parameters` or `seconds` is no number of things.
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
    layout: LayoutName | None = field(default=None, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        check_counts(parameters=self.parameters, seconds=self.seconds)
        for name in self.baselines:
            check_plain(baselines=name)
        if not self.folder:
            for key in SHOWN:
                self.metric(key)
            for name in self.trained_on:
                if name not in DATA_SETS:
                    raise ValueError(f"trained_on names {name!r}; known are {', '.join(DATA_SETS)}")
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
