"""Photographs are varied one by one, and as much as asked for."""

from __future__ import annotations

from dataclasses import replace

import torch

from siamese.config import PhotoAugmentationConfig
from siamese.data.photo_augmentation import augment_photo

NONE = PhotoAugmentationConfig(
    scale=1, aspect=0, rotation=0, brightness=0, contrast=0, saturation=0, white_balance=0, blur=0
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int = 6, channels: int = 3) -> torch.Tensor:
    return torch.randint(0, 256, (count, channels, 24, 32), generator=generator(9)).to(torch.uint8)


def test_the_same_generator_gives_the_same_and_another_does_not():
    config, images = PhotoAugmentationConfig(), pictures()
    first = augment_photo(images, config, generator())
    assert torch.equal(first, augment_photo(images, config, generator()))
    assert not torch.equal(first, augment_photo(images, config, generator(1)))
    assert first.shape == images.shape and first.dtype == torch.float32
    assert 0 <= float(first.min()) and float(first.max()) <= 1


def test_without_amounts_only_the_place_changes_by_a_little(monkeypatch):
    monkeypatch.setattr("siamese.data.photo_augmentation.LEAST_SHIFT", 0.0)
    images = pictures()
    assert torch.allclose(augment_photo(images, NONE, generator()), images.float() / 255, atol=1e-5)


def test_each_picture_is_varied_on_its_own():
    images = pictures(1).repeat(8, 1, 1, 1)
    varied = augment_photo(images, PhotoAugmentationConfig(), generator())
    assert len({picture.numpy().tobytes() for picture in varied}) == 8


def test_mirrored_only_where_asked(monkeypatch):
    monkeypatch.setattr("siamese.data.photo_augmentation.LEAST_SHIFT", 0.0)
    images = pictures(20)
    plain, flipped = images.float() / 255, images.flip(3).float() / 255
    varied = augment_photo(images, replace(NONE, mirror=True), generator())
    kinds = [
        "plain" if torch.allclose(a, b, atol=1e-5) else "mirrored" if torch.allclose(a, c, atol=1e-5) else "other"
        for a, b, c in zip(varied, plain, flipped, strict=True)
    ]
    assert set(kinds) == {"plain", "mirrored"}


def test_grey_stays_grey_and_colours_change():
    grey = pictures(4, 1)
    assert augment_photo(grey, PhotoAugmentationConfig(), generator()).shape == grey.shape
    same = grey.expand(-1, 3, -1, -1)
    varied = augment_photo(same, replace(PhotoAugmentationConfig(), white_balance=0), generator())
    assert torch.allclose(varied[:, 0], varied[:, 2], atol=1e-5)
