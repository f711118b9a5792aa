"""Any classifier of torchvision's as a backbone, and weights to begin with."""

from __future__ import annotations

import hashlib
import pickle
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision import models

from siamese.config import InputConfig, NetworkConfig
from siamese.models.attribution import distance_parts, place_attribution
from siamese.models.classifiers import ClassifierBackbone
from siamese.models.networks import EmbeddingNet
from siamese.models.pretrained import load_backbone, pretrained_normalisation

# One of each family, with the part that is left out.
FAMILIES = {
    "resnet18": "fc",
    "vgg11_bn": "classifier",
    "densenet121": "classifier",
    "mobilenet_v3_small": "classifier",
    "shufflenet_v2_x0_5": "fc",
    "squeezenet1_1": "classifier",
    "efficientnet_b0": "classifier",
    "googlenet": "fc",
    "convnext_tiny": "classifier",  # whose classifier begins with a normalisation
    "swin_t": "head",
}


def photo(size=(64, 96), channels=3) -> InputConfig:
    return InputConfig("photo", size, channels, (0.5,) * channels, (0.5,) * channels, None, None, "crop")


def net(backbone: str, grid: int = 0, size=(64, 96), channels=3) -> EmbeddingNet:
    torch.manual_seed(0)
    config = NetworkConfig(backbone, 8, heads=("pictures",), intermediate_grid=grid)
    return EmbeddingNet(config, photo(size, channels)).eval()


@pytest.mark.parametrize("name", FAMILIES)
def test_features_are_what_the_classifier_is_given(name):
    torch.manual_seed(0)
    model = models.get_model(name, weights=None, init_weights=True) if name == "googlenet" else models.get_model(name)
    model.eval()
    seen = []
    getattr(model, FAMILIES[name]).register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    backbone = ClassifierBackbone(model, NetworkConfig(name, heads=("pictures",)), photo()).eval()
    assert FAMILIES[name] in backbone.left_out
    torch.manual_seed(0)
    again = models.get_model(name, weights=None, init_weights=True) if name == "googlenet" else models.get_model(name)
    again.eval()
    getattr(again, FAMILIES[name]).register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    images = torch.rand(2, 3, 64, 96)
    with torch.inference_mode():
        again(images)
        features = backbone(images)
    wanted = seen[-1]
    if wanted.ndim == 4:
        wanted = wanted.mean(dim=(2, 3))
    if name == "vgg11_bn":  # its own pooling is to 7x7 places, the backbone's to one
        wanted = again.features(images).mean(dim=(2, 3))
    assert torch.allclose(features, wanted.flatten(1), atol=1e-5)


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "mobilenet_v3_small"])
@pytest.mark.parametrize(("size", "channels"), [((64, 96), 3), ((28, 28), 1), ((130, 70), 1)])
def test_any_size_and_channels_with_intermediate_features(name, size, channels):
    backbone = net(name, 3, size, channels).backbone
    features = backbone(torch.rand(2, channels, *size))
    assert features.shape == (2, backbone.all_features)
    assert (backbone.all_features - backbone.out_features) % 9 == 0 < backbone.all_features - backbone.out_features


def test_without_a_finer_feature_map_there_are_no_intermediate_features():
    made = net("swin_t", 4)
    assert made.backbone.all_features == made.backbone.out_features == 768
    assert made(torch.rand(2, 3, 64, 96)).shape == (2, 8)


def test_what_a_backbone_cannot_take_is_said_in_a_line():
    for name, grid, message in (
        ("vit_b_16", 0, "takes no pictures of 64x96: Wrong image height"),
        ("resnet", 0, "neither conv nor one of torchvision's"),
    ):
        with pytest.raises(ValueError, match=message) as caught:
            net(name, grid)
        assert "\n" not in str(caught.value)


def test_the_conv_backbone_takes_any_stages_and_size():
    for channels, size in (((4, 8), (16, 40)), ((4, 8, 8, 8, 8), (96, 64))):
        config = NetworkConfig("conv", 8, channels, (1,) * len(channels), ("pictures",), 2, 1)
        made = EmbeddingNet(config, photo(size)).eval()
        assert made(torch.rand(2, 3, *size)).shape == (2, 8)
        assert made.backbone.all_features == channels[-1] + 4 * channels[-2]
    with pytest.raises(ValueError, match="leave nothing of 16x40"):
        EmbeddingNet(NetworkConfig("conv", 8, (4,) * 5, (1,) * 5, ("pictures",)), photo((16, 40)))


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_weights_of_a_file_but_for_the_classifier(tmp_path, suffix):
    torch.manual_seed(5)
    model = models.resnet18()
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pt":
        torch.save(model.state_dict(), path)
    else:
        save_file(model.state_dict(), path)
    made = net("resnet18")
    assert sorted(load_backbone(made, path)) == ["fc.bias", "fc.weight"]
    assert torch.equal(made.backbone.model.conv1.weight, model.conv1.weight)


