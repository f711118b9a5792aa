"""Which head learns what: digits, symbols, synthetic classes, outliers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from siamese.config import TrainingConfig
from siamese.data.images import LabeledImages
from siamese.data.sources import Role, Source
from siamese.data.synthetic.half_swaps import half_swaps
from siamese.models.networks import EmbeddingNet
from siamese.training import losses
from siamese.training.objective import classes_of_heads, heads_loss
from siamese.training.trainer import Trainer, train
from tests.helpers import PLAIN, TINY, as_outliers, as_symbols

QUICK = TrainingConfig(epochs=4, learning_rate=0.01, augmentation=PLAIN)
HEADS = ("digits", "symbols")
FIRST_HALF = torch.arange(40) < 20
ALL = torch.ones(1, 40, dtype=torch.bool)


@pytest.fixture
def two_heads() -> EmbeddingNet:
    torch.manual_seed(0)
    return EmbeddingNet(replace(TINY, heads=HEADS))


@pytest.fixture
def forty(digits) -> tuple[torch.Tensor, torch.Tensor]:
    """Forty digits as floats, and their labels."""
    return digits.images[:40].float() / 255, digits.labels[:40]


def test_each_class_has_the_head_of_its_role(digits):
    sources = [
        Source(digits, Role.DIGIT, 4),
        Source(as_symbols(digits), Role.SYMBOL, 4),
        Source(half_swaps(digits, 2, seed=0), Role.SYNTHETIC, 2),
        Source(as_outliers(digits), Role.OUTLIER, 4),
    ]
    names = (*digits.names, "symbol 3", "3 over 5", "outlier")
    learns = classes_of_heads(names, sources, HEADS)
    assert learns.tolist() == [[True] * 10 + [False] * 3, [False] * 10 + [True, True, False]]
    assert classes_of_heads(names, sources, ("digits",)).tolist() == [[True] * 12 + [False]]


def test_a_role_without_a_head_is_refused(digits):
    sources = [Source(as_symbols(digits), Role.SYMBOL, 4)]
    with pytest.raises(ValueError, match="no head 'symbols' for classes of the role symbol; heads: digits, letters"):
        classes_of_heads(("symbol 3",), sources, ("digits", "letters"))


def test_the_symbols_head_learns_where_there_are_symbols(two_heads, forty):
    pictures, labels = forty
    features = two_heads.features(pictures)
    heads_loss(two_heads, features, labels, torch.cat([ALL, ~ALL]), QUICK).value.backward()
    assert two_heads.heads["symbols"].weight.grad is None
    assert two_heads.heads["digits"].weight.grad.abs().max() > 0


def test_the_digits_head_takes_every_symbol_for_an_outlier(two_heads, forty):
    pictures, labels = forty
    labels = labels + 10 * (torch.arange(40) >= 20)
    features = two_heads.features(pictures)
    embeddings, symbols = two_heads.heads(features, "digits"), two_heads.heads(features[20:], "symbols")
    of_digits = 0.0
    for i in range(20):
        log_total = torch.logsumexp(
            torch.stack([embeddings[i] @ embeddings[j] for j in range(40) if j != i]) / QUICK.temperature, 0
        )
        same = [j for j in range(20) if j != i and labels[j] == labels[i]]
        of_digits -= sum(embeddings[i] @ embeddings[j] / QUICK.temperature - log_total for j in same) / len(same) / 20
    of_symbols = losses.supervised_contrastive(symbols, labels[20:], QUICK.temperature).value
    expected = float((of_digits + of_symbols).detach())
    loss = heads_loss(two_heads, features, labels, torch.stack([FIRST_HALF, ~FIRST_HALF]), QUICK)
    assert float(loss.value.detach()) == pytest.approx(expected, rel=1e-4)


def test_outliers_belong_to_no_class(net, forty):
    pictures, labels = forty
    features = net.features(pictures)
    own_class = torch.where(FIRST_HALF, labels, 100 + torch.arange(40))
    expected = losses.supervised_contrastive(net.heads(features, "digits"), own_class, QUICK.temperature).value
    labels = torch.where(FIRST_HALF, labels, 7)
    loss = heads_loss(net, features, labels, FIRST_HALF[None], QUICK)
    assert float(loss.value.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)


def test_an_only_head_learns_from_all_classes_alike(net, forty):
    pictures, labels = forty
    features = net.features(pictures)
    labels = labels + torch.tensor([0] * 20 + [10] * 10 + [100] * 10)
    expected = losses.supervised_contrastive(net.heads(features, "digits"), labels, QUICK.temperature).value
    loss = heads_loss(net, features, labels, ALL, QUICK)
    assert float(loss.value.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)


def test_both_heads_learn_in_a_run(two_heads, digits):
    turned = LabeledImages(digits.images.flip(-1), digits.labels, digits.names)
    sources = [Source(digits, Role.DIGIT, 6), Source(as_symbols(turned), Role.SYMBOL, 4, classes=5, every=2)]
    run = Trainer(two_heads, sources, QUICK)
    before = {head: run.net.heads[head].weight.clone() for head in HEADS}
    train(run)
    for head in HEADS:
        assert not torch.allclose(run.net.heads[head].weight, before[head])
