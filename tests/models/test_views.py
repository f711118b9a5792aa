"""Views: rotation, and the slant that is taken from ink."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from siamese.models.views import slant, view


def stroke(lean: float, side: int = 28) -> torch.Tensor:
    """(1, 1, side, side) an upright stroke, sheared to the right by so many pixels for each further down."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    middle = (side - 1) / 2
    distance = (columns - middle - lean * (rows - middle)).abs()
    ink = (2 - distance).clamp(0, 1) * ((rows - middle).abs() < side / 3)
    return ink[None, None].float()


def test_rotation_is_as_pillow_rotates(digits):
    for degrees in (0.0, 15.0, -40.0):
        (after,) = view(digits.images[:1].float(), degrees)
        picture = Image.fromarray(digits.images[0, 0].numpy())
        expected = torch.from_numpy(np.array(picture.rotate(-degrees, Image.Resampling.BILINEAR), np.float32))
        assert (after[0] - expected).abs().max() < 2


@pytest.mark.parametrize("side", [28, 56])
@pytest.mark.parametrize("lean", [-0.6, -0.2, 0.0, 0.3])
def test_the_slant_is_the_shear_of_the_ink(lean, side):
    tangent, middle = slant(stroke(lean, side))
    assert tangent.item() == pytest.approx(lean, abs=0.02)
    assert middle.item() == pytest.approx(0, abs=0.02)


def test_deskewing_takes_a_share_of_the_slant(digits):
    pictures = digits.images[:50].float() / 255
    before, _ = slant(pictures)
    assert before.abs().max() > 0.3
    assert slant(view(pictures, 0.0, 1.0))[0].abs().max() < 0.02
    assert (slant(view(pictures, 0.0, 0.5))[0] - before / 2).abs().max() < 0.02


def test_an_upright_picture_is_the_same_and_the_middle_row_stays_where_it_is(digits):
    upright = stroke(0.0)
    assert torch.allclose(view(upright, 0.0, 1.0), upright, atol=1e-3)
    high = torch.roll(stroke(-0.5), -4, dims=2)
    after = view(high, 0.0, 1.0)
    columns = torch.arange(28.0)

    def column(picture):
        return (picture.sum(dim=(0, 1, 2)) * columns).sum() / picture.sum()

    assert column(after).item() == pytest.approx(column(high).item(), abs=0.1)


def test_what_lies_rather_than_leans_is_not_torn_apart():
    flat = stroke(0.0).transpose(2, 3).contiguous()
    tilted = view(flat, 5.0)
    assert slant(tilted)[0].abs() <= 1
    assert slant(flat)[0].abs() < 0.01
    assert torch.isfinite(view(tilted, 0.0, 1.0)).all()


def test_a_picture_without_ink_stays_empty():
    empty = torch.zeros(2, 1, 28, 28)
    assert torch.equal(slant(empty)[0], torch.zeros(2))
    assert torch.equal(view(empty, 8.0, 0.5), empty)
