"""The benchmarks measure what they say: the parts of them that are not timing, and that each runs."""

from __future__ import annotations

import common
import map_making
import pytest
import time_to_accuracy
import torch
import training_step
import visitors
from torch import nn

from siamese.config import PRESETS
from siamese.data.images import Split
from siamese.models.networks import EmbeddingNet


@pytest.fixture(autouse=True)
def cores_as_they_are(monkeypatch):
    """The other tests keep their cores."""
    monkeypatch.setattr(common, "use_cores", lambda count: None)


@pytest.fixture
def split(digits) -> Split:
    fit, validation = torch.arange(0, 200), torch.arange(200, 300)
    return Split(digits.subset(fit), digits.subset(validation), fit, validation)


def test_the_reference_is_the_tutorials_network():
    net = time_to_accuracy.TutorialNet()
    assert net(torch.zeros(2, 1, 28, 28)).shape == (2, 50)
    shapes = [tuple(layer.weight.shape) for layer in net if hasattr(layer, "weight")]
    assert shapes[:3] == [(64, 1, 5, 5), (128, 64, 5, 5), (256, 128, 3, 3)]
    assert shapes[3:] == [(1024, 2304), (256, 1024), (50, 256)]


def test_the_reference_loss_is_the_mean_over_all_pairs():
    rows, labels = torch.rand(6, 4), torch.tensor([0, 0, 1, 1, 1, 2])
    terms = []
    for i in range(6):
        for j in range(i):
            d = float((rows[i] - rows[j] + 1e-6).norm())
            terms.append(d**2 if labels[i] == labels[j] else max(0, 1 - d) ** 2)
    assert float(time_to_accuracy.tutorial_loss(rows, labels)) == pytest.approx(sum(terms) / 15, rel=1e-3)


def test_accuracy_is_by_euclidean_distance_for_vectors_of_any_length(split):
    """Plain pixels are such vectors; their neighbours by cosine are others."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 784))
    nn.init.eye_(net[1].weight)
    nn.init.zeros_(net[1].bias)
    fit, queries = (part.images.flatten(1).float() / 255 for part in (split.fit, split.validation))
    nearest = torch.cdist(queries, fit).topk(5, largest=False).indices
    votes = vote_by_hand(split.fit.labels[nearest])
    by_hand = float((votes == split.validation.labels).float().mean())
    assert time_to_accuracy.accuracy(net, split) == pytest.approx(by_hand)


def vote_by_hand(labels: torch.Tensor) -> torch.Tensor:
    rows = [row.tolist() for row in labels]
    return torch.tensor([max(row, key=lambda label: (row.count(label), -row.index(label))) for row in rows])


def test_training_goes_on_until_it_is_there_or_given_up(split, monkeypatch):
    scores = iter([0.9, 0.9935, 0.99])
    monkeypatch.setattr(time_to_accuracy, "accuracy", lambda net, split: next(scores))
    run = time_to_accuracy.timed(iter([nn.Linear(1, 1)] * 3), split)
    assert (run.epochs, run.accuracy, run.there) == (2, 0.9935, True)
    monkeypatch.setattr(time_to_accuracy, "accuracy", lambda net, split: 0.5)
    run = time_to_accuracy.timed(iter([nn.Linear(1, 1)] * 3), split)
    assert (run.epochs, run.accuracy, run.there) == (3, 0.5, False)


def test_the_fast_side_is_the_preset(split):
    nets = list(time_to_accuracy.preset(split.fit, 0, "cpu"))
    assert len(nets) == PRESETS["fast"].training.epochs
    assert isinstance(nets[0], EmbeddingNet)
    assert nets[0].config == PRESETS["fast"].network


def test_time_to_accuracy_runs(mnist_dir, capsys):
    time_to_accuracy.main(["--data-dir", str(mnist_dir), "--limit", "600", "--seeds", "0", "--epochs", "1"])
    printed = capsys.readouterr().out
    assert "seed 0: reference" in printed
    assert "times as long" in printed


def test_training_step_runs(capsys):
    training_step.main(["--preset", "fast", "--rounds", "1"])
    printed = capsys.readouterr().out
    for part in ("ratio", "augmentation", "optimiser", "EMA", "the rest"):
        assert part in printed


def test_map_making_runs(capsys):
    map_making.main(["--limit", "300", "--repeats", "1"])
    assert capsys.readouterr().out.count("trustworthiness") == 2


@pytest.mark.parametrize(
    ("answer", "same"),
    [
        ([{"p": 0.5, "words": "reads as a 4"}, None], True),
        ([{"p": 0.5000009, "words": "reads as a 4"}, None], True),
        ([{"p": 0.51, "words": "reads as a 4"}, None], False),
        ([{"p": 0.5, "words": "reads as a 9"}, None], False),
        ([{"p": 0.5, "text": "reads as a 4"}, None], False),
        ([{"p": 0.5, "words": "reads as a 4"}], False),
        (None, False),
    ],
)
def test_an_answer_meant_for_another_visitor_is_noticed(answer, same):
    assert visitors.alike(answer, [{"p": 0.5, "words": "reads as a 4"}, None]) == same
