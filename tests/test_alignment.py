"""The digits head: centred on the digits, and stretched along what parts them."""

from __future__ import annotations

import torch

from siamese import metrics
from siamese.alignment import align
from siamese.data import LabeledImages
from siamese.networks import EmbeddingNet, NetworkConfig, embed


def crowded(net: EmbeddingNet) -> EmbeddingNet:
    """A net whose embeddings all lean one way, so that every distance is small."""
    with torch.no_grad():
        net.neck.project.bias += 5.0
    return net


def test_before_it_both_heads_are_the_same(net, digits):
    assert torch.allclose(embed(net, digits.images), embed(net, digits.images, head="symbols"), atol=1e-6)


def test_it_moves_the_digits_apart_and_leaves_symbols_alone(digits):
    torch.manual_seed(0)
    net = crowded(EmbeddingNet(NetworkConfig(channels=(4, 8, 8), blocks=(1, 1, 1), embedding_dim=16)))
    before = embed(net, digits.images, head="symbols")
    align(net, digits)
    after = embed(net, digits.images)
    assert torch.equal(embed(net, digits.images, head="symbols"), before)
    assert torch.allclose(after.norm(dim=1), torch.ones(len(after)), atol=1e-5)
    rates = [metrics.equal_error_rate(metrics.pair_distances(e, digits.labels))[0] for e in (before, after)]
    assert rates[1] < rates[0]


def test_class_means_are_centred_and_stretched(net, digits):
    z = embed(net, digits.images, head="symbols")
    align(net, digits, stretch=3.0)
    moved = net.neck.align(z)
    labels = digits.labels.unique()
    old = torch.stack([z[digits.labels == label].mean(0) for label in labels])
    new = torch.stack([moved[digits.labels == label].mean(0) for label in labels])
    assert torch.allclose(new, 3.0 * (old - old.mean(0)), atol=1e-5)


def test_it_follows_the_classes_that_are_there(net, digits):
    few: LabeledImages = digits.without([8, 9])
    align(net, few)
    means = torch.stack(
        [net.neck.align(embed(net, few.images, head="symbols"))[few.labels == label].mean(0) for label in range(8)]
    )
    assert torch.allclose(means.mean(0), torch.zeros(means.shape[1]), atol=1e-5)
