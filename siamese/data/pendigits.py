"""Digits as a pen draws them: UCI pendigits trajectories, rendered as the app's canvas renders strokes.

Alpaydin and Alimoglu (1998) recorded 44 people writing digits on a tablet. The original, unnormalised
recordings are in UNIPEN format: https://archive.ics.uci.edu/dataset/81 (CC BY 4.0), files
`pendigits-orig.tra` (7,494 digits by 30 people, in mixed order) and `pendigits-orig.tes` (by 14 others).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw

from siamese.data.images import LabeledImages, find_data_dir
from siamese.inputs.ink import SIDE, to_ink

CANVAS = 280  # side of the drawing canvas, in pixels
BRUSHES = (8, 14, 20)  # that measurements are reported for
TABLET = 500  # side of the box that people wrote into, in tablet units


@dataclass(frozen=True)
class Recording:
    """One digit: its label, who drew it, and its strokes as (points, 2) arrays of x, y, with y growing downwards."""

    label: int
    writer: int
    strokes: tuple[np.ndarray, ...]


def load_pendigits(data_dir: str | os.PathLike | None = None) -> list[Recording]:
    """The recordings of `data_dir/pendigits/pendigits-orig.tra`, in the file's order.

    Raises:
        ValueError: the file is not there, or is no UNIPEN file.
    """
    path = find_data_dir(data_dir) / "pendigits" / "pendigits-orig.tra"
    if not path.is_file():
        raise ValueError(f"No pen strokes in {str(path)!r}. They are at https://archive.ics.uci.edu/dataset/81.")
    recordings = parse_unipen(path.read_text(encoding="latin-1"))
    if not recordings:
        raise ValueError(f"{str(path)!r} holds no digits in UNIPEN format.")
    return recordings


def parse_unipen(text: str) -> list[Recording]:
    """Read UNIPEN: `.SEGMENT DIGIT ... "label"`, then points between `.PEN_DOWN` and `.PEN_UP`."""
    recordings = []
    for segment in re.split(r"^\.SEGMENT\s+DIGIT", text, flags=re.MULTILINE)[1:]:
        label = re.search(r'"(\d)"', segment)
        comment = re.search(r"^\.COMMENT\s+\d+\s+(\d+)", segment, re.MULTILINE)  # digit, writer, sample
        strokes = []
        for stroke in re.findall(r"^\.PEN_DOWN(.*?)^\.PEN_UP", segment, flags=re.MULTILINE | re.DOTALL):
            points = np.array(stroke.split(), dtype=np.float32).reshape(-1, 2)
            if len(points):
                strokes.append(points * (1, -1) + (0, TABLET))
        if label and strokes:
            recordings.append(Recording(int(label[1]), int(comment[1]) if comment else 0, tuple(strokes)))
    return recordings


def hold_out(recordings: list[Recording]) -> tuple[list[Recording], list[Recording]]:
    """(to fit, to hold out), parted by people: all that every sixth writer drew is held out."""
    held = set(sorted({recording.writer for recording in recordings})[5::6])
    return (
        [recording for recording in recordings if recording.writer not in held],
        [recording for recording in recordings if recording.writer in held],
    )


def halve(recordings: list[Recording]) -> tuple[list[Recording], list[Recording]]:
    """Two halves of the people, the first the smaller where they are odd."""
    writers = sorted({recording.writer for recording in recordings})
    first = set(writers[: len(writers) // 2])
    return (
        [recording for recording in recordings if recording.writer in first],
        [recording for recording in recordings if recording.writer not in first],
    )


def render(recording: Recording, brush: float, height: float = 180.0, canvas: int = CANVAS) -> Image.Image:
    """Draw a recording as the canvas does: a round black brush on white, in the middle.

    Args:
        brush: width of the stroke, in canvas pixels.
        height: length of the digit's longer side, in canvas pixels.
    """
    points = np.concatenate(recording.strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = height / max(float((high - low).max()), 1.0)
    over = 2  # drawn at twice the size and reduced, for the smooth edge that a browser's canvas gives
    image = Image.new("L", (canvas * over, canvas * over), 255)
    draw = ImageDraw.Draw(image)
    radius = brush * over / 2
    for stroke in recording.strokes:
        path = ((stroke - (low + high) / 2) * scale + canvas / 2) * over
        xy = [tuple(point) for point in path]
        draw.line(xy, fill=0, width=round(brush * over), joint="curve")
        for x, y in (xy[0], xy[-1]):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    return image.reduce(over)


def rendered(recordings: list[Recording], brush: float, height: float = 180.0) -> LabeledImages:
    """All recordings with one brush, through `to_ink`: what the network sees of them."""
    images = [to_ink(render(recording, brush, height)) for recording in recordings]
    return _labeled(images, [recording.label for recording in recordings])


def redrawn(recording: Recording, chance: np.random.Generator) -> Recording:
    """The same digit as the same hand might draw it once more.

    Each stroke comes a little elsewhere (3 % of the digit's size), turned (3 degrees), larger or smaller
    (6 %, all standard deviations), and one in five begins later or ends sooner.
    """
    size = max(float(np.ptp(np.concatenate(recording.strokes), axis=0).max()), 1.0)
    strokes = []
    for stroke in recording.strokes:
        if chance.random() < 0.2 and len(stroke) > 8:
            first, last = chance.integers(0, 1 + len(stroke) // 8, 2)
            stroke = stroke[first : len(stroke) - last]
        angle, scale = chance.normal(0, 0.05), np.exp(chance.normal(0, 0.06))
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        centre = stroke.mean(axis=0)
        strokes.append((stroke - centre) @ turn + centre + chance.normal(0, 0.03 * size, 2))
    return Recording(recording.label, recording.writer, tuple(strokes))


def varied(recordings: list[Recording], copies: int, seed: int, redraw: bool = False) -> LabeledImages:
    """`copies` renderings of each recording, with brushes from 3 to 30 and sizes from 60 to 250 pixels.

    Args:
        redraw: draw each copy anew instead of as it was recorded; for training only.
    """
    chance = np.random.default_rng(seed)
    images, labels = [], []
    for recording in recordings:
        for _ in range(copies):
            height = chance.uniform(60, 250)
            brush = min(np.exp(chance.uniform(np.log(3), np.log(30))), 0.28 * height)
            drawn = redrawn(recording, chance) if redraw else recording
            images.append(to_ink(render(drawn, brush, height)))
            labels.append(recording.label)
    return _labeled(images, labels)


def _labeled(images: list[np.ndarray], labels: list[int]) -> LabeledImages:
    return LabeledImages(torch.from_numpy(np.stack(images)).view(-1, 1, SIDE, SIDE), torch.tensor(labels))
