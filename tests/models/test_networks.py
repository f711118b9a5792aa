"""The network's shapes, its twin, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from siamese.models.networks import (
    BACKBONES,
    HEADS,
    LOOKS,
    EmbeddingNet,
    NetworkConfig,
    SiameseNetwork,
    Stage,
    certainty,
    embed,
    fused,
    turned,
)


def config(backbone: str) -> NetworkConfig:
    return NetworkConfig(backbone, embedding_dim=6, channels=(4, 8, 8), blocks=(1, 2, 1))


@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_backbone_makes_unit_vectors_of_28x28_ink(backbone):
    net = EmbeddingNet(config(backbone)).eval()
    embeddings = net(torch.rand(2, 1, 28, 28))
    assert embeddings.shape == (2, 6)
    assert embeddings.dtype == torch.float32
    assert torch.allclose(embeddings.norm(dim=1), torch.ones(2), atol=1e-5)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_weight_of_every_backbone_learns(backbone):
    net = EmbeddingNet(config(backbone))
    a, b = net(torch.rand(2, 1, 28, 28))
    (a @ b).backward()
    assert [name for name, weight in net.named_parameters() if weight.requires_grad and weight.grad is None] == []


@pytest.mark.parametrize(("entering", "blocks"), [(3, 1), (4, 1), (3, 3)])
def test_a_stage_rectifies_adds_and_halves(entering, blocks):
    stage, pictures = Stage(entering, 4, blocks), torch.randn(2, entering, 8, 8)
    expected = pictures
    for convolution in stage.convolutions:
        seen = convolution(expected).relu()
        expected = expected + seen if expected.shape == seen.shape else seen
    assert torch.equal(stage(pictures), torch.max_pool2d(expected, 2))


def test_different_pictures_get_different_embeddings(net, digits):
    a, b = embed(net, digits.images[:2])
    assert float((a - b).norm()) > 0.001


def test_the_twins_share_their_weights(net, digits):
    a, b = digits.images[:6].float() / 255, digits.images[6:12].float() / 255
    twin = SiameseNetwork(net).eval()
    assert sum(p.numel() for p in twin.parameters()) == sum(p.numel() for p in net.parameters())
    first, second = twin(a, b)
    assert torch.allclose(first, net(a), atol=1e-6)
    assert torch.allclose(second, net(b), atol=1e-6)
    swapped = twin(b, a)
    assert torch.allclose(swapped[1], first, atol=1e-6)


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


def test_two_heads_see_the_same_features_each_in_its_own_way(digits):
    net = EmbeddingNet(replace(config("conv"), heads=HEADS)).eval()
    pictures = digits.images[:8].float() / 255
    features = net.features(pictures)
    for head in HEADS:
        assert torch.equal(net(pictures, head), net.neck(features, head))
    assert not torch.allclose(net(pictures, "digits"), net(pictures, "symbols"), atol=0.1)


def test_details_are_for_the_symbols_head_alone(digits):
    net = EmbeddingNet(replace(config("conv"), heads=HEADS, details=4)).eval()
    features = net.features(digits.images[:8].float() / 255)
    assert features.shape[1] == net.backbone.whole_width > net.backbone.width
    without = features.clone()
    without[:, net.backbone.width :] = 0
    assert torch.equal(net.neck(features), net.neck(without))
    assert not torch.allclose(net.neck(features, "symbols"), net.neck(without, "symbols"), atol=0.1)


def test_an_only_head_sees_details(digits):
    net = EmbeddingNet(replace(config("conv"), details=4)).eval()
    features = net.features(digits.images[:8].float() / 255)
    without = features.clone()
    without[:, net.backbone.width :] = 0
    assert not torch.allclose(net.neck(features), net.neck(without), atol=0.1)


def test_one_head_embeds_everything(net, digits):
    assert net.config.heads == ("digits",)
    pictures = digits.images[:5].float() / 255
    assert torch.equal(net(pictures, "symbols"), net(pictures))


def test_a_symbol_is_looked_at_from_five_sides(net, digits):
    pictures = digits.images[:5].float() / 255
    looks = torch.stack([net.eval()(turned(pictures, degrees), "symbols") for degrees in LOOKS["symbols"]])
    mean = looks.mean(0)
    assert torch.allclose(embed(net, digits.images[:5], "symbols"), mean / mean.norm(dim=1, keepdim=True), atol=1e-6)


def test_a_digit_is_looked_at_again_where_the_network_is_in_doubt(net, digits):
    lengths, once = certainty(net, digits.images), embed(net, digits.images)
    net.config = replace(net.config, doubt=float(lengths.quantile(0.2)))
    doubtful = lengths < net.config.doubt
    assert 0 < doubtful.sum() < len(digits)
    embedded = embed(net, digits.images)
    assert torch.equal(embedded[~doubtful], once[~doubtful])
    pictures = digits.images[doubtful].float() / 255
    mean = torch.stack([net.eval()(turned(pictures, degrees)) for degrees in LOOKS["digits"]]).mean(0)
    assert torch.allclose(embedded[doubtful], mean / mean.norm(dim=1, keepdim=True), atol=1e-6)
    assert (embedded[doubtful] - once[doubtful]).norm(dim=1).min() > 1e-4


def test_certainty_is_the_length_before_it_is_one(net, digits):
    features = net.eval().features(digits.images[:7].float() / 255)
    projected = net.neck.heads["digits"](features)
    assert torch.allclose(certainty(net, digits.images[:7], batch_size=3), projected.norm(dim=1), rtol=1e-5)
    assert torch.allclose(net.neck(features), projected / projected.norm(dim=1, keepdim=True), atol=1e-6)


def test_turning_is_what_pillow_turns(digits):
    for degrees in (0.0, 15.0, -40.0):
        (after,) = turned(digits.images[:1].float(), degrees)
        picture = Image.fromarray(digits.images[0, 0].numpy())
        expected = torch.from_numpy(np.array(picture.rotate(-degrees, Image.Resampling.BILINEAR), np.float32))
        assert (after[0] - expected).abs().max() < 2


def test_a_configuration_survives_json(net):
    assert NetworkConfig(**net.config.to_json()) == net.config
    assert NetworkConfig(channels=[1, 2, 3]).channels == (1, 2, 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"backbone": "lenet"}, "lenet"),
        ({"doubt": -1.0}, "doubt must be 0 or a length"),
        ({"embedding_dim": 0}, "embedding_dim must be at least 2"),
        ({"embedding_dim": -3}, "-3"),
        ({"channels": (8, 8)}, "three positive numbers"),
        ({"channels": (8, 0, 8)}, "three positive numbers"),
        ({"blocks": (1, 1, 1, 1)}, "three positive numbers"),
        ({"heads": ("symbols",)}, "heads must be digits, or digits and symbols"),
    ],
)
def test_a_bad_configuration_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        NetworkConfig(**settings)


def test_a_fused_net_embeds_as_the_net_does_and_leaves_it_as_it_was(matcher, digits):
    net = matcher.bundle.net
    before = {name: value.clone() for name, value in net.state_dict().items()}
    quick_net = fused(net)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in quick_net.modules())
    for head in HEADS:
        plain, quick = (embed(each, digits.images, head) for each in (net, quick_net))
        assert torch.allclose(plain, quick, atol=1e-5)
    assert before.keys() == net.state_dict().keys()
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in before.items())