def test_weights_that_do_not_fit_are_named(tmp_path):
    state = models.resnet18().state_dict()
    cases = {
        "missing": (
            {name: value for name, value in state.items() if name != "conv1.weight"},
            "'conv1.weight' is missing",
        ),
        "unexpected": (state | {"extra": torch.zeros(1)}, "'extra' is unexpected"),
        "shape": (state | {"conv1.weight": torch.zeros(1)}, "the backbone's is"),
    }
    for name, (weights, message) in cases.items():
        torch.save(weights, tmp_path / f"{name}.pt")
        with pytest.raises(ValueError, match=message):
            load_backbone(net("resnet18"), tmp_path / f"{name}.pt")
    for state in ({0: torch.zeros(1)}, {"conv1.weight": "text"}, [torch.zeros(1)]):
        torch.save(state, tmp_path / "other.pt")
        with pytest.raises(ValueError, match="holds no state dictionary"):
            load_backbone(net("resnet18"), tmp_path / "other.pt")
    (tmp_path / "code.pt").write_bytes(pickle.dumps(Path("x")))
    for bad in ("code.pt", "nowhere.pt"):
        with pytest.raises(ValueError, match="cannot be read as weights"):
            load_backbone(net("resnet18"), tmp_path / bad)


def test_weights_of_convnext_but_for_its_whole_classifier(tmp_path):
    model = models.convnext_tiny()
    save_file(model.state_dict(), tmp_path / "weights.safetensors")
    left_out = load_backbone(net("convnext_tiny"), tmp_path / "weights.safetensors")
    assert sorted(left_out) == sorted(name for name in model.state_dict() if name.startswith("classifier."))


def test_weights_that_cannot_be_downloaded_are_a_line(tmp_path, monkeypatch):
    """An address at which nobody listens."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    preset = models.get_model_weights("shufflenet_v2_x0_5")["DEFAULT"]
    monkeypatch.setattr(type(preset), "url", property(lambda self: "http://127.0.0.1:9/weights.pth"))
    config = NetworkConfig("shufflenet_v2_x0_5", 8, heads=("pictures",))
    with pytest.raises(ValueError, match="weights of shufflenet_v2_x0_5 could not be downloaded") as caught:
        EmbeddingNet(config, photo(), pretrained_backbone=True)
    assert "\n" not in str(caught.value)


def test_weights_come_over_http(tmp_path, monkeypatch):
    """torchvision's own download, from a server on this machine."""
    torch.manual_seed(4)
    model = models.shufflenet_v2_x0_5()
    folder = tmp_path / "server"
    folder.mkdir()
    torch.save(model.state_dict(), folder / "plain.pth")
    digest = hashlib.sha256((folder / "plain.pth").read_bytes()).hexdigest()[:8]  # torch checks what a name ends with
    (folder / "plain.pth").rename(folder / f"weights-{digest}.pth")
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    preset = models.get_model_weights("shufflenet_v2_x0_5")["DEFAULT"]
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/weights-{digest}.pth"
        monkeypatch.setattr(type(preset), "url", property(lambda self: address))
        config = NetworkConfig("shufflenet_v2_x0_5", 8, heads=("pictures",))
        made = EmbeddingNet(config, photo(), pretrained_backbone=True)
        server.shutdown()
    assert torch.equal(made.backbone.model.get_submodule("conv1.0").weight, model.conv1[0].weight)
    assert (tmp_path / "home" / "hub" / "checkpoints" / f"weights-{digest}.pth").is_file()


def test_a_bundles_backbone_serves_as_weights(tmp_path):
    config = NetworkConfig("conv", 8, (4, 8), (1, 1), ("pictures",), 2, 1)
    trained = EmbeddingNet(config, photo())
    save_file(trained.state_dict(), tmp_path / "model.safetensors")
    made = EmbeddingNet(config, photo())
    assert set(load_backbone(made, tmp_path / "model.safetensors")) == {"heads.pictures.weight", "heads.pictures.bias"}
    assert torch.equal(
        made.backbone.stages[0].convolutions[0][0].weight, trained.backbone.stages[0].convolutions[0][0].weight
    )


def test_torchvisions_own_weights_are_downloaded(tmp_path, monkeypatch):
    """The real loading code; the file stands where torch keeps what it downloaded before."""
    torch.manual_seed(3)
    model = models.shufflenet_v2_x0_5()
    address = models.get_model_weights("shufflenet_v2_x0_5")["DEFAULT"].url
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    kept = tmp_path / "hub" / "checkpoints" / address.rpartition("/")[2]
    kept.parent.mkdir(parents=True)
    torch.save(model.state_dict(), kept)
    config = NetworkConfig("shufflenet_v2_x0_5", 8, heads=("pictures",))
    made = EmbeddingNet(config, photo(), pretrained_backbone=True)
    assert torch.equal(made.backbone.model.get_submodule("conv1.0").weight, model.conv1[0].weight)
    with pytest.raises(ValueError, match="no weights for the backbone 'conv'"):
        pretrained_normalisation("conv")
    assert pretrained_normalisation("resnet18") == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@pytest.mark.parametrize("backbone", ["conv", "shufflenet_v2_x0_5"])
def test_the_parts_of_a_distance_add_up(backbone):
    config = NetworkConfig(backbone, 8, (4, 8), (1, 1), ("pictures",), 2, 1)
    torch.manual_seed(0)
    made = EmbeddingNet(config, photo()).eval()
    torch.nn.init.zeros_(made.heads["pictures"].bias)
    images = torch.randint(0, 256, (2, 3, 64, 96), dtype=torch.uint8)
    a, b = made(images.float() / 255)
    totals = sum(part.sum(dim=(1, 2)) for part in distance_parts(made, images))
    assert totals.tolist() == pytest.approx([1 - float(a @ b)] * 2, abs=1e-4)
    heat = place_attribution(made, images)
    assert heat.shape == (2, 64, 96) and heat.max() == 255
