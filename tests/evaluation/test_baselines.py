"""Baselines are measured once: looked up by what was measured on which pictures."""

from __future__ import annotations

import dataclasses

import pytest
import torch

import siamese
from siamese.bundle.metrics import find, metric
from siamese.data.images import LabeledImages
from siamese.evaluation import baselines, metrics
from siamese.evaluation.baselines import measured_once, shipped
from siamese.evaluation.embedded import raw_pixels

FIGURES = (metric("5-nn accuracy", 0.5), metric("roc auc", 0.75))


@pytest.fixture
def pictures(monkeypatch, tmp_path) -> LabeledImages:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    images = torch.arange(4 * 28 * 28).reshape(4, 1, 28, 28).to(torch.uint8)
    return LabeledImages(images, torch.tensor([0, 0, 1, 1]), ("a", "b"))


def fails():
    raise AssertionError("it is known")


def test_what_was_measured_is_looked_up(pictures):
    assert measured_once((pictures,), "raw pixels", lambda: FIGURES) == FIGURES
    assert measured_once((pictures,), "raw pixels", fails) == FIGURES


@pytest.mark.parametrize("change", ["picture", "label", "what"])
def test_nothing_else_is_taken_for_it(pictures, change):
    measured_once((pictures,), "raw pixels", lambda: FIGURES)
    other, what = pictures, "raw pixels"
    if change == "picture":
        other = dataclasses.replace(pictures, images=pictures.images ^ 1)
    elif change == "label":
        other = dataclasses.replace(pictures, labels=pictures.labels.flip(0))
    else:
        what = "untrained network"
    assert measured_once((other,), what, lambda: FIGURES[:1]) == FIGURES[:1]


def test_a_damaged_file_is_measured_anew(pictures):
    measured_once((pictures,), "raw pixels", lambda: FIGURES)
    (file,) = baselines.folder().iterdir()
    file.write_text(file.read_text()[:-5])
    assert measured_once((pictures,), "raw pixels", lambda: FIGURES[:1]) == FIGURES[:1]
    assert measured_once((pictures,), "raw pixels", fails) == FIGURES[:1]


def test_a_home_that_cannot_be_written_does_not_end_the_run(pictures, monkeypatch, tmp_path, capsys):
    (tmp_path / "siamese").write_text("a file where the folder would be")
    assert measured_once((pictures,), "raw pixels", lambda: FIGURES) == FIGURES
    assert "cannot be kept" in capsys.readouterr().out


def test_what_ships_was_measured_on_mnist():
    """The shipped gallery are MNIST's test pictures: their own figures come out as they are written down."""
    gallery = siamese.load().gallery
    some = LabeledImages(
        torch.from_numpy(gallery.images)[:, None], torch.from_numpy(gallery.labels), tuple("0123456789")
    )
    rate, _ = metrics.equal_error_rate(raw_pixels(some).pairs)
    rates = [found.value for figures in shipped().values() if (found := find(figures, "equal error rate"))]
    assert len(rates) >= 2 and any(abs(rate - known) < 1e-6 for known in rates)
