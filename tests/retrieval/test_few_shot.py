"""Few-shot classification: a symbol is named from a few examples."""

from __future__ import annotations

import numpy as np
import pytest

from siamese.retrieval import few_shot
from siamese.retrieval.calibration import Calibration

CURVE = Calibration((0.0, 1.0, 2.0), (0.999, 0.5, 0.001), threshold=1.0)
AXES = np.eye(4, dtype=np.float32)


def recognise(support: np.ndarray, labels: list[str], query: np.ndarray) -> few_shot.Recognition:
    return few_shot.recognise(np.linalg.norm(support - query, axis=1), labels, CURVE)


def near(axis: int, toward: int, amount: float = 0.2) -> np.ndarray:
    vector = AXES[axis] + amount * AXES[toward]
    return vector / np.linalg.norm(vector)


def test_probabilities_add_up_to_one_with_none():
    found = recognise(AXES[:3], ["a", "b", "c"], near(1, 3))
    assert sum(found.probabilities.values()) + found.none == pytest.approx(1)
    assert list(found.probabilities) == ["a", "b", "c"]


def test_the_nearest_example_of_the_label_is_given():
    support = np.stack([AXES[0], AXES[1], near(0, 3, 0.5)])
    found = recognise(support, ["a", "b", "a"], near(0, 3, 0.6))
    assert (found.label, found.support) == ("a", 2)
    assert found.distance == pytest.approx(np.linalg.norm(near(0, 3, 0.5) - near(0, 3, 0.6)), abs=1e-6)


def test_what_is_far_from_all_is_none_of_them():
    found = recognise(AXES[:2], ["a", "b"], -(AXES[0] + AXES[1]) / np.sqrt(2))
    assert found.label is None
    assert found.none > max(found.probabilities.values())


def test_bayes_rule_by_hand():
    support, query = AXES[:2], near(0, 1, 0.5)
    same = [float(CURVE.probability(np.linalg.norm(row - query))) for row in support]
    ratios = [p / (1 - p) for p in same]
    found = recognise(support, ["a", "b"], query)
    assert found.probabilities["a"] == pytest.approx(ratios[0] / (sum(ratios) + 1))
    assert found.none == pytest.approx(1 / (sum(ratios) + 1))


def test_two_examples_weigh_between_their_arithmetic_and_their_geometric_mean():
    support, query = AXES[:2], near(0, 1, 0.5)
    ratios = [few_shot.recognise(np.array([d]), ["a"], CURVE) for d in np.linalg.norm(support - query, axis=1)]
    first, second = (each.probabilities["a"] / each.none for each in ratios)
    found = recognise(support, ["a", "a"], query)
    together = found.probabilities["a"] / found.none
    assert together == pytest.approx(((np.sqrt(first) + np.sqrt(second)) / 2) ** 2)
    assert np.sqrt(first * second) < together < (first + second) / 2


def test_the_order_of_the_examples_does_not_matter():
    support, labels, query = AXES[:3], ["a", "b", "c"], near(2, 1)
    reversed_ = recognise(support[::-1], labels[::-1], query)
    assert reversed_.probabilities == pytest.approx(recognise(support, labels, query).probabilities)


def test_the_number_of_examples_is_no_evidence():
    query = near(0, 1, 0.8)
    one = recognise(AXES[:2], ["a", "b"], query)
    repeated = recognise(AXES[[0, 1, 1, 1]], ["a", "b", "b", "b"], query)
    assert repeated.probabilities == pytest.approx(one.probabilities)


def test_an_example_that_is_near_among_others_that_are_far_counts_less_than_one_alone():
    query = near(0, 1, 0.8)
    alone = recognise(AXES[:1], ["a"], query)
    among = recognise(AXES[[0, 2, 3]], ["a", "a", "a"], query)
    assert alone.label == "a"
    assert among.label is None
    assert among.support == 0


@pytest.mark.parametrize("written", [0, 1])
def test_a_symbol_that_is_written_in_two_ways_is_known_by_either(written):
    found = recognise(AXES[:3], ["a", "a", "b"], near(written, 3, 0.1))
    assert (found.label, found.support) == ("a", written)


def test_of_two_that_are_as_probable_the_nearer_is_named():
    flat = Calibration((0.0, 0.5, 1.0, 2.0), (0.99, 0.99, 0.5, 0.001), threshold=1.0)
    support = np.stack([near(0, 1, 0.3), near(0, 1, 0.1)])
    found = few_shot.recognise(np.linalg.norm(support - AXES[0], axis=1), ["a", "b"], flat)
    assert found.probabilities["a"] == pytest.approx(found.probabilities["b"])
    assert (found.label, found.support) == ("b", 1)


@pytest.mark.parametrize(("count", "labels"), [(0, []), (2, ["a"])])
def test_examples_and_labels_have_to_match(count, labels):
    with pytest.raises(ValueError, match="one label for each example"):
        recognise(AXES[:count], labels, AXES[0])


def test_digits_taught_as_symbols_are_named_by_one_example_each(matcher):
    """The few-shot head learned from letters alone: to it, digits are symbols never trained on."""
    gallery = matcher.gallery
    first = [int(np.flatnonzero(gallery.labels == digit)[0]) for digit in range(10)]
    support = [(str(digit), gallery.images[index]) for digit, index in enumerate(first)]
    right = 0
    for digit in range(10):
        for index in np.flatnonzero(gallery.labels == digit)[10:20]:
            right += matcher.recognise(support, gallery.images[index]).label == str(digit)
    assert right >= 75
