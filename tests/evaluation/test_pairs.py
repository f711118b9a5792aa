"""Lists of pairs: read, measured, and refused where they say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from siamese.bundle.metrics import find
from siamese.evaluation.pairs import (
    PairList,
    best_threshold,
    cross_validated_accuracy,
    leak_warnings,
    measure,
    read_pairs,
)
from siamese.retrieval.calibration import Calibration


def write(tmp_path, text: str, encoding: str = "utf-8"):
    path = tmp_path / "pairs.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_table_of_pairs(tmp_path, encoding):
    text = "First, second,SAME,fold\na.png, b.png,1,x\na.png,sub/c.png, no ,x\nb.png,a.png,True,y\nصورة.png,a.png,0,y\n"
    pairs = read_pairs(write(tmp_path, text, encoding))
    assert [path.name for path in pairs.paths] == ["a.png", "b.png", "c.png", "صورة.png"]
    assert pairs.paths[2] == tmp_path / "sub/c.png"
    assert pairs.first.tolist() == [0, 0, 1, 3] and pairs.second.tolist() == [1, 2, 0, 0]
    assert pairs.same.tolist() == [True, False, True, False]
    assert pairs.folds == ("x", "x", "y", "y")
    left = pairs.without({3})
    assert len(left) == 3 and left.folds == ("x", "x", "y")
    with pytest.raises(ValueError, match="There are no different pairs"):
        pairs.without({2, 3})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("first,second\na,b\n", "no column 'same'"),
        ("first,second,same\na,b,maybe\n", "line 2: same is 'maybe'"),
        ("first,second,same\na,b,1\n,b,0\n", "line 3: first is empty"),
        ("first,second,same,fold\na,b,1,x\na,c,0\n", "line 3: fold is empty"),
        ("first,second,same\na,b,1\n", "no different pairs"),
        ("first,second,same\n", "no same pairs"),
        ("", "no column 'first'"),
    ],
)
def test_what_is_no_list_of_pairs_is_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_pairs(write(tmp_path, text))


def test_empty_rows_and_other_words(tmp_path):
    pairs = read_pairs(write(tmp_path, "first,second,same\r\na,b,1.0\r\n,,\r\na,c,N\r\n  \r\n"))
    assert pairs.same.tolist() == [True, False]


def test_no_such_table(tmp_path):
    with pytest.raises(ValueError, match="cannot be read as a CSV table"):
        read_pairs(tmp_path / "none.csv")


def listed(same, folds=()) -> PairList:
    count = len(same)
    return PairList((), np.arange(count), np.arange(count), np.array(same, bool), tuple(folds))


def test_figures_against_a_plain_loop():
    rng = np.random.default_rng(0)
    same = rng.random(300) < 0.5
    distances = np.clip(np.where(same, rng.normal(0.7, 0.2, 300), rng.normal(1.1, 0.2, 300)), 0, 2)
    found = measure(distances, listed(same), Calibration((0.0, 2.0), (1.0, 0.0), 1.0))
    auc = np.mean([(a < b) + (a == b) / 2 for a in distances[same] for b in distances[~same]])
    assert find(found, "roc auc").value == pytest.approx(auc, abs=0.002)
    rates = [(np.mean(distances[same] > t), np.mean(distances[~same] <= t)) for t in np.linspace(0, 2, 2001)]
    reject, accept = min(rates, key=lambda rate: abs(rate[0] - rate[1]))
    assert find(found, "equal error rate").value == pytest.approx((reject + accept) / 2, abs=0.01)
    accuracy = (np.mean(distances[same] <= 1) + np.mean(distances[~same] > 1)) / 2
    assert find(found, "accuracy at threshold").value == pytest.approx(accuracy, abs=0.002)
    assert find(found, "cross-validated accuracy") is None


def test_a_scorer_that_knows_nothing_scores_chance():
    found = measure(np.full(100, 0.5), listed([True, False] * 50))
    assert find(found, "roc auc").value == pytest.approx(0.5)
    assert find(found, "equal error rate").value == pytest.approx(0.5)


def test_the_threshold_of_a_fold_is_chosen_on_the_others():
    distances = np.array([0.1, 0.9, 0.2, 0.8, 1.1, 1.9])
    same = np.array([True, False, True, False, True, False])
    # By the first two folds 0.2 is the best threshold, which is wrong about the same pair of the third.
    accuracy, error = cross_validated_accuracy(distances, same, ["a", "a", "b", "b", "c", "c"])
    assert best_threshold(distances[:4], same[:4]) == 0.2
    assert accuracy == pytest.approx(np.mean([1.0, 1.0, 0.5]), abs=0.34) and error >= 0
    with_folds = measure(distances, listed(same, ["a", "a", "b", "b", "c", "c"]))
    assert find(with_folds, "cross-validated accuracy").value == accuracy


def test_equal_distances_are_accepted_together():
    assert best_threshold(np.array([0.5, 0.5, 0.9]), np.array([True, False, True])) in (0.9, -1.0)


def test_what_a_file_alone_tells_is_said():
    statistics = np.random.default_rng(0).uniform(0, 100, (40, 6))
    pairs = PairList((), np.arange(0, 40, 2), np.arange(1, 40, 2), np.arange(20) % 2 == 0)
    same = pairs.same
    statistics[pairs.second[same], 1] = statistics[pairs.first[same], 1]
    statistics[pairs.second[~same], 1] = statistics[pairs.first[~same], 1] + 50
    (line,) = leak_warnings(pairs, statistics)
    assert "the median grey alone" in line
    few = PairList((), pairs.first[:18], pairs.second[:18], same[:18])
    assert leak_warnings(few, statistics) == []  # nine of each kind are separated by chance
