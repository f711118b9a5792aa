"""Augmentation varies ink and leaves it ink; its faster parts do what torch's own do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from siamese.config import AugmentationConfig
from siamese.data import augmentation
from siamese.data.augmentation import augment
from tests.helpers import PLAIN


def test_augmentation_varies_each_picture_and_keeps_it_ink(digits):
    varied = augment(digits.images, AugmentationConfig(), torch.Generator().manual_seed(0))
    assert varied.shape == digits.images.shape
    assert varied.dtype == torch.float32
    assert 0 <= varied.min() < varied.max() <= 1
    ink = digits.images.float() / 255
    changed = (varied - ink).abs().amax(dim=(1, 2, 3)) > 0.05
    assert 0.9 < float(changed.float().mean()) <= 1
    assert float(varied.mean() / ink.mean()) == pytest.approx(1, abs=0.25)


def test_augmentation_comes_again_for_the_same_seed(digits):
    once, again, other = (
        augment(digits.images, AugmentationConfig(), torch.Generator().manual_seed(s)) for s in (1, 1, 2)
    )
    assert torch.equal(once, again)
    assert not torch.equal(once, other)


def test_no_augmentation_changes_nothing(digits):
    plain = augment(digits.images, PLAIN, torch.Generator().manual_seed(0))
    assert torch.allclose(plain, digits.images.float() / 255, atol=1e-6)


def test_the_field_of_displacements_is_that_of_torch():
    """An affine grid, and the knots' displacements interpolated between them."""
    config, amounts = AugmentationConfig(), []
    generator = torch.Generator().manual_seed(0)

    def uniform(size: int = 1) -> torch.Tensor:
        amounts.append(torch.rand(3, size, generator=generator) * 2 - 1)
        return amounts[-1]

    grid = augmentation.sampling_grid(uniform, torch.zeros(3, 1, 28, 28), config)
    rotation, shear, size, aspect, shift, knots = amounts
    for i in range(3):
        angle = np.deg2rad(config.rotation * float(rotation[i]))
        scale = np.array([1 + config.aspect, 1 / (1 + config.aspect)]) ** float(aspect[i]) * (
            1 + config.scale
        ) ** float(size[i])
        rotated = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        sheared = rotated @ np.array([[1, config.shear * float(shear[i])], [0, 1]])
        moved = shift[i].numpy() * config.shift / 14
        matrix = np.concatenate([scale[:, None] * sheared, moved[:, None]], axis=1)
        expected = functional.affine_grid(torch.tensor(matrix[None]).float(), [1, 1, 28, 28], align_corners=False)
        field = knots[i].view(1, 2, 4, 4) * config.elastic / 14
        field = functional.interpolate(field, size=(28, 28), mode="bicubic", align_corners=False)
        assert torch.allclose(grid[i], (expected + field.permute(0, 2, 3, 1))[0], atol=1e-5)


def test_the_3x3_about_a_pixel_are_those_of_torch(digits):
    ink = digits.images.float() / 255
    largest, smallest, total = (
        augmentation._of_3x3(ink, combine) for combine in (torch.maximum, torch.minimum, torch.add)
    )
    assert torch.equal(largest, functional.max_pool2d(ink, 3, 1, 1))
    assert torch.equal(smallest, -functional.max_pool2d(-functional.pad(ink, (1, 1, 1, 1)), 3, 1))
    assert torch.allclose(total / 9, functional.avg_pool2d(ink, 3, 1, 1), atol=1e-6)
