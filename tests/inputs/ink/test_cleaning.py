"""What was drawn by the same pen as the symbol is of the symbol: dots, free strokes, strokes from rim to rim."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageDraw, ImageOps
from scipy import ndimage

from siamese.data.synthetic.pen import render_strokes
from siamese.inputs.ink import to_ink, to_inks
from tests.helpers import canvas

DOT = (0.5, 0.0), (0.501, 0.0)
CHARACTERS = {  # strokes as points (x, y), y downwards, and how many parts they make
    "i": ([DOT, ((0.5, 0.35), (0.5, 1.0))], 2),
    "j": ([DOT, ((0.5, 0.35), (0.5, 0.95), (0.4, 1.0), (0.25, 0.9))], 2),
    "diaeresis": (
        [((0.2, 0.0), (0.201, 0.0)), ((0.8, 0.0), (0.801, 0.0)), ((0, 0.4), (0.1, 1), (0.9, 1), (1, 0.4))],
        3,
    ),
    "full stop": ([((0.3, 0.0), (0.2, 0.6), (0.5, 0.9)), ((0.9, 0.9), (0.901, 0.9))], 2),
    "two bars": ([((0.15, 0.0), (0.9, 0.05)), ((0.0, 0.6), (1.0, 0.65))], 2),
    "three bars": ([((0.1, 0.0), (0.9, 0.0)), ((0.2, 0.45), (0.8, 0.5)), ((0.0, 0.95), (1.0, 0.9))], 3),
    "a bar above": ([((0.0, 0.0), (1.0, 0.02)), ((0.7, 0.3), (0.3, 0.3), (0.3, 0.6), (0.7, 0.7), (0.4, 1.0))], 2),
    "a bar beside": ([((0.0, 0.0), (0.02, 1.0)), ((0.35, 0.35), (0.6, 0.6))], 2),
    "a bar through": ([((0.0, 0.5), (1.0, 0.52)), ((0.3, 0.0), (0.3, 1.0)), ((0.7, 0.0), (0.72, 1.0))], 1),
    "a foot": ([((0.0, 0.8), (1.0, 0.82)), ((0.5, 0.0), (0.48, 0.8))], 1),
}


def parts(ink: np.ndarray) -> int:
    return ndimage.label(ink > 100, np.ones((3, 3)))[1]


@pytest.mark.parametrize("name", CHARACTERS)
@pytest.mark.parametrize(("brush", "height", "side"), [(8, 180, 280), (14, 180, 280), (20, 200, 280), (4, 70, 105)])
@pytest.mark.parametrize("inverted", [False, True])
def test_every_stroke_of_a_clean_drawing_is_kept(name, brush, height, side, inverted):
    strokes, count = CHARACTERS[name]
    picture = render_strokes([np.array(stroke) for stroke in strokes], brush, height, side)
    (ink,) = to_inks(picture.point(lambda value: 255 - value) if inverted else picture, (56,))
    assert parts(ink) == count


@pytest.mark.parametrize("name", ["a bar above", "two bars", "a bar through", "a foot"])
def test_a_stroke_across_the_whole_canvas_is_kept(name):
    """A drawing that fills its canvas looks as it does on a larger sheet."""
    drawing = render_strokes([np.array(stroke) for stroke in CHARACTERS[name][0]], 14, 264)
    filling, apart = (
        parts_and_extent(to_ink(picture)) for picture in (drawing, ImageOps.expand(drawing, 140, fill=255))
    )
    assert filling == pytest.approx(apart, rel=0.25)


def parts_and_extent(ink: np.ndarray) -> tuple[int, int, int, int]:
    return parts(ink), np.count_nonzero(ink > 127), np.count_nonzero(ink.any(0)), np.count_nonzero(ink.any(1))


@pytest.mark.parametrize("width", [2, 4, 6])
def test_a_line_that_is_thinner_than_the_pen_is_not_of_the_symbol(hundred, width):
    for ink in hundred.images[:30, 0].numpy():
        alone = canvas(ink, 280, 0.6)
        lined = alone.copy()
        ImageDraw.Draw(lined).line((30, 20, 30, 260), fill=0, width=width)
        assert np.abs(to_ink(alone).astype(float) - to_ink(lined)).mean() < 15  # 20 and more where the line is kept


@pytest.mark.parametrize("brush", [3, 4, 6])
def test_beside_a_thin_pen_a_straight_line_is_a_border(brush):
    """Their widths, reduced, say nothing any more."""
    four = [np.array([(0.2, 0.0), (0.0, 0.6), (1.0, 0.6)]), np.array([(0.7, 0.2), (0.7, 1.0)])]
    alone = render_strokes(four, brush, 200, 400)
    lined = alone.copy()
    ImageDraw.Draw(lined).line((20, 10, 20, 390), fill=60, width=3)
    assert np.abs(to_ink(alone).astype(float) - to_ink(lined)).mean() < 6
