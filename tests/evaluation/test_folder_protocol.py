"""What is chosen and reported of own pictures, in memory or streamed from the disk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from siamese.bundle.format import Bundle
from siamese.config import PRESETS, FolderConfig, NetworkConfig, Views
from siamese.data.images import LabeledImages
from siamese.data.own_pictures import load_folder
from siamese.evaluation import folder_protocol
from siamese.evaluation.embedded import EmbeddedSet
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.search import nearest
from tests.picture_bundle import EPOCH
from tests.picture_folders import write_folder

SMALL = NetworkConfig("conv", 8, (4, 8), (1, 1), ("pictures",), 2, 1)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory) -> list[Bundle]:
    """Of one folder, its pictures in memory and streamed."""
    root, found = write_folder(tmp_path_factory.mktemp("things"), 20, 4), []
    for stream in (False, True):
        preset = replace(PRESETS["pictures"], network=SMALL, folder=FolderConfig())
        config, corpus = load_folder(preset, root, lambda line: None, stream)
        torch.manual_seed(0)
        net = EmbeddingNet(config.network, config.input).eval()
        validate = folder_protocol.validator(corpus)
        row = EPOCH | validate(net)
        arguments = (config, "things", [row], "python train.py", 1.0, torch.device("cpu"))
        found.append(folder_protocol.evaluate(net, net, corpus, *arguments))
    return found


def test_streamed_pictures_are_measured_alike(bundles):
    held, streamed = bundles
    for part in ("test", "validation", "baselines", "curves", "history", "folder"):
        assert getattr(held.measurements, part) == getattr(streamed.measurements, part), part
    assert held.config == streamed.config
    assert np.array_equal(held.gallery.images, streamed.gallery.images)
    assert np.array_equal(held.gallery.embeddings, streamed.gallery.embeddings)


def test_an_untrained_network_is_its_own_baseline(bundles):
    measured = bundles[0].measurements
    figures = {metric.key: metric.value for metric in measured.test}
    views = bundles[0].inference.views
    for metric in measured.baselines["Untrained network"]:
        if views == Views():
            assert metric.value == figures[metric.key], metric.key
    assert set(measured.baselines) == {"Raw pixels", "Untrained network"}
    assert "20-way one-shot" not in figures  # there are four classes to report on
    assert measured.history[0].validation_accuracy is not None


def test_99_in_100_validation_pictures_are_not_novel():
    rows = torch.nn.functional.normalize(torch.randn(400, 6, generator=torch.Generator().manual_seed(0)), dim=1)
    for per_class, wanted in ((10, 5), (4, 3), (2, 1), (1, 1)):
        labels = torch.arange(400) // per_class
        images = torch.zeros(400, 1, 8, 8, dtype=torch.uint8)
        pictures = LabeledImages(images, labels, tuple(map(str, range(int(labels.max()) + 1))))
        rank, threshold = folder_protocol.novelty(EmbeddedSet(pictures, rows))
        assert rank == wanted
        distances, _ = nearest(rows, rows, rank, exclude_self=True)
        assert (distances[:, -1] <= threshold + 1e-4).mean() == pytest.approx(0.99, abs=0.005)


def test_a_large_gallery_is_a_part_of_the_test_pictures(bundles, monkeypatch):
    monkeypatch.setattr(folder_protocol, "GALLERY", 6)
    net = bundles[0].net
    labels = torch.arange(5).repeat_interleave(4)
    images = torch.randint(0, 256, (20, 3, *net.input.size), dtype=torch.uint8)
    rows = torch.nn.functional.normalize(torch.randn(20, 8), dim=1)
    test = EmbeddedSet(LabeledImages(images, labels, tuple("abcde")), rows)
    chosen = folder_protocol.gallery_part(test)
    gallery, names = folder_protocol.gallery_of(chosen, net, np.zeros((len(chosen), 2), np.float32))
    assert len(gallery) == len(gallery.images) == 6
    for row, label in zip(gallery.embeddings, gallery.labels, strict=True):
        index = int((rows @ torch.from_numpy(row)).argmax())
        assert names[label] == "abcde"[int(labels[index])]
    assert set(gallery.labels) == set(range(len(names)))
