"""The symbols' head, fitted last."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from siamese.data.images import LabeledImages
from siamese.evaluation.metrics import knn_accuracy
from siamese.models.networks import HEADS, EmbeddingNet, NetworkConfig, embed
from siamese.training import head_retraining as symbol_head
from siamese.training.trainer import TrainConfig

CONFIG = TrainConfig(symbols=10, per_symbol=6)


@pytest.fixture
def net() -> EmbeddingNet:
    torch.manual_seed(3)
    return EmbeddingNet(NetworkConfig(channels=(8, 16, 16), blocks=(1, 1, 1), embedding_dim=32, heads=HEADS)).eval()


@pytest.fixture
def symbols(digits) -> LabeledImages:
    return LabeledImages(digits.images.rot90(1, (2, 3)), digits.labels + 10)


@pytest.fixture(autouse=True)
def few_characters(monkeypatch):
    monkeypatch.setattr(symbol_head, "INVENTED", 20)


def test_it_changes_nothing_for_digits(net, symbols, digits):
    before = deepcopy(net.state_dict())
    fitted = symbol_head.refitted(net, symbols, CONFIG, 7, steps=60)
    assert torch.allclose(embed(fitted, digits.images), embed(net, digits.images), atol=1e-5)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert not fitted.training


def test_it_learns_to_tell_symbols_apart(matcher, symbols):
    """On the shipped backbone, from a head that has learned nothing."""
    torch.manual_seed(3)
    net = EmbeddingNet(replace(matcher.bundle.net.config, embedding_dim=16, details=0)).eval()
    net.backbone.load_state_dict(matcher.bundle.net.backbone.state_dict())
    half = torch.arange(len(symbols)) % 20 < 10
    learn, held = symbols.subset(half), symbols.subset(~half)

    def accuracy(net: EmbeddingNet) -> float:
        rows = [embed(net, part.images, "symbols") for part in (learn, held)]
        return knn_accuracy(rows[0], learn.labels, rows[1], held.labels, k=1)

    assert accuracy(symbol_head.refitted(net, learn, CONFIG, 7, steps=60)) > accuracy(net) + 0.05


@pytest.mark.parametrize("details", [0, 2, 7])
def test_it_sees_as_much_of_the_second_stage_as_is_asked(net, symbols, details):
    fitted = symbol_head.refitted(net, symbols, CONFIG, details, steps=3)
    assert fitted.config.details == details
    assert fitted.neck.heads["symbols"].in_features == 16 * 3 * 3 + 16 * details**2
