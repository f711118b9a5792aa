"""The network's shapes, its heads, its twin, and what it refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch

from siamese.config import InputConfig, NetworkConfig
from siamese.models.backbones import Stage
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet, SiameseNetwork, initialised
from tests.helpers import identical, weights

HEADS = ("digits", "symbols")
BACKBONES = ("conv", "resnet18", "vgg11_bn", "efficientnet_b0", "shufflenet_v2_x0_5", "densenet121")


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


def test_two_heads_see_the_same_features_each_in_its_own_way(digits):
    net = EmbeddingNet(replace(config("conv"), heads=HEADS)).eval()
    pictures = digits.images[:8].float() / 255
    features = net.features(pictures)
    for head in HEADS:
        assert torch.equal(net(pictures, head), net.heads(features, head))
    assert torch.equal(net(pictures), net(pictures, "digits"))
    assert not torch.allclose(net(pictures, "digits"), net(pictures, "symbols"), atol=0.1)


def test_intermediate_features_are_for_the_last_head_alone(digits):
    net = EmbeddingNet(replace(config("conv"), heads=HEADS, intermediate_grid=4)).eval()
    features = net.features(digits.images[:8].float() / 255)
    assert features.shape[1] == net.backbone.all_features > net.backbone.out_features
    without = features.clone()
    without[:, net.backbone.out_features :] = 0
    assert torch.equal(net.heads(features, "digits"), net.heads(without, "digits"))
    assert not torch.allclose(net.heads(features, "symbols"), net.heads(without, "symbols"), atol=0.1)


def test_an_only_head_sees_intermediate_features(digits):
    net = EmbeddingNet(replace(config("conv"), intermediate_grid=4)).eval()
    features = net.features(digits.images[:8].float() / 255)
    without = features.clone()
    without[:, net.backbone.out_features :] = 0
    assert not torch.allclose(net.heads(features, "digits"), net.heads(without, "digits"), atol=0.1)


def test_a_head_that_there_is_not_is_refused(net, digits):
    assert net.config.heads == ("digits",)
    pictures = digits.images[:5]
    with pytest.raises(ValueError, match="There is no head 'symbols'; the network has digits"):
        net(pictures.float() / 255, "symbols")
    with pytest.raises(ValueError, match="There is no head 'symbols'"):
        embed(net, pictures, "symbols")


def test_normalisation_is_no_part_of_the_weights(net):
    """It is the input's, which the bundle carries apart."""
    assert {"mean", "std"} <= set(dict(net.named_buffers()))
    assert not {"mean", "std"} & set(net.state_dict())
    pictures = torch.rand(2, 1, 28, 28)
    net.eval()
    assert torch.equal(net.features(pictures), net.backbone((pictures - 0.1307) / 0.3081))


def test_pretrained_weights_are_torchvisions_alone():
    with pytest.raises(ValueError, match="no pretrained weights"):
        EmbeddingNet(config("conv"), pretrained_backbone=True)


@pytest.mark.parametrize("backbone", ["conv", "resnet18"])
def test_a_new_network_follows_from_its_seed_and_leaves_torchs_generator_alone(backbone):
    torch.manual_seed(5)
    wanted = weights(EmbeddingNet(config(backbone)))
    torch.manual_seed(99)
    before = torch.get_rng_state()
    net = initialised(config(backbone), InputConfig(std=(0.5,)), seed=5)
    assert torch.equal(torch.get_rng_state(), before)
    assert identical(weights(net), wanted)
    assert (net.config, net.input.std) == (config(backbone), (0.5,))
    assert not identical(weights(initialised(config(backbone), InputConfig(), seed=6)), wanted)


def test_networks_made_at_once_in_many_threads_are_what_each_is_alone():
    wanted = [weights(initialised(config("conv"), InputConfig(), seed)) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda seed: initialised(config("conv"), InputConfig(), seed % 8), range(64)))
    assert all(identical(weights(net), wanted[number % 8]) for number, net in enumerate(made))


def test_a_pretrained_backbone_is_asked_for_in_a_new_network_too():
    with pytest.raises(ValueError, match="no pretrained weights"):
        initialised(config("conv"), InputConfig(), seed=0, pretrained_backbone=True)
