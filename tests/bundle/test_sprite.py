"""The gallery's sheet of thumbnails: sizes, colours, and how large its file may be."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from siamese.bundle import sprite
from siamese.config import InputConfig
from tests.helpers import encoded
from tests.picture_folders import photograph


def photo(size=(48, 96), channels=3) -> InputConfig:
    return InputConfig("photo", size, channels, (0.5,) * channels, (0.5,) * channels, None, None, "crop")


PAPER = InputConfig("document", (56, 112), 1, (0.1,), (0.3,), None, (1.5, 1.5), "pad")


@pytest.mark.parametrize(
    ("input", "size"),
    [(photo(), (32, 64)), (photo((300, 100)), (64, 21)), (photo((32, 32)), (64, 64)), (PAPER, (32, 64))],
    ids=lambda value: str(getattr(value, "size", value)),
)
def test_the_longer_side_of_a_thumbnail_has_64_pixels(input, size):
    assert sprite.file_name(input) == "gallery.webp"
    assert sprite.cell_size(input) == size
    colours = (3,) if input.channels == 3 else ()
    assert sprite.thumbnails(np.zeros((2, *input.size, *colours), np.uint8), input).shape == (2, *size, *colours)
    assert sprite.thumbnails(np.zeros((0, *input.size, *colours), np.uint8), input).shape == (0, *size, *colours)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [1, 100, 130])
def test_pictures_come_back_in_their_place(channels, count):
    config = photo((64, 48), channels)
    images = np.stack([np.asarray(photograph(number, 0, (64, 48))) for number in range(count)])
    images = images if channels == 3 else images.mean(axis=3).astype(np.uint8)
    content = sprite.encode(images, config)
    sprite.check(content, count, config)
    found = sprite.unpack(content, count, config)
    assert found.shape == images.shape and found.dtype == np.uint8
    # WebP loses some of the grain, but each is nearest to itself.
    flat, other = found.reshape(count, -1).astype(float), images.reshape(count, -1).astype(float)
    nearest = [int(np.abs(other - row).mean(axis=1).argmin()) for row in flat]
    assert nearest == list(range(count))


def test_a_sheet_that_is_too_large_is_saved_at_a_lower_quality(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (60, 64, 64, 3), np.uint8)
    config = photo((64, 64))
    full = sprite.encode(images, config)
    monkeypatch.setattr(sprite, "LARGEST", len(full) * 2 // 3)
    smaller = sprite.encode(images, config)
    assert len(smaller) <= sprite.LARGEST
    sprite.check(smaller, 60, config)


def test_what_is_no_such_sheet_is_refused():
    config = photo((64, 64))
    content = sprite.encode(np.zeros((3, 64, 64, 3), np.uint8), config)
    png = encoded(Image.new("RGB", (6400, 64)), "PNG")
    for bad, count in ((content, 101), (content[: len(content) // 2], 3), (png, 3), (b"", 3)):
        with pytest.raises(ValueError, match=r"is not a whole WebP picture|not of 101 coloured ones"):
            sprite.check(bad, count, config)
