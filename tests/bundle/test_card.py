"""Tables and model card tell what was measured, and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import siamese
from siamese.bundle.card import DATA, TRAINED_WITH, TRAINED_WITHOUT, model_card
from siamese.bundle.measurements import Measurements
from siamese.bundle.metrics import metric
from siamese.bundle.tables import generalisation_table, results_table, with_tables
from siamese.config import from_json
from tests.helpers import ROOT

SHIPPED = Path(siamese.__file__).parent / "pretrained"
HEADS = ("digits",)


@pytest.fixture(scope="module")
def measurements() -> Measurements:
    """What was measured of the bundle that ships."""
    return from_json(Measurements, json.loads((SHIPPED / "metrics.json").read_text(encoding="utf-8")))


def test_results_stand_beside_the_baselines(measurements: Measurements) -> None:
    few = replace(
        measurements,
        test=(metric("roc auc", 0.75), metric("5-nn accuracy", 0.9), metric("equal error rate", 0.1)),
        baselines={"Raw pixels": (metric("5-nn accuracy", 0.5),)},
    )
    lines = results_table(few).splitlines()
    assert lines[:3] == [
        "| | This network | Raw pixels |",
        "| --- | ---: | ---: |",
        "| 5-NN accuracy | 90.00% | 50.00% |",
    ]
    assert lines[3:] == ["| ROC AUC | 0.75000 |  |", "| Equal error rate | 10.00% |  |"]


def test_a_table_and_a_card_show_the_titles_that_the_figures_have(measurements: Measurements) -> None:
    renamed = tuple(replace(found, title=found.title.upper()) for found in measurements.test)
    assert "\n| 5-NN ACCURACY | " in results_table(replace(measurements, test=renamed))
    front, _ = parsed(model_card(replace(measurements, test=renamed), HEADS))
    names = [found["name"] for found in front["model-index"][0]["results"][0]["metrics"]]
    assert names == ["5-NN ACCURACY", "EQUAL ERROR RATE"]


def test_generalisation_is_a_table_only_where_there_is_some(measurements: Measurements) -> None:
    assert generalisation_table(replace(measurements, generalisation=())) == ""
    some = replace(measurements, generalisation=(metric("pen/equal error rate", 0.005, "Pen drawings: EER"),))
    assert generalisation_table(some).splitlines()[2:] == ["| Pen drawings: EER | 0.50% |"]


def test_tables_go_between_the_markers(measurements: Measurements) -> None:
    text = with_tables("before\n<!-- results -->\nold\n<!-- /results -->\nafter\n", measurements)
    table = f"{results_table(measurements)}\n\n{generalisation_table(measurements)}"
    assert text == f"before\n<!-- results -->\n{table}\n<!-- /results -->\nafter\n"
    assert with_tables(text, measurements) == text
    for spoilt in ("no markers", text * 2):
        with pytest.raises(ValueError, match="once each"):
            with_tables(spoilt, measurements)


def parsed(card: str) -> tuple[dict, str]:
    """(front matter, body): how the Hub's client lays out YAML is its own affair."""
    _, front, body = card.split("---\n", 2)
    return yaml.safe_load(front), body


def test_the_shipped_card_is_the_one_of_its_measurements(measurements: Measurements) -> None:
    assert parsed((SHIPPED / "README.md").read_text(encoding="utf-8")) == parsed(
        model_card(measurements, HEADS, own_network=True, distortion=True)
    )


def test_a_card_says_how_the_model_came_about_where_the_command_does_not(measurements: Measurements) -> None:
    assert "234325f" in measurements.provenance
    card = model_card(measurements, HEADS)
    assert f"on {measurements.hardware}. {measurements.provenance} Threshold" in card
    plain = model_card(replace(measurements, provenance=""), HEADS)
    assert f"on {measurements.hardware}. Threshold" in plain


def test_a_card_is_made_out_to_its_repository(measurements: Measurements) -> None:
    card = model_card(measurements, HEADS, repo="me/mine")
    assert 'siamese.load("me/mine")' in card
    assert f"`python train.py --preset full` in {measurements.seconds / 60:.0f} minutes" in card
    front, _ = parsed(card)
    assert front["datasets"] == ["ylecun/mnist"]
    (result,) = front["model-index"][0]["results"]
    values = {found["name"]: found["value"] for found in result["metrics"]}
    assert values == {
        "5-NN accuracy": round(measurements.value("5-nn accuracy"), 6),
        "Equal error rate": round(measurements.value("equal error rate"), 6),
    }


def test_a_card_tells_of_what_the_network_learned_from(measurements: Measurements) -> None:
    plain = replace(measurements, trained_on=("mnist",))
    card = model_card(plain, ("digits",))
    assert DATA["mnist"] in card
    assert DATA["pen"] not in card and DATA["omniglot"] not in card
    assert "second one on the same backbone" not in card
    assert "second one on the same backbone" in model_card(plain, ("digits", "symbols"))
    assert "have a network of their own" in model_card(measurements, HEADS, own_network=True)
    assert "strokes of two drawings are matched" not in model_card(plain, HEADS, own_network=True)
    assert "strokes of two drawings are matched" in model_card(plain, HEADS, own_network=True, distortion=True)
    assert "Noto" in model_card(measurements, HEADS, own_network=True)


def test_a_card_says_where_the_network_learned_from_what_was_held_out_at_first(measurements: Measurements) -> None:
    assert any(found.title.endswith(TRAINED_WITHOUT) for found in measurements.generalisation)
    assert TRAINED_WITH in model_card(measurements, HEADS, own_network=True)
    plain = replace(measurements, generalisation=(metric("Greek/one-shot error", 0.1, "Greek, this network"),))
    assert TRAINED_WITH not in model_card(plain, HEADS, own_network=True)


def test_a_card_needs_its_figures_and_known_data(measurements: Measurements) -> None:
    with pytest.raises(ValueError, match="5-nn accuracy"):
        model_card(replace(measurements, test=()), HEADS)
    with pytest.raises(ValueError, match="'runes'"):
        model_card(replace(measurements, trained_on=("runes",)), HEADS)


def test_loading_a_bundle_imports_no_client_of_the_hub() -> None:
    program = (
        "import importlib.util, sys\n"
        "assert importlib.util.find_spec('huggingface_hub')\n"
        "from siamese.bundle.format import load\n"
        "assert 'huggingface_hub' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=120)
