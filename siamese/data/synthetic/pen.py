"""The pen renderer: pen trajectories -> drawings that look like those on the app's drawing canvas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from siamese.data.images import LabeledImages, from_ink
from siamese.data.mnist import NAMES
from siamese.data.pendigits import Recording
from siamese.inputs.ink import SIDE, fit, normalise_stroke, to_ink, to_inks

SHEET = 84  # side of the canvas that a character is drawn on, in pixels
CANVAS = 280  # side of the drawing canvas, in pixels
BRUSHES = (8, 14, 20)  # widths that measurements are reported for, in canvas pixels
BRUSH_RANGE, HEIGHT_RANGE = (3, 30), (60, 250)  # of the drawings that `varied` makes, in canvas pixels


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
        strokes: at least one (points, 2) array of x and y, in any unit. y points downwards.
        brush: width of the stroke, in canvas pixels.
        height: length of the drawing's longer side, measured between the outermost points, in canvas pixels. The
            brush adds half its width at each end.
        canvas: side of the canvas, in pixels.
        oversample: the drawing is made at this multiple of the size, then reduced. This gives the smooth edges of a
            browser's canvas; 1 gives hard edges.
        round_ends: draw a disc at both ends of each stroke, as a pen does.
        smallest: lower bound of the drawing's size for scaling, in the unit of the strokes. It keeps a dot from being
            enlarged to the full height.

    Returns:
        a grey picture (mode "L") of `canvas` x `canvas` pixels.
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


def pen_ink(paths: Sequence[np.ndarray], rng: np.random.Generator, side: int = SIDE) -> np.ndarray:
    """(side, side) uint8 ink of the pen's paths, in MNIST's form, by a brush of random width."""
    brush = round(rng.uniform(4, 9))
    sheet = render_strokes(paths, brush, 0.8 * SHEET, SHEET, oversample=1, round_ends=False, smallest=1e-3)
    return fit(normalise_stroke((255 - np.asarray(sheet)).astype(np.float32) / 255), side)


def rendered(recordings: list[Recording], brush: float, height: float = 180.0) -> LabeledImages:
    """Draw all recordings with one brush, and pass them through `to_ink`.

    Args:
        recordings: the digits to draw.
        brush: width of the stroke, in canvas pixels.
        height: length of each digit's longer side, in canvas pixels.

    Returns:
        one picture for each recording, with classes named "0" to "9".
    """
    images = [to_ink(render_strokes(recording.strokes, brush, height)) for recording in recordings]
    return from_ink(images, [recording.label for recording in recordings], NAMES)


def moved(points: np.ndarray, rng: np.random.Generator, rotation: float, scale: float, shift: float) -> np.ndarray:
    """A stroke rotated, scaled along its own x and y, and shifted, each at random.

    Args:
        points: (N, 2) x and y.
        rng: the source of all random numbers.
        rotation: standard deviation in radians, about the stroke's middle.
        scale: standard deviation of the logarithm.
        shift: standard deviation in the unit of the points, along x and y.
    """
    angle, factors = rng.normal(0, rotation), np.exp(rng.normal(0, scale, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * factors
    centre = points.mean(axis=0)
    return (points - centre) @ turn.T + centre + rng.normal(0, shift, 2)


def redrawn(recording: Recording, rng: np.random.Generator) -> Recording:
    """A variation of a recording, as the same person might draw the digit again.

    Each stroke is shifted (3 % of the digit's size), rotated (3 degrees) and scaled (6 %); the numbers are standard
    deviations. One stroke in five is shortened at its ends.

    Args:
        recording: the original, which is not changed.
        rng: the source of all random numbers.
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


def varied(
    recordings: list[Recording], copies: int, seed: int, redraw: bool = False, side: int = SIDE
) -> LabeledImages:
    """Draw each recording several times, with brushes from 3 to 30 and heights from 60 to 250 canvas pixels.

    Args:
        recordings: the digits to draw.
        copies: number of drawings of each recording.
        seed: determines all brushes, heights and variations.
        redraw: also vary the strokes of each copy by `redrawn`. For training only.
        side: of the ink, in pixels.

    Returns:
        the copies of the first recording, then those of the second, and so on, with classes named "0" to "9".
    """
    rng = np.random.default_rng(seed)
    images, labels = [], []
    for recording in recordings:
        for _ in range(copies):
            height = rng.uniform(*HEIGHT_RANGE)
            brush = min(np.exp(rng.uniform(*np.log(BRUSH_RANGE))), 0.28 * height)
            drawn = redrawn(recording, rng) if redraw else recording
            images += to_inks(render_strokes(drawn.strokes, brush, height), (side,))
            labels.append(recording.label)
    return from_ink(images, labels, NAMES)
