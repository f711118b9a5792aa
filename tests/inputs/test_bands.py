"""Large pictures are brought to plain pixels in bands of rows: the same pixels, in little memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

from siamese.inputs import bands, decode
from siamese.inputs.bands import to_plain
from tests.helpers import ROOT, canvas, encoded

MODES = ("1", "L", "P", "LA", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB", "I", "I;16", "F")


def picture(mode: str, ink: np.ndarray) -> Image.Image:
    """A digit in colours, with transparent parts where the mode has them."""
    grey = canvas(ink, 60)
    if mode in ("I;16", "I"):
        deep = np.asarray(grey).astype(np.uint16 if mode == "I;16" else np.int32) * 200
        return Image.fromarray(deep)
    if mode == "F":
        return Image.fromarray(np.asarray(grey).astype(np.float32) / 255)
    colours = Image.merge("RGBA", (grey, grey.transpose(Image.Transpose.ROTATE_90), grey, grey))
    if mode in ("P", "PA"):
        return colours.convert("RGB").convert("P").convert(mode)
    if mode == "LAB":
        return Image.merge("LAB", colours.split()[:3])
    return colours.convert("RGB").convert(mode) if mode not in ("LA", "RGBA") else colours.convert(mode)


@pytest.mark.parametrize("mode", MODES)
def test_bands_make_the_same_pixels_as_the_whole_picture(mode, matcher, monkeypatch):
    image = picture(mode, matcher.gallery.images[0])
    assert image.mode == mode
    whole = to_plain(image)
    assert whole.mode in ("L", "RGB", "RGBA") and whole.size == image.size
    monkeypatch.setattr(bands, "BAND", 7 * 60)
    assert np.array_equal(np.asarray(to_plain(image)), np.asarray(whole))


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_of_too_many_pixels_is_averaged_by_a_whole_factor(mode, matcher, monkeypatch):
    image = picture(mode, matcher.gallery.images[0])
    expected = to_plain(image).reduce(3)
    monkeypatch.setattr(bands, "MOST_PIXELS", 60 * 60 // 9)
    for rows in (1, 7, 60):
        monkeypatch.setattr(bands, "BAND", rows * 60)
        assert np.array_equal(np.asarray(to_plain(image)), np.asarray(expected))


def test_a_plain_picture_stays_the_same_object():
    image = Image.new("RGB", (50, 50))
    assert to_plain(image) is image


def test_values_that_are_no_numbers_are_refused_in_whichever_band(monkeypatch):
    values = np.zeros((60, 60), np.float32)
    values[50, 3] = np.nan
    monkeypatch.setattr(bands, "BAND", 7 * 60)
    with pytest.raises(ValueError, match="not numbers"):
        to_plain(Image.fromarray(values))


def test_a_webp_has_fewer_pixels_than_other_files(monkeypatch):
    monkeypatch.setattr(decode, "MAX_WEBP_PIXELS", 1000)
    image = Image.new("L", (40, 40), 255)
    assert decode.open_picture(encoded(image, "PNG")).size == (40, 40)
    with pytest.raises(ValueError, match="40 x 40 pixels; at most"):
        decode.open_picture(encoded(image, "WEBP"))


PEAK = """
import re, sys
from pathlib import Path
import numpy as np
from PIL import Image, ImageDraw
from siamese import to_ink
small = Image.new("L", (300, 300), 255); ImageDraw.Draw(small).line([(90, 60), (200, 150), (90, 240)], 0, 20); to_ink(small)
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1000
before = peak()
to_ink(sys.argv[1])
print(peak() - before)
"""


@pytest.mark.parametrize("mode", ["I;16", "RGB", "LA", "F"])
def test_a_picture_of_49_million_pixels_takes_a_few_hundred_megabytes(mode, tmp_path):
    white = {"I;16": 65535, "RGB": (255,) * 3, "LA": (255, 255), "F": 1.0}[mode]
    black = {"I;16": 0, "RGB": (0,) * 3, "LA": (0, 255), "F": 0.0}[mode]
    image = Image.new(mode, (7000, 7000), white)
    ImageDraw.Draw(image).line([(2000, 1500), (4500, 3500), (2000, 5500)], black, 500)
    path = tmp_path / ("large.tif" if mode == "F" else "large.png")
    image.save(path, **({"compression": "tiff_deflate"} if mode == "F" else {"compress_level": 1}))
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 50 < float(done.stdout) < 450  # 98 to 196 of them are the decoded picture itself
