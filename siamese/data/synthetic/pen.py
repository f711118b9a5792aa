"""The pen renderer: trajectories of a pen -> drawings, as the page's canvas shows them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from siamese.data.images import LabeledImages, from_ink
from siamese.data.mnist import NAMES
from siamese.data.pendigits import Recording
from siamese.inputs.ink import to_ink

CANVAS = 280  # side of the drawing canvas, in pixels
BRUSHES = (8, 14, 20)  # that measurements are reported for
BRUSH_RANGE, HEIGHT_RANGE = (3, 30), (60, 250)  # of varied drawings, in canvas pixels


def render_strokes(
    strokes: Sequence[np.ndarray],
    brush: float,
    height: float = 180.0,
    canvas: int = CANVAS,
    oversample: int = 2,
    round_ends: bool = True,
    smallest: float = 1.0,
) -> Image.Image:
    """Draw strokes with a round black brush on white, in the middle of a square canvas.

    Args:
        strokes: (points, 2) arrays of x and y, in any unit, with y growing downwards.
        brush: width of the stroke, in canvas pixels.
        height: length of the drawing's longer side between the outermost points, in canvas pixels. Half a brush is
            added at each end.
        canvas: side of the canvas, in pixels.
        oversample: it is drawn at this multiple of the size and reduced, for the smooth edge that a browser's canvas
            gives. 1 for hard edges.
        round_ends: a disc at both ends of each stroke, as a pen leaves it.
        smallest: least extent, in the strokes' unit, that is taken for the drawing's own. Without it a dot would be
            enlarged to the full height.

    Returns:
        a grey picture (mode "L"), `canvas` pixels on each side.
    """
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = height / max(float((high - low).max()), smallest)
    image = Image.new("L", (canvas * oversample, canvas * oversample), 255)
    draw = ImageDraw.Draw(image)
    radius = brush * oversample / 2
    for stroke in strokes:
        path = ((stroke - (low + high) / 2) * scale + canvas / 2) * oversample
        xy = [tuple(point) for point in path]
        draw.line(xy, fill=0, width=round(brush * oversample), joint="curve")
        for x, y in (xy[0], xy[-1]) if round_ends else ():
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    return image.reduce(oversample)


def rendered(recordings: list[Recording], brush: float, height: float = 180.0) -> LabeledImages:
    """All recordings drawn with one brush, as the network sees them: through `to_ink`.

    Args:
        recordings: to draw.
        brush: width of the stroke, in canvas pixels.
        height: length of each digit's longer side, in canvas pixels.
    """
    images = [to_ink(render_strokes(recording.strokes, brush, height)) for recording in recordings]
    return from_ink(images, [recording.label for recording in recordings], NAMES)


def redrawn(recording: Recording, rng: np.random.Generator) -> Recording:
    """The same digit as the same hand might draw it once more.

    Each stroke is shifted (3 % of the digit's size), rotated (3 degrees) and scaled (6 %, all standard deviations), and
    one in five begins later or ends sooner.

    Args:
        recording: the original.
        rng: that everything is drawn from.
    """
    size = max(float(np.ptp(np.concatenate(recording.strokes), axis=0).max()), 1.0)
    strokes = []
    for stroke in recording.strokes:
        if rng.random() < 0.2 and len(stroke) > 8:
            first, last = rng.integers(0, 1 + len(stroke) // 8, 2)
            stroke = stroke[first : len(stroke) - last]
        angle, scale = rng.normal(0, 0.05), np.exp(rng.normal(0, 0.06))
        rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        centre = stroke.mean(axis=0)
        strokes.append((stroke - centre) @ rotation + centre + rng.normal(0, 0.03 * size, 2))
    return Recording(recording.label, recording.writer, tuple(strokes))


def varied(recordings: list[Recording], copies: int, seed: int, redraw: bool = False) -> LabeledImages:
    """Several renderings of each recording, with brushes from 3 to 30 and heights from 60 to 250 pixels.

    Args:
        recordings: to draw.
        copies: of each.
        seed: decides all brushes, heights and redrawings.
        redraw: vary each copy as a hand would, by `redrawn`; for training only.

    Returns:
        the copies of the first recording, then those of the second, and so on.
    """
    rng = np.random.default_rng(seed)
    images, labels = [], []
    for recording in recordings:
        for _ in range(copies):
            height = rng.uniform(*HEIGHT_RANGE)
            brush = min(np.exp(rng.uniform(*np.log(BRUSH_RANGE))), 0.28 * height)
            drawn = redrawn(recording, rng) if redraw else recording
            images.append(to_ink(render_strokes(drawn.strokes, brush, height)))
            labels.append(recording.label)
    return from_ink(images, labels, NAMES)
