"""What a visitor chooses of a run is what is trained, by the command on the page too, or it is refused."""

from __future__ import annotations

import re
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
    ("values", "message"),
    [
        (None, "Settings are names and values, got NoneType."),
        ([], "Settings are names and values, got list."),
        ({"loss": "cross-entropy"}, "loss must be one of supcon, contrastive, triplet; got 'cross-entropy'"),
        ({"mining": "hardest"}, "mining must be one of batch-hard, semi-hard; got 'hardest'"),
        ({"margin": 3}, "margin must lie between 0 and 2, the largest distance of unit vectors; got 3.0"),
        ({"margin": "wide"}, "margin cannot be 'wide'."),
        ({"margin": float("nan")}, "margin must lie between 0 and 2, the largest distance of unit vectors; got nan"),
        ({"loss": "supcon", "temperature": 0}, "temperature must be greater than 0, got 0.0"),
        ({"dim": 1}, "The embedding has 2 to 64 dimensions here, got 1."),
        ({"dim": 10**6}, "The embedding has 2 to 64 dimensions here, got 1000000."),
        ({"learning_rate": 0}, "The learning rate must lie between 0 and 100, got 0.0."),
        ({"learning_rate": float("inf")}, "The learning rate must lie between 0 and 100, got inf."),
        ({"excluded": [10]}, "Leave out digits from 0 to 9, and at least two in; got [10]."),
        (
            {"excluded": [*range(9)]},
            "Leave out digits from 0 to 9, and at least two in; got [0, 1, 2, 3, 4, 5, 6, 7, 8].",
        ),
        ({"excluded": 8}, "excluded cannot be 8."),
        ({"seed": -1}, "The seed must be a whole number from 0, got -1."),
        ({"epochs": 1000}, "There is no setting 'epochs'."),
    ],
)
def test_what_cannot_be_trained_is_told(values, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Settings.of(values)
