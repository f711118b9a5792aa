"""From distance to probability: monotone, right on what it was fitted to, never at odds with the verdict."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from siamese.evaluation import metrics
from siamese.retrieval.calibration import Calibration, fit_calibration
from siamese.retrieval.distances import BINS, PairDistances

GRID = np.linspace(0, 2, 40001)


def drawn(same_mean: float, different_mean: float, spread: float = 0.2, seed: int = 0) -> PairDistances:
    """50,000 same and 400,000 different pairs with normally distributed distances."""
    rng = np.random.default_rng(seed)
    counts = [
        np.histogram(np.clip(rng.normal(mean, spread, count), 0, 2), BINS, (0, 2))[0]
        for mean, count in ((same_mean, 50_000), (different_mean, 400_000))
    ]
    return PairDistances(*counts)


@pytest.fixture(scope="module")
def pairs() -> PairDistances:
    return drawn(0.6, 1.2)


@pytest.fixture(scope="module")
def calibration(pairs) -> Calibration:
    return fit_calibration([pairs])


def test_probability_falls_as_distance_grows(calibration):
    probability = calibration.probability(GRID)
    assert (np.diff(probability) <= 0).all()
    assert probability[0] > 0.99
    assert probability[-1] < 0.01
    assert ((probability > 0) & (probability < 1)).all()


def test_probability_is_that_of_the_two_distributions(calibration):
    """Same and different weigh alike, however many pairs there are of each; Bayes knows the answer."""
    for distance in (0.7, 0.8, 0.9, 1.0, 1.1):
        same, different = (np.exp(-(((distance - mean) / 0.2) ** 2) / 2) for mean in (0.6, 1.2))
        assert calibration.probability(distance) == pytest.approx(same / (same + different), abs=0.03)


def test_threshold_lies_where_same_and_different_are_equally_likely(calibration):
    assert calibration.threshold == pytest.approx(0.9, abs=0.01)
    assert calibration.probability(calibration.threshold) == pytest.approx(0.5, abs=1e-3)


def test_calibration_error_is_small_on_other_pairs_of_the_same_kind(calibration):
    other = drawn(0.6, 1.2, seed=1)
    assert metrics.calibration_error(other, calibration.probability(other.centres)) < 0.01


def test_verdict_never_contradicts_the_probability(calibration):
    near = calibration.threshold + np.linspace(-1e-4, 1e-4, 2001)
    for distance in np.concatenate([GRID[::10], near]).tolist():
        assert calibration.same(distance) == (calibration.probability(distance) >= 0.5), distance


def test_kinds_of_pictures_weigh_alike_whatever_their_number(pairs):
    other = drawn(0.8, 1.0)
    tenfold = PairDistances(other.same * 10, other.different * 10)
    once, again = fit_calibration([pairs, other]), fit_calibration([pairs, tenfold])
    assert once.probability(GRID) == pytest.approx(again.probability(GRID), abs=1e-6)
    assert once != fit_calibration([pairs])


def test_a_constant_scorer_says_one_half():
    counts = np.zeros((2, BINS), np.int64)
    counts[:, BINS // 2] = 500, 4000
    calibration = fit_calibration([PairDistances(*counts)])
    assert calibration.probability(np.array([0.2, 1.0, 1.7])) == pytest.approx([0.5] * 3)


def test_it_survives_json(calibration):
    again = json.loads(json.dumps(asdict(calibration)))
    assert Calibration(tuple(again["distances"]), tuple(again["probabilities"]), again["threshold"]) == calibration


@pytest.mark.parametrize(
    "wrong",
    [
        {"distances": (0.0, 1.0)},
        {"distances": (0.0, 1.0, 1.0)},
        {"probabilities": (0.9, 0.4, 0.5)},
        {"probabilities": (1.9, 0.5, 0.1)},
        {"threshold": 2.5},
        {"threshold": float("nan")},
        {"distances": (), "probabilities": ()},
    ],
)
def test_a_curve_that_is_none_is_refused(wrong):
    right = {"distances": (0.0, 1.0, 2.0), "probabilities": (0.9, 0.5, 0.1), "threshold": 1.0}
    assert Calibration(**right).same(0.5)
    with pytest.raises(ValueError, match="calibration takes"):
        Calibration(**(right | wrong))
