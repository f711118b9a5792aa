"""Photographs and documents as a network sees them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from siamese.config import InputConfig
from siamese.inputs.errors import BlankImageError
from siamese.inputs.preparing import pixel_shape, prepare, resized, to_batch
from tests.picture_folders import document, photograph


def photo(size=(32, 48), channels=3, fit="crop", mean=0.5) -> InputConfig:
    return InputConfig("photo", size, channels, (mean,) * channels, (0.2,) * channels, None, None, fit)


PAPER = InputConfig("document", (32, 64), 1, (0.1,), (0.3,), None, (1.5, 1.5), "pad")


@pytest.mark.parametrize("config", [photo(), photo(channels=1), photo((64, 16), fit="pad"), PAPER])
def test_every_picture_has_the_shape_of_the_input(config):
    pixels = prepare(document(1, 1) if config.kind == "document" else photograph(1, 1), config)
    assert pixels.dtype == np.uint8 and pixels.shape == pixel_shape(config)
    batch = to_batch([pixels, pixels], config)
    assert tuple(batch.shape) == (2, config.channels, *config.size)
    assert np.array_equal(batch[0].permute(1, 2, 0).numpy().reshape(pixels.shape), pixels)


def test_crop_keeps_the_middle_and_pad_keeps_all():
    wide = np.zeros((40, 120, 3), np.uint8)
    wide[:, 40:80] = (200, 0, 0)
    wide[:, :10] = (0, 0, 250)
    cropped = prepare(wide, photo((40, 40)))
    assert cropped[:, 3:-3, 0].min() > 190 and cropped[..., 2].max() < 60
    padded = prepare(wide, photo((60, 60), fit="pad"))
    assert padded[30, 2, 2] > 200  # the left edge is there
    assert np.all(padded[:15] == 128)  # and above it the mean


def test_what_is_transparent_has_a_ground():
    picture = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    picture.paste((250, 10, 10, 255), (10, 10, 30, 30))
    pixels = prepare(picture, photo((40, 40)))
    assert tuple(pixels[20, 20]) == (250, 10, 10)
    assert pixels[2, 2].min() == pixels[2, 2].max()


@pytest.mark.parametrize("paper", [230, 180, 120])
def test_the_paper_is_gone(paper):
    white, grey = prepare(document(3, 1), PAPER), prepare(document(3, 1, paper), PAPER)
    assert white[0].max() == 0 and white.max() > 150
    assert np.abs(white.astype(int) - grey).mean() < 4


def test_ink_of_any_place_and_size_fills_the_field_alike():
    small = document(4, 1)
    large = Image.new("L", (700, 500), 255)
    large.paste(small.resize((320, 180)), (300, 250))
    first, second = (prepare(picture, PAPER).astype(int) for picture in (small, large))
    assert np.abs(first - second).mean() < 12 < np.abs(first - first[:, ::-1]).mean()


def test_an_empty_document_is_blank():
    with pytest.raises(BlankImageError):
        prepare(Image.new("L", (100, 100), 255), PAPER)


def test_a_thumbnail_takes_the_size_of_the_input():
    assert resized(np.zeros((21, 32, 3), np.uint8), photo()).shape == (32, 48, 3)
    same = np.zeros((32, 48, 3), np.uint8)
    assert resized(same, photo()) is same
