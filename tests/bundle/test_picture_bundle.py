"""Bundles of photographs and documents: saved, loaded, and refused where a piece is missing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import siamese
from siamese.bundle.format import load, save
from siamese.config import Views
from tests.helpers import identical
from tests.picture_bundle import save_picture_bundle


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    return save_picture_bundle(tmp_path_factory.mktemp("bundles") / "things", 3, 5)


def test_what_is_saved_is_loaded(whole, tmp_path):
    first = load(whole)
    save(first, tmp_path / "again")
    second = load(tmp_path / "again")
    assert first.config == second.config and first.measurements == second.measurements
    assert identical(first.net.state_dict(), second.net.state_dict())
    assert np.array_equal(first.gallery.labels, second.gallery.labels)
    # They are stored as float16, and brought to length 1 again.
    assert np.abs(first.gallery.embeddings - second.gallery.embeddings).max() < 1e-3
    pictures = [np.asarray(image) for image in first.gallery.images]
    assert np.array_equal(siamese.load(whole).embed(pictures), siamese.load(tmp_path / "again").embed(pictures))


def test_photographs_have_no_strokes_to_match(whole, tmp_path):
    before = load(whole)
    for name, asked in (
        ("few_shot_distortion", {"few_shot_distortion": 0.6}),
        ("views.deskew", {"views": Views(deskew=0.5)}),
        ("few_shot_views.deskew", {"few_shot_views": Views(deskew=0.5)}),
    ):
        with pytest.raises(ValueError, match=f"inference.{name} is for ink, not for photo"):
            save(replace(before, inference=replace(before.inference, **asked)), tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


@pytest.mark.parametrize(
    "name", ["config.json", "model.safetensors", "gallery.webp", "gallery.safetensors", "metrics.json"]
)
def test_a_missing_piece_is_named(whole, tmp_path, name):
    folder = shutil.copytree(whole, tmp_path / "part")
    (folder / name).unlink()
    with pytest.raises(ValueError, match=name):
        load(folder)
    (folder / "gallery.png").touch()  # which is of ink
    with pytest.raises(ValueError, match=name):
        load(folder)


def test_a_sheet_that_is_damaged_within_is_named(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "damaged")
    sheet = bytearray((folder / "gallery.webp").read_bytes())
    middle = len(sheet) // 2
    sheet[middle : middle + 20] = bytes(20)
    (folder / "gallery.webp").write_bytes(sheet)
    with pytest.raises(ValueError, match=r"gallery\.webp"):
        _ = load(folder).gallery.images
