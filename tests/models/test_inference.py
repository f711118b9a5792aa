"""Embedding with a trained network: modes, batches, test-time augmentation, fused layers."""

from __future__ import annotations

import pytest
import torch

from siamese.config import Views
from siamese.models.inference import embed, embedding_norms, fuse
from siamese.models.views import view

ROTATIONS = (-8.0, 0.0, 8.0)


@pytest.mark.parametrize("training", [True, False])
def test_embed_measures_in_evaluation_mode_and_leaves_the_mode(net, digits, training):
    before = {name: value.clone() for name, value in net.state_dict().items()}
    rows = embed(net.train(training), digits.images[:30])
    assert net.training is training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert torch.equal(rows, net.eval()(digits.images[:30].float() / 255))


def test_embed_does_not_depend_on_the_batch(net, digits):
    assert torch.allclose(embed(net, digits.images), embed(net, digits.images, batch_size=7), atol=1e-5)
    assert embed(net, digits.images[:0]).shape == (0, 8)


def test_views_are_averaged_in_direction(net, digits):
    pictures = digits.images[:5].float() / 255
    views = torch.stack([net.eval()(view(pictures, degrees)) for degrees in ROTATIONS]).mean(0)
    embedded = embed(net, digits.images[:5], views=Views(ROTATIONS))
    assert torch.allclose(embedded, views / views.norm(dim=1, keepdim=True), atol=1e-6)


def test_only_uncertain_pictures_are_embedded_in_several_views(net, digits):
    norms, once = embedding_norms(net, digits.images), embed(net, digits.images)
    gate = float(norms.quantile(0.2))
    uncertain = norms < gate
    assert 0 < uncertain.sum() < len(digits)
    embedded = embed(net, digits.images, views=Views(ROTATIONS, gate))
    assert torch.equal(embedded[~uncertain], once[~uncertain])
    assert torch.allclose(embedded[uncertain], embed(net, digits.images[uncertain], views=Views(ROTATIONS)), atol=1e-6)
    assert (embedded[uncertain] - once[uncertain]).norm(dim=1).min() > 1e-4


def test_a_single_view_is_a_view(net, digits):
    pictures = digits.images[:5]
    rotated = net.eval()(view(pictures.float() / 255, 8.0))
    assert torch.allclose(embed(net, pictures, views=Views((8.0,))), rotated, atol=1e-6)
    assert torch.equal(embed(net, pictures, views=Views((0.0,))), embed(net, pictures))


def test_each_view_is_deskewed_before_it_is_rotated(net, digits):
    pictures = digits.images[:5].float() / 255
    views = torch.stack([net.eval()(view(pictures, degrees, 0.5)) for degrees in ROTATIONS]).mean(0)
    embedded = embed(net, digits.images[:5], views=Views(ROTATIONS, deskew=0.5))
    assert torch.allclose(embedded, views / views.norm(dim=1, keepdim=True), atol=1e-6)
    once = embed(net, digits.images[:5], views=Views(deskew=0.5))
    assert torch.allclose(once, net.eval()(view(pictures, 0.0, 0.5)), atol=1e-6)
    assert (once - embed(net, digits.images[:5])).norm(dim=1).min() > 1e-4


def test_a_gate_of_0_takes_no_views(net, digits):
    assert torch.equal(embed(net, digits.images, views=Views(ROTATIONS, 0.0)), embed(net, digits.images))


def test_the_embedding_norm_is_the_length_before_it_is_1(net, digits):
    features = net.eval().features(digits.images[:7].float() / 255)
    projected = net.heads["digits"](features)
    assert torch.allclose(embedding_norms(net, digits.images[:7], batch_size=3), projected.norm(dim=1), rtol=1e-5)
    assert embedding_norms(net, digits.images[:0]).shape == (0,)


def test_a_fused_net_embeds_as_the_net_does_and_leaves_it_as_it_was(matcher, digits):
    net = matcher.bundle.net
    before = {name: value.clone() for name, value in net.state_dict().items()}
    fused = fuse(net)
    assert any(isinstance(module, torch.nn.BatchNorm2d) for module in net.modules())
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in fused.modules())
    for head in net.config.heads:
        plain, quick = (embed(each, digits.images, head) for each in (net, fused))
        assert torch.allclose(plain, quick, atol=1e-5)
    assert before.keys() == net.state_dict().keys()
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in before.items())
