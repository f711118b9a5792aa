"""What was measured is typed: it survives JSON, and nothing else passes for it."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

import siamese
from siamese.bundle.measurements import Measurements
from siamese.bundle.metrics import KINDS, Metric, metric
from siamese.config import PRESETS, RunConfig, from_json, to_json

SHIPPED = Path(siamese.__file__).parent / "pretrained" / "metrics.json"


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """The content of the shipped metrics.json."""
    return json.loads(SHIPPED.read_text(encoding="utf-8"))


def test_a_metric_takes_title_unit_and_direction_from_its_kind() -> None:
    accuracy = metric("5-nn accuracy", 0.99714)
    assert accuracy == Metric("5-nn accuracy", "5-NN accuracy", 0.99714, "%", "higher")
    assert accuracy.text == "99.71%"
    assert metric("roc auc", 0.9999251).text == "0.99993"
    assert metric("equal error rate", 0).better == "lower"
    assert metric("photographed/equal error rate", 0.01).title == "Equal error rate, photographed"
    named = metric("pen/brush 8/5-nn accuracy", 1, title="Pen drawings: 5-NN accuracy")
    assert (named.key, named.title, named.text) == (
        "pen/brush 8/5-nn accuracy",
        "Pen drawings: 5-NN accuracy",
        "100.00%",
    )


@pytest.mark.parametrize("key", ["5-NN accuracy", "", "pen/", "5-nn accuracy/pen"])
def test_what_is_not_measured_is_no_metric(key: str) -> None:
    with pytest.raises(ValueError, match="no kind of metric"):
        metric(key, 0.5)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_metric_is_a_finite_number(value: float) -> None:
    with pytest.raises(ValueError, match="'map@r' must be a finite number"):
        metric("map@r", value)


def test_measurements_survive_json(written: dict[str, Any]) -> None:
    measurements = from_json(Measurements, written)
    assert to_json(measurements) == written
    assert from_json(Measurements, json.loads(json.dumps(to_json(measurements)))) == measurements
    assert all(isinstance(found, Metric) for found in measurements.baselines["Raw pixels"])


def test_titles_and_units_of_the_shipped_figures_are_those_of_their_kind(written: dict[str, Any]) -> None:
    measurements = from_json(Measurements, written)
    for found in measurements.test + sum(measurements.baselines.values(), ()):
        assert found == metric(found.key, found.value)
    for found in measurements.validation + measurements.generalisation:
        assert found == metric(found.key, found.value, found.title)


def test_the_shipped_figures_say_which_run_made_them(written: dict[str, Any]) -> None:
    assert from_json(RunConfig, written["config"]) == PRESETS["full"]
    assert written["command"] == "python train.py --preset full"
    assert "ab65eb4" in written["provenance"] and written["provenance"].endswith(".")


def test_value_is_that_of_the_test_set(written: dict[str, Any]) -> None:
    measurements = from_json(Measurements, written)
    assert measurements.value("5-nn accuracy") == written["test"][0]["value"]
    assert measurements.metric("5-nn accuracy") == measurements.test[0]
    with pytest.raises(ValueError, match="one-shot error"):
        measurements.value("one-shot error")


def test_every_kind_has_a_title_of_its_own() -> None:
    assert len({title for title, _, _ in KINDS.values()}) == len(KINDS)


MISFITS = {
    "test[0].value": lambda values: values["test"][0].update(value="0.99"),
    "test[1].better": lambda values: values["test"][1].update(better="sideways"),
    "baselines.Raw pixels[0].title is missing": lambda values: values["baselines"]["Raw pixels"][0].pop("title"),
    "generalisation[2].colour is unknown": lambda values: values["generalisation"][2].update(colour="red"),
    "beyond is unknown": lambda values: values.update(beyond={}),
    "validation is missing": lambda values: values.pop("validation"),
    "pictures.pairs is missing": lambda values: values["pictures"].pop("pairs"),
    "pictures.fit": lambda values: values["pictures"].update(fit=0.5),
    "pictures.more is unknown": lambda values: values["pictures"].update(more=1),
    "pairs must be a number of things, got -1": lambda values: values["pictures"].update(pairs=-1),
    "curves.validation_distances is missing": lambda values: values["curves"].pop("validation_distances"),
    "curves.validation_distances.same is missing": lambda values: values["curves"].update(validation_distances={}),
    "curves.roc must be an object, got int": lambda values: values["curves"].update(roc=5),
    "false_accept and true_accept must be as many": lambda values: values["curves"]["roc"]["true_accept"].pop(),
    "true_accept must be a share in [0, 1], got 1.5": lambda values: values["curves"]["roc"].update(true_accept=[1.5]),
    "curves.calibration[2].weight must be float": lambda values: values["curves"]["calibration"][2].update(weight="x"),
    "confidence must be a share in [0, 1], got nan": lambda values: values["curves"]["calibration"][0].update(
        confidence=float("nan")
    ),
    "same and different must be as many": lambda values: values["curves"]["distances"]["same"].pop(),
    "history[0] must be an object": lambda values: values.update(history=[3]),
    "history[0].epoch is missing": lambda values: values.update(history=[{}]),
    "history[1].validation_accuracy must be float": lambda values: values["history"][1].update(
        validation_accuracy=None
    ),
    "active must be a share in [0, 1], got 2.0": lambda values: values["history"][1].update(active=2),
    "loss must be a finite number, got inf": lambda values: values["history"][1].update(loss=float("inf")),
    "'6-nn accuracy' is no kind of metric": lambda values: values["test"][0].update(key="6-nn accuracy"),
    "'roc auc' has unit '', and higher is better; got '%', higher": lambda values: values["test"][5].update(unit="%"),
    "the value of '5-nn accuracy' must be a share in [0, 1], got 5.0": lambda values: values["test"][0].update(value=5),
    "test has 'map@r' more than once": lambda values: values["test"].append(values["test"][4]),
    "Raw pixels has '5-nn accuracy' more": lambda values: values["baselines"]["Raw pixels"].extend(values["test"][:1]),
    "seconds must be a number of things": lambda values: values.update(seconds=10**400),
    "seed": lambda values: values.update(seed=True),
    "versions.torch": lambda values: values["versions"].update(torch=2),
}


@pytest.mark.parametrize("path", MISFITS)
def test_what_does_not_fit_is_named_by_its_path(written: dict[str, Any], path: str) -> None:
    values = deepcopy(written)
    MISFITS[path](values)
    with pytest.raises(ValueError) as caught:
        from_json(Measurements, values)
    assert str(caught.value).startswith(path)
