"""Centring: the mean of what was trained on becomes the origin of the last head's embeddings, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import torch

from siamese.config import InputConfig
from siamese.models.inference import embed, projections
from siamese.models.networks import initialised
from siamese.training.centring import centre_head
from tests.helpers import TINY, weights


def test_the_mean_becomes_the_origin_of_the_last_head(digits):
    net = initialised(replace(TINY, heads=("digits", "symbols")), InputConfig(), seed=0).eval()
    before, first = weights(net), embed(net, digits.images, "digits")
    half = torch.arange(len(digits)) < len(digits) // 2
    centre_head(net, [digits.subset(half), digits.subset(~half)], seed=0)
    changed = {name for name, value in weights(net).items() if not torch.equal(value, before[name])}
    assert changed == {"heads.symbols.bias"}
    assert projections(net, digits.images, "symbols").mean(dim=0).abs().max() < 1e-5
    assert torch.equal(embed(net, digits.images, "digits"), first)


def test_what_all_classes_share_no_longer_draws_them_together(digits):
    net = initialised(TINY, InputConfig(), seed=0).eval()
    with torch.no_grad():
        net.heads["digits"].bias += 100.0
    assert embed(net, digits.images).std(dim=0).max() < 0.05
    centre_head(net, [digits], seed=0)
    assert embed(net, digits.images).std(dim=0).max() > 0.1
