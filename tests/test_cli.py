"""Recipes under a name, and what the command line makes of them."""

from __future__ import annotations

import pytest

import train
from siamese.data.augmentation import Augmentation
from siamese.models.networks import NetworkConfig
from siamese.presets import LIGHT, PRESETS
from siamese.training import head_retraining as symbol_head
from siamese.training.trainer import TrainConfig


def test_without_a_preset_the_recipe_is_the_default():
    assert train.settings(train.parse([])) == (NetworkConfig(), TrainConfig())


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sets_network_and_recipe(name):
    options = train.parse(["--preset", name])
    network, recipe = train.settings(options)
    for key, value in PRESETS[name].items():
        assert getattr(options, key) == value
        for part in (network, recipe):
            assert getattr(part, key, value) == value
    assert (network, recipe) != (NetworkConfig(), TrainConfig())


@pytest.mark.parametrize(
    ("words", "details"),
    [
        ([], 0),
        (["--omniglot", "small1"], symbol_head.DETAILS),
        (["--omniglot", "small1", "--details", "2"], 2),
        (["--omniglot", "small1", "--one-head"], 0),
        (["--omniglot", "small1", "--backbone", "resnet18"], 0),
        (["--preset", "unseen"], PRESETS["unseen"]["details"]),
    ],
    ids=str,
)
def test_a_head_for_symbols_sees_details_unless_told_otherwise(words, details):
    network, _ = train.settings(train.parse(words))
    assert network.details == details


def test_what_is_given_goes_before_the_preset():
    """Wherever it stands, and even where it is what would hold without the preset."""
    epochs = TrainConfig().epochs
    assert PRESETS["fast"]["epochs"] != epochs
    given = ["--epochs", str(epochs), "--channels", "4", "8", "8"]
    for words in (["--preset", "fast", *given], [*given, "--preset", "fast"]):
        network, recipe = train.settings(train.parse(words))
        assert (recipe.epochs, network.channels) == (epochs, (4, 8, 8))
        assert network.blocks == PRESETS["fast"]["blocks"]
        assert recipe.augmentation == LIGHT


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--preset", "fast"],
        ["--preset", "fast", "--epochs", "20", "--seed", "3"],
        ["--preset", "unseen", "--exclude-classes", "8", "9", "--omniglot", "small1"],
        ["--channels", "4", "8", "8", "--limit", "300"],
    ],
    ids=" ".join,
)
def test_the_recorded_command_comes_to_the_same(words):
    recorded = train.command_line(train.parse(words))
    assert sorted(recorded) == sorted(words)
    assert train.settings(train.parse(recorded)) == train.settings(train.parse(words))


def test_the_augmentation_is_no_option():
    with pytest.raises(SystemExit):
        train.parse(["--augmentation", "light"])
    assert train.parse([]).augmentation == Augmentation()


def test_a_preset_that_there_is_not_is_refused(capsys):
    with pytest.raises(SystemExit):
        train.parse(["--preset", "instant"])
    assert "'fast'" in capsys.readouterr().err
