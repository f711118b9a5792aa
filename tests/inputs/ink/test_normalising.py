"""The last step to MNIST's form."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from siamese.config import InputConfig
from siamese.inputs.ink import BOX, SIDE, STROKE_WIDTHS, BlankImageError, crop_to_ink, is_ink, normalising


def test_is_ink_knows_ink_from_other_small_pictures(hundred):
    image = hundred.images[0, 0].numpy()
    assert is_ink(image)
    assert not is_ink(255 - image)
    assert not is_ink(np.roll(image, 4, axis=1))
    assert not is_ink(np.zeros((28, 28), np.uint8))
    assert not is_ink(image // 4)
    small = np.zeros((28, 28), np.uint8)
    small[9:19, 9:19] = np.asarray(Image.fromarray(image).resize((10, 10)))
    assert not is_ink(small)


def test_distances_are_scipys(hundred):
    for ink in hundred.images[:10, 0].numpy():
        for mask in (ink > 100, ink <= 100, np.ones((5, 3), bool), np.pad(np.ones((1, 1), bool), 2)):
            assert np.array_equal(normalising._distances(mask), ndimage.distance_transform_edt(mask))


def test_the_form_is_the_configurations():
    assert (SIDE, SIDE) == InputConfig().size
    assert (BOX, STROKE_WIDTHS) == (InputConfig().box, InputConfig().stroke_widths)


def test_a_crop_has_the_ink_and_a_margin_where_there_is_room():
    picture = np.arange(48).reshape(6, 8)
    mask = np.zeros((6, 8), bool)
    mask[0, 3] = mask[2, 5] = True
    assert np.array_equal(crop_to_ink(picture, mask, margin=0), picture[0:3, 3:6])
    assert np.array_equal(crop_to_ink(picture, mask), picture[0:4, 2:7])
    assert np.array_equal(crop_to_ink(picture, mask, margin=9), picture)
    with pytest.raises(BlankImageError):
        crop_to_ink(picture, np.zeros((6, 8), bool))
