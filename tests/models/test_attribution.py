"""What a distance comes from, where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from siamese.models.attribution import distance_attribution


def left_and_right(pictures: Tensor) -> Tensor:
    """(2, 1, 28, 28) -> (2, 2): how much ink there is in the left and in the right half."""
    return torch.stack([pictures[..., :14].sum((1, 2, 3)), pictures[..., 14:].sum((1, 2, 3))], dim=1)


@pytest.fixture
def pixels() -> np.ndarray:
    """Both pictures have the same on the left; the first has a square on the right besides."""
    pictures = np.zeros((2, 28, 28), np.uint8)
    pictures[:, 4:9, 3:8] = 255
    pictures[0, 10:15, 20:25] = 255
    return pictures


def test_the_ink_that_only_one_picture_has_is_bright(pixels):
    first, second = distance_attribution(left_and_right, pixels)
    assert (first.shape, first.dtype) == ((28, 28), np.uint8)
    assert first.max() == 255
    assert (first[11:14, 21:24] == 255).all()
    assert first[:, :14].max() <= 1
    assert second.max() <= 1


def test_the_two_change_places_with_the_pictures(pixels):
    one, other = distance_attribution(left_and_right, pixels), distance_attribution(left_and_right, pixels[::-1].copy())
    assert np.abs(one[0].astype(int) - other[1]).max() <= 1


def test_without_ink_nothing_is_bright():
    assert not distance_attribution(left_and_right, np.zeros((2, 28, 28), np.uint8)).any()
