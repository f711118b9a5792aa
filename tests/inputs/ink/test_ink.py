"""Symbols drawn in every way that people draw, made from real digits, are read as the digits they show.

Whether one is read right is the vote of its five nearest pictures in the gallery, itself left out.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from siamese.data.synthetic.corruptions import photograph, scan
from siamese.data.synthetic.pen import render_strokes
from siamese.inputs.ink import BlankImageError, to_ink, to_inks
from siamese.retrieval.search import vote
from tests.helpers import canvas

FLOOR = 0.97  # of a hundred digits


def tinted(ink: np.ndarray, stroke: tuple[int, int, int], ground: tuple[int, int, int]) -> Image.Image:
    return ImageOps.colorize(canvas(ink), stroke, ground)


# --- ways of drawing ------------------------------------------------------------------------------------


def small_and_off_centre(ink: np.ndarray) -> Image.Image:
    paper = Image.new("L", (280, 280), 255)
    paper.paste(canvas(ink, 70, 1.0), (205, 10))
    return paper


def alone(ink: np.ndarray) -> Image.Image:
    return canvas(ink, 280, 0.6)


def with_specks(ink: np.ndarray) -> Image.Image:
    picture = alone(ink)
    draw = ImageDraw.Draw(picture)
    for x, y in np.random.default_rng(int(ink.sum())).integers(5, 275, (12, 2)).tolist():
        draw.ellipse((x, y, x + 2, y + 2), fill=0)
    return picture


def with_frame(ink: np.ndarray) -> Image.Image:
    picture = alone(ink)
    ImageDraw.Draw(picture).rectangle((36, 38, 240, 242), outline=0, width=4)
    return picture


def ruled(ink: np.ndarray) -> Image.Image:
    """Dark lines from rim to rim, above and below the digit and through it."""
    picture = alone(ink)
    for y in range(20, 280, 60):
        ImageDraw.Draw(picture).line((0, y, 280, y), fill=60, width=2)
    return picture


def in_two_strokes(ink: np.ndarray) -> Image.Image:
    """The pen was lifted halfway: a gap of four pixels goes through the digit."""
    picture = canvas(ink, 280)
    ImageDraw.Draw(picture).rectangle((0, 138, 280, 141), fill=255)
    return picture


def tight_scan(ink: np.ndarray) -> np.ndarray:
    """The digit alone at 16 pixels, without a margin."""
    rows, columns = np.flatnonzero((ink > 64).any(axis=1)), np.flatnonzero((ink > 64).any(axis=0))
    cut = Image.fromarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    width, height = (max(4, round(side * 16 / max(cut.size))) for side in cut.size)
    return np.asarray(ImageOps.pad(cut.resize((width, height), Image.Resampling.BICUBIC), (16, 16), color=0))


DRAWINGS = {
    "dark on light": lambda ink: canvas(ink, 280),
    "light on dark": lambda ink: ImageOps.invert(canvas(ink, 280)),
    "pale pencil": lambda ink: canvas(ink).point(lambda value: 170 + value // 4),
    "grey on grey": lambda ink: canvas(ink).point(lambda value: 160 - value // 3),
    "thin brush": lambda ink: canvas(ink, 280).filter(ImageFilter.MaxFilter(7)),
    "thick brush": lambda ink: canvas(ink, 280).filter(ImageFilter.MinFilter(13)),
    "small and off-centre": small_and_off_centre,
    "filling the canvas": lambda ink: canvas(ink, 280, 1.2),
    "wide canvas": lambda ink: ImageOps.pad(canvas(ink), (500, 140), color=255),
    "specks": with_specks,
    "frame": with_frame,
    "ruled": ruled,
    "two strokes": in_two_strokes,
    "yellow on white": lambda ink: tinted(ink, (255, 235, 60), (255, 255, 255)),
    "red on green": lambda ink: tinted(ink, (200, 60, 40), (60, 130, 50)),
    "blue on black": lambda ink: tinted(ink, (60, 80, 255), (0, 0, 0)),
    "scan cut tight": tight_scan,
    "scan cut tight, dark on light": lambda ink: 255 - tight_scan(ink),
}


@pytest.mark.parametrize("way", DRAWINGS)
def test_every_way_of_drawing_is_read(share_read, way):
    assert share_read(DRAWINGS[way]) >= FLOOR


@pytest.mark.parametrize("clutter", [with_specks, with_frame, ruled])
def test_what_stands_beside_the_digit_leaves_no_trace(hundred, clutter):
    differences = [
        np.abs(to_ink(clutter(ink)).astype(float) - to_ink(alone(ink))).mean() for ink in hundred.images[:50, 0].numpy()
    ]
    assert np.median(differences) < 3


def test_photographs_of_paper_are_read(share_read):
    rng = np.random.default_rng(0)
    assert share_read(lambda ink: photograph(ink, rng)) >= 0.93


def test_scans_of_all_sorts_are_read(share_read):
    rng = np.random.default_rng(0)
    assert share_read(lambda ink: scan(ink, rng)) >= 0.95


# --- the form of ink --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", DRAWINGS)
def test_ink_has_the_form_of_mnist(hundred, way):
    for image in hundred.images[:20, 0].numpy():
        ink = to_ink(DRAWINGS[way](image))
        assert (ink.shape, ink.dtype) == ((28, 28), np.uint8)
        assert ink.max() > 200
        assert ink[[0, -1]].mean() < 10  # white on black
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        assert 17 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21


def test_mnist_passes_practically_unchanged(matcher):
    gallery = matcher.gallery
    changed = np.array([i for i, image in enumerate(gallery.images) if not np.array_equal(to_ink(image), image)])
    assert len(changed) <= 150  # of 10,000

    # Of those that change, hardly any is read otherwise: 0.05 points are 5 of the 10,000.
    def right(ink: np.ndarray) -> np.ndarray:
        similarity = torch.from_numpy(matcher.embed(ink) @ gallery.embeddings.T)
        similarity[torch.arange(len(changed)), torch.from_numpy(changed)] = -2  # without itself
        return vote(gallery.labels[similarity.topk(5).indices.numpy()]) == gallery.labels[changed]

    before, after = gallery.images[changed], np.stack([to_ink(image) for image in gallery.images[changed]])
    assert abs(int(right(before).sum()) - int(right(after).sum())) <= 5


@pytest.mark.parametrize("way", ["drawn", "ink already"])
def test_ink_at_twice_the_resolution_is_the_same_symbol(hundred, way):
    for image in hundred.images[:30, 0].numpy():
        picture = canvas(image, 280) if way == "drawn" else image
        small, large = to_inks(picture, (28, 56))
        assert np.array_equal(small, to_ink(picture))
        assert (large.shape, large.dtype) == ((56, 56), np.uint8)
        rows, columns = np.flatnonzero(large.any(axis=1)), np.flatnonzero(large.any(axis=0))
        assert 34 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 46
        halved = large.reshape(28, 2, 28, 2).mean(axis=(1, 3))
        shifts = [np.roll(halved, (down, across), (0, 1)) for down in (-1, 0, 1) for across in (-1, 0, 1)]
        assert max(np.corrcoef(shifted.ravel(), small.ravel())[0, 1] for shifted in shifts) > 0.9


def test_inverted_mnist_is_turned_back(hundred):
    same = [np.array_equal(to_ink(255 - image), to_ink(image)) for image in hundred.images[:, 0].numpy()]
    assert np.mean(same) >= FLOOR


def test_reading_ink_again_changes_nothing(hundred):
    inks = [to_ink(canvas(image)) for image in hundred.images[:, 0].numpy()]
    again = [np.array_equal(to_ink(ink), ink) for ink in inks]
    assert np.mean(again) >= 0.98


def test_thin_and_thick_brushes_come_out_much_alike():
    """What the canvas shows of them differs more than tenfold, what the network sees little more than twofold."""
    down_and_right, downwards = np.array([[200, 100], [150, 250], [300, 250]]), np.array([[260, 150], [260, 400]])
    four = (down_and_right.astype(float), downwards.astype(float))
    pictures = [render_strokes(four, brush) for brush in (3, 8, 14, 20, 30, 36)]
    drawn = [(np.asarray(picture) < 128).sum() for picture in pictures]
    seen = [(to_ink(picture) > 127).sum() for picture in pictures]
    assert max(drawn) > 10 * min(drawn)
    assert max(seen) < 2.5 * min(seen)


# --- nothing to read --------------------------------------------------------------------------------------


def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(180, 3, (200, 200)).clip(0, 255)


BLANKS = {
    "white": Image.new("L", (280, 280), 255),
    "black": Image.new("RGB", (280, 280)),
    "grey": Image.new("L", (28, 28), 90),
    "transparent": Image.new("RGBA", (280, 280), (0, 0, 0, 0)),
    "transparent white": Image.new("RGBA", (280, 280), (255, 255, 255, 0)),
    "opaque white": Image.new("RGBA", (280, 280), (255, 255, 255, 255)),
    "noise": noise(),
    "zeros": np.zeros((28, 28)),
    "white 16 bit": np.full((50, 50), 65535, np.uint16),
}


@pytest.mark.parametrize("kind", BLANKS)
def test_a_blank_picture_is_refused_as_blank(kind):
    with pytest.raises(BlankImageError, match="nothing drawn"):
        to_ink(BLANKS[kind])
