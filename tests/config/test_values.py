"""Configurations go to JSON and come back, and what does not fit is named."""

from __future__ import annotations

import json

import pytest

from siamese.config import (
    PRESETS,
    AugmentationConfig,
    InferenceConfig,
    NetworkConfig,
    RunConfig,
    Views,
    from_json,
    to_json,
)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_comes_back_from_json(name):
    assert from_json(RunConfig, json.loads(json.dumps(to_json(PRESETS[name])))) == PRESETS[name]


def test_what_is_missing_has_its_default():
    assert from_json(RunConfig, {}) == RunConfig()
    assert from_json(Views, {"gate": 1}) == Views(gate=1.0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"depth": 3}, "depth is unknown"),
        ({"training": {"epochs": "3"}}, "training.epochs must be int, got '3'"),
        ({"training": {"epochs": 2.5}}, "training.epochs must be int, got 2.5"),
        ({"training": {"seed": True}}, "training.seed must be int, got True"),
        ({"training": {"margin": "wide"}}, "training.margin must be float, got 'wide'"),
        ({"training": {"loss": "softmax"}}, "training.loss must be one of supcon, contrastive, triplet; got 'softmax'"),
        ({"training": []}, "training must be an object, got list"),
        ({"network": {"channels": [1, 2]}}, r"network.channels must be a list of 3, got \[1, 2\]"),
        ({"network": {"channels": [1, 2, "x"]}}, r"network.channels\[2\] must be int, got 'x'"),
        ({"network": {"channels": 3}}, "network.channels must be a list, got 3"),
        ({"network": {"embedding_dim": 1}}, "embedding_dim must be at least 2"),
        ({"data": {"pen": {"every": 0}}}, "every of a source must be at least 1, got 0"),
        ("base", "RunConfig must be an object, got str"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(values, message):
    with pytest.raises(ValueError, match=message):
        from_json(RunConfig, values)


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (NetworkConfig, {"backbone": "transformer"}, "backbone must be one of conv, resnet18"),
        (NetworkConfig, {"heads": ()}, "heads must be one name or several"),
        (NetworkConfig, {"heads": ("a", "a")}, "heads must be one name or several"),
        (NetworkConfig, {"intermediate_grid": 8}, "intermediate_grid must lie between 0 and 7"),
        (NetworkConfig, {"intermediate_grid": 4, "backbone": "resnet18"}, "with resnet18 it must be 0"),
        (NetworkConfig, {"channels": (0, 1, 1)}, "three positive numbers"),
        (Views, {"rotations": ()}, "one or more angles"),
        (Views, {"gate": float("inf")}, "an embedding norm, got inf"),
        (Views, {"gate": float("nan")}, "an embedding norm, got nan"),
        (InferenceConfig, {"novelty_rank": 0}, "novelty_rank must be at least 1"),
        (InferenceConfig, {"novelty_threshold": 3.0}, "between 0 and 2"),
    ],
    ids=str,
)
def test_values_that_make_no_sense_are_refused(kind, values, message):
    with pytest.raises(ValueError, match=message):
        kind(**values)


def test_the_defaults_of_augmentation_vary_every_amount():
    assert all(value > 0 for value in to_json(AugmentationConfig()).values())
