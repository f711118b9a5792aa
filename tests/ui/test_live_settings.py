"""What a visitor chooses of a run is what is trained, by the command on the page too, or it is refused."""

from __future__ import annotations

import shlex

import pytest

from siamese.cli import parse_training
from siamese.ui.live_settings import READY_SETTINGS, Settings


def ready() -> list:
    runs = [(name, number, run) for name, _, runs in READY_SETTINGS for number, run in enumerate(runs)]
    return [pytest.param(Settings.of(run), id=f"{name}-{number}") for name, number, run in runs]


@pytest.mark.parametrize("settings", [*ready(), Settings(loss="supcon", dim=3, temperature=0.2, seed=7)])
def test_the_command_trains_the_same_in_full(settings):
    words = shlex.split(settings.command())
    assert words[:2] == ["python", "train.py"]
    config, _ = parse_training(words[2:])
    assert config == settings.run()


@pytest.mark.parametrize("settings", [*ready(), Settings(loss="supcon", dim=3, temperature=0.2, seed=7)])
def test_the_run_has_the_settings(settings):
    config = settings.run()
    training = config.training
    assert (training.loss, training.learning_rate, training.seed) == (
        settings.loss,
        settings.learning_rate,
        settings.seed,
    )
    assert config.network.embedding_dim == settings.dim
    assert config.data.exclude_classes == settings.excluded
    assert training.margin == (None if settings.loss == "supcon" else settings.margin)
    assert settings.loss != "supcon" or training.temperature == settings.temperature
    assert settings.loss != "triplet" or training.mining == settings.mining


def test_the_ready_settings_begin_with_the_default():
    assert Settings.of(READY_SETTINGS[0][2][0]) == Settings()


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {"loss": "cross-entropy"},
        {"mining": "hardest"},
        {"margin": 3},
        {"margin": "wide"},
        {"margin": float("nan")},
        {"loss": "supcon", "temperature": 0},
        {"dim": 1},
        {"dim": 10**6},
        {"learning_rate": 0},
        {"learning_rate": float("inf")},
        {"excluded": [10]},
        {"excluded": list(range(9))},
        {"excluded": 8},
        {"seed": -1},
        {"epochs": 1000},
    ],
)
def test_what_cannot_be_trained_is_told(values):
    with pytest.raises(ValueError, match=r"\w"):
        Settings.of(values)
