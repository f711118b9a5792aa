"""Head retraining: the symbols' head, fitted last."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from siamese.config import HeadRetrainingConfig, NetworkConfig, TrainingConfig
from siamese.data.images import LabeledImages
from siamese.data.sources import Role, Source
from siamese.evaluation.metrics import knn_accuracy
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet
from siamese.training.head_retraining import retrain_head
from siamese.training.losses import supervised_contrastive
from tests.helpers import as_symbols

HEADS = ("digits", "symbols")
FEW = HeadRetrainingConfig(characters=20)


@pytest.fixture
def net() -> EmbeddingNet:
    torch.manual_seed(3)
    return EmbeddingNet(NetworkConfig(channels=(8, 16, 16), blocks=(1, 1, 1), embedding_dim=32, heads=HEADS)).eval()


@pytest.fixture
def symbols(digits) -> LabeledImages:
    return as_symbols(LabeledImages(digits.images.rot90(1, (2, 3)), digits.labels, digits.names))


def retrained(
    net: EmbeddingNet, symbols: LabeledImages, grid: int, steps: int, config: HeadRetrainingConfig = FEW
) -> EmbeddingNet:
    source = Source(symbols, Role.SYMBOL, 6, classes=10, every=4)
    return retrain_head(net, source, TrainingConfig(), config, grid, steps)


def test_it_changes_nothing_for_digits(net, symbols, digits):
    before = deepcopy(net.state_dict())
    fitted = retrained(net, symbols, 7, steps=60)
    assert torch.allclose(embed(fitted, digits.images), embed(net, digits.images), atol=1e-5)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert not fitted.training


def test_it_learns_to_tell_symbols_apart(matcher, symbols):
    """On the shipped backbone, from a head that has learned nothing."""
    torch.manual_seed(3)
    net = EmbeddingNet(replace(matcher.bundle.net.config, embedding_dim=16, intermediate_grid=0)).eval()
    net.backbone.load_state_dict(matcher.bundle.net.backbone.state_dict())
    half = torch.arange(len(symbols)) % 20 < 10
    learn, held_out = symbols.subset(half), symbols.subset(~half)

    def accuracy(net: EmbeddingNet) -> float:
        fit, queries = (embed(net, part.images, "symbols") for part in (learn, held_out))
        return knn_accuracy(fit, learn.labels, queries, held_out.labels, k=1)

    assert accuracy(retrained(net, learn, 7, steps=60)) > accuracy(net) + 0.05


@pytest.mark.parametrize("grid", [0, 2, 7])
def test_it_sees_as_many_intermediate_features_as_are_asked_for(net, symbols, grid):
    fitted = retrained(net, symbols, grid, steps=3)
    assert fitted.config.intermediate_grid == grid
    assert fitted.heads["symbols"].in_features == 16 * 3 * 3 + 16 * grid**2


def test_it_takes_no_more_steps_than_the_training_before(net, symbols, monkeypatch):
    """Nor more than its own configuration says."""
    taken = []
    monkeypatch.setattr(
        "siamese.training.head_retraining.supervised_contrastive",
        lambda *arguments: taken.append(1) or supervised_contrastive(*arguments),
    )
    retrained(net, symbols, 0, steps=3)
    assert len(taken) == 3
    retrained(net, symbols, 0, steps=50, config=replace(FEW, steps=2))
    assert len(taken) == 5
