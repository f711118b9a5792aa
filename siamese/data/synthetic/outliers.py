"""Outliers: pictures that belong to no class, namely digits with smaller digits inside them, and doodles.

A network that is trained on digits alone takes a smiley for a 0: it recognises the ring and ignores what is inside.
Outlier exposure (Hendrycks, Mazeika and Dietterich, 2019) prevents this.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from siamese.data.images import LabeledImages, from_ink, join
from siamese.data.synthetic.pen import render_strokes
from siamese.inputs.ink import SIDE, to_ink

NAMES = ("outlier",)
ADDED = 0.35  # least ink that nested digits add, as a share of the outer digit's
INSIDE = 0.2  # least ink that a doodle's marks add, as a share of the ring's


def make_outliers(pictures: LabeledImages, count: int, seed: int) -> LabeledImages:
    """Make outliers: `nested` digits and `doodles`, half of each.

    Args:
        pictures: the digits to nest, at least one.
        count: number of outliers. If it is odd, there is one more of the nested ones.
        seed: determines all outliers.

    Returns:
        a single class, named "outlier"; first the nested digits, then the doodles.
    """
    return join(nested(pictures, count - count // 2, seed), doodles(count // 2, seed))


def nested(pictures: LabeledImages, count: int, seed: int) -> LabeledImages:
    """Make pictures of a digit with two to four other digits inside it, at 25 % to 40 % of their size.

    Args:
        pictures: the digits, at least one.
        count: number of pictures to make.
        seed: determines all pictures.

    Returns:
        a single class, named "outlier".
    """
    rng = np.random.default_rng(seed)
    ink = pictures.images[:, 0].numpy()
    made: list[np.ndarray] = []
    while len(made) < count:
        chosen = ink[rng.integers(len(ink), size=rng.integers(3, 6))]
        picture = _nest(chosen, rng)
        # If the small digits coincide with the strokes of the large one, the result is still a digit.
        if picture.sum(dtype=np.int64) >= (1 + ADDED) * chosen[0].sum(dtype=np.int64):
            made.append(picture)
    return _labeled(made)


def _nest(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The first of (N, 28, 28) uint8 pictures, with the others reduced and placed near its middle."""
    around = ink[0].copy()
    for inner in ink[1:]:
        side = round(SIDE * rng.uniform(0.25, 0.4))
        small = np.asarray(Image.fromarray(inner).resize((side, side), Image.Resampling.BOX))
        # Reduced strokes are thinner than a pixel, and thus pale. A pen would draw them as dark as the others.
        small = np.minimum(small.astype(np.float32) * 255 / max(int(small.max()), 1), 255).astype(np.uint8)
        row, column = np.clip(np.rint(rng.normal((SIDE - side) / 2, 3, 2)), 0, SIDE - side).astype(int)
        window = around[row : row + side, column : column + side]
        np.maximum(window, small, out=window)
    return around


def doodles(count: int, seed: int) -> LabeledImages:
    """Make drawings of random strokes, every other one with a ring around them, like a face.

    There are at least three strokes inside a ring, and at least four without one. Fewer might look like a digit, such
    as a 0 with a bar across it.

    Args:
        count: number of drawings.
        seed: determines all drawings.

    Returns:
        a single class, named "outlier".
    """
    rng = np.random.default_rng(seed)
    made: list[np.ndarray] = []
    while len(made) < count:
        height = rng.uniform(120, 250)
        brush = height * np.exp(rng.uniform(np.log(0.03), np.log(0.09)))
        if len(made) % 2:
            ring = _ring(rng, 1.0)
            picture = _ink([ring, *(_mark(rng, 0.55) for _ in range(rng.integers(3, 6)))], brush, height)
            # `to_ink` may have removed small marks as specks. The ring alone would be a 0.
            if picture.sum(dtype=np.int64) < (1 + INSIDE) * _ink([ring], brush, height).sum(dtype=np.int64):
                continue
        else:
            picture = _ink([_mark(rng, 0.8) for _ in range(rng.integers(4, 8))], brush, height)
        made.append(picture)
    return _labeled(made)


def _ink(strokes: list[np.ndarray], brush: float, height: float) -> np.ndarray:
    return to_ink(render_strokes(strokes, brush, height))


def _labeled(made: list[np.ndarray]) -> LabeledImages:
    return from_ink(made, [0] * len(made), NAMES)


def _mark(rng: np.random.Generator, reach: float) -> np.ndarray:
    """(N, 2) points of a dash, an arc, a small ring or a zigzag, placed up to `reach` from the middle in x and y."""
    place = rng.uniform(-reach, reach, 2)
    size = reach * rng.uniform(0.25, 0.9)
    kind = rng.integers(5)
    if kind < 2:
        angle = rng.uniform(0, np.pi)
        end = size * np.array([np.cos(angle), np.sin(angle)]) / 2
        return np.stack([place - end, place + end])
    if kind == 2:
        return place + _ring(rng, size / 2)
    if kind == 3:
        start, length = rng.uniform(0, 2 * np.pi), rng.uniform(1.5, 4)
        angles = np.linspace(start, start + length, 20)
        return place + size * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return place + size * rng.uniform(-1, 1, (rng.integers(3, 6), 2))


def _ring(rng: np.random.Generator, radius: float) -> np.ndarray:
    """(40, 2) points of an imperfect ring around the origin, which may not quite close."""
    angles = rng.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi * rng.uniform(0.97, 1.05), 40)
    wobble = 1 + 0.06 * rng.uniform(0, 1) * np.sin(2 * angles + rng.uniform(0, 6))
    across, down = radius * rng.uniform(0.75, 1.1, 2)
    return np.stack([across * wobble * np.cos(angles), down * wobble * np.sin(angles)], axis=1)
