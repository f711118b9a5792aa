"""Configurations go to JSON and come back, and what does not fit is named."""

from __future__ import annotations

import json

import pytest

from siamese.config import (
    PRESETS,
    AugmentationConfig,
    DataConfig,
    FewShotConfig,
    FolderConfig,
    InferenceConfig,
    InputConfig,
    NetworkConfig,
    RunConfig,
    SourceConfig,
    TrainingConfig,
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
        ({"input": {"size": [1, 2, 3]}}, r"input.size must be a list of 2, got \[1, 2, 3\]"),
        ({"network": {"channels": [1, 2, "x"]}}, r"network.channels\[2\] must be int, got 'x'"),
        ({"network": {"channels": 3}}, "network.channels must be a list, got 3"),
        ({"network": {"embedding_dim": 1}}, "embedding_dim must be at least 2.* and at most 4096; got 1"),
        ({"data": {"pen": {"every": 0}}}, "every of a source must be at least 1, got 0"),
        ({"data": {"reference_pictures": 5}}, "reference_pictures must be at least 100, got 5"),
        ({"training": {"learning_rate": 10**400}}, "training.learning_rate is too large"),
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
        (NetworkConfig, {"heads": ()}, "heads must be one name or several"),
        (NetworkConfig, {"heads": ("a", "a")}, "heads must be one name or several"),
        (NetworkConfig, {"intermediate_grid": 9}, "intermediate_grid must lie between 0 and 8"),
        (NetworkConfig, {"final_grid": 0}, "final_grid must be none, or lie between 1 and 8"),
        (
            NetworkConfig,
            {"channels": (8, 8), "blocks": (1, 1, 1)},
            "channels and blocks must be of the same 2 to 6 stages",
        ),
        (NetworkConfig, {"channels": (0, 1, 1)}, "channels must be numbers from 1 to 1024"),
        (NetworkConfig, {"channels": (1, 1, 1025)}, "channels must be numbers from 1 to 1024"),
        (NetworkConfig, {"blocks": (1, 21, 1)}, "blocks must be numbers from 1 to 20"),
        (NetworkConfig, {"embedding_dim": 10**30}, "and at most 4096; got 1000000"),
        (Views, {"rotations": ()}, "one or more angles"),
        (Views, {"gate": float("inf")}, "an embedding norm, got inf"),
        (Views, {"gate": float("nan")}, "an embedding norm, got nan"),
        (Views, {"gate": -1.0}, "an embedding norm, got -1.0"),
        (Views, {"deskew": 1.5}, "deskew must lie between 0 and 1, got 1.5"),
        (Views, {"deskew": float("nan")}, "deskew must lie between 0 and 1, got nan"),
        (InferenceConfig, {"novelty_rank": 0}, "novelty_rank must be at least 1"),
        (InferenceConfig, {"novelty_threshold": 3.0}, "between 0 and 2"),
        (TrainingConfig, {"epochs": "5"}, "epochs must be int, got '5'"),
        (TrainingConfig, {"epochs": 2.5}, "epochs must be int, got 2.5"),
        (TrainingConfig, {"weight_decay": -1.0}, "weight_decay must be 0 or more"),
        (TrainingConfig, {"ema_decay": 7.0}, "ema_decay must lie between 0 and 1"),
        (AugmentationConfig, {"contrast": 0.5}, "contrast must be at least 1"),
        (AugmentationConfig, {"probability": 1.5}, "probability must lie between 0 and 1"),
        (AugmentationConfig, {"shift": float("nan")}, "shift must be 0 or more, got nan"),
        (FewShotConfig, {"side": 42}, "side must be one of 28, 56 pixels, got 42"),
        (FewShotConfig, {"network": NetworkConfig(heads=("a", "b"))}, "has one head, got a, b"),
        (FewShotConfig, {"symbols": SourceConfig(classes=1)}, "symbols must be at least 2 classes"),
        (FewShotConfig, {"letters": SourceConfig()}, "letters are made: say how many"),
        (DataConfig, {"digits": SourceConfig(per_class=1)}, "per_class must be at least 2, two pictures of a class"),
        (DataConfig, {"symbols": SourceConfig(classes=1)}, "symbols must be at least 2 classes"),
        (DataConfig, {"pen": SourceConfig(pictures=5)}, "pen has as many pictures as its data set gives"),
        (DataConfig, {"outliers": SourceConfig()}, "outliers are made: say how many"),
        (DataConfig, {"omniglot": ("nope",)}, r"omniglot\[0\] must be one of small1, small2, full"),
        (RunConfig, {"input": InputConfig(box=22)}, "input.box is 22; this code prepares ink for 20"),
        (RunConfig, {"few_shot": FewShotConfig()}, "few_shot learns from symbols"),
        (RunConfig, {"folder": FolderConfig(), "views": Views()}, "views is of digits: leave it out with a folder"),
        (
            RunConfig,
            {
                "data": DataConfig(half_swaps=SourceConfig(pictures=5)),
                "network": NetworkConfig(heads=("digits", "symbols")),
            },
            "half_swaps are near to digits",
        ),
    ],
    ids=str,
)
def test_values_that_make_no_sense_are_refused(kind, values, message):
    with pytest.raises(ValueError, match=message):
        kind(**values)


def test_lists_become_tuples():
    """So that configurations made in Python compare with those that were read."""
    assert NetworkConfig(channels=[4, 8, 8]) == NetworkConfig(channels=(4, 8, 8))
    assert DataConfig(held_out_alphabets=["Greek"]).held_out_alphabets == ("Greek",)
    assert isinstance(TrainingConfig(learning_rate=1).learning_rate, float)


def test_the_defaults_of_augmentation_vary_every_amount():
    assert all(value > 0 for value in to_json(AugmentationConfig()).values())


def test_the_first_head_has_its_views_and_each_other_those_for_few_shots():
    inference = InferenceConfig(Views((-5.0, 5.0)), "symbols", Views((0.0, 90.0)))
    assert inference.views_by_head(("digits",)) == {"digits": Views((-5.0, 5.0))}
    found = inference.views_by_head(("digits", "symbols"))
    assert list(found.items()) == [("digits", Views((-5.0, 5.0))), ("symbols", Views((0.0, 90.0)))]
