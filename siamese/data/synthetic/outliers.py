"""What is no digit: digits with others drawn small inside them, and doodles.

A network that knows digits alone takes a smiley for a 0, for the ring is there, and what lies inside
says nothing to it. Such pictures, from which it learns that they belong to no class, are outliers to be
exposed to (Hendrycks et al., 2019).
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from siamese.data.images import LabeledImages, join
from siamese.data.pendigits import Recording, render
from siamese.inputs.ink import SIDE, to_ink

STRANGER = -1  # the label of what belongs to no class
ADDED = 0.35  # ink that lies inside, at least, as a share of what lies around it: of digits,
INSIDE = 0.2  # and of marks in a ring


def drawn(pictures: LabeledImages, count: int, seed: int) -> LabeledImages:
    """`count` strangers, half of them `nested` and half `doodles`."""
    return join(nested(pictures, count - count // 2, seed), doodles(count // 2, seed))


def nested(pictures: LabeledImages, count: int, seed: int) -> LabeledImages:
    """`count` pictures in each of which two to four others, at a quarter to two fifths of their size, lie within one."""
    chance = np.random.default_rng(seed)
    ink = pictures.images[:, 0].numpy()
    made: list[np.ndarray] = []
    while len(made) < count:
        chosen = ink[chance.integers(len(ink), size=chance.integers(3, 6))]
        picture = _nest(chosen, chance)
        # Where the strokes cover one another, what comes out is a digit after all.
        if picture.sum(dtype=np.int64) >= (1 + ADDED) * chosen[0].sum(dtype=np.int64):
            made.append(picture)
    images = torch.from_numpy(np.stack(made) if made else ink[:0])
    return LabeledImages(images[:, None], torch.full((count,), STRANGER))


def _nest(ink: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """The first of (N, 28, 28) uint8 pictures with the others small inside it, about its middle."""
    around = ink[0].copy()
    for inner in ink[1:]:
        side = round(SIDE * chance.uniform(0.25, 0.4))
        small = np.asarray(Image.fromarray(inner).resize((side, side), Image.Resampling.BOX))
        # Reduced, a stroke is thinner than a pixel and pale; a pen would draw it as dark as the rest.
        small = np.minimum(small.astype(np.float32) * 255 / max(int(small.max()), 1), 255).astype(np.uint8)
        row, column = np.clip(np.rint(chance.normal((SIDE - side) / 2, 3, 2)), 0, SIDE - side).astype(int)
        window = around[row : row + side, column : column + side]
        np.maximum(window, small, out=window)
    return around


def doodles(count: int, seed: int) -> LabeledImages:
    """`count` drawings of strokes at random: every other one has a ring around them, as a face has.

    There are three strokes in a ring at least, and four without: fewer may make a digit, such as a 0 with
    a bar across it.
    """
    chance = np.random.default_rng(seed)
    made: list[np.ndarray] = []
    while len(made) < count:
        height = chance.uniform(120, 250)
        brush = height * np.exp(chance.uniform(np.log(0.03), np.log(0.09)))
        if len(made) % 2:
            ring = _ring(chance, 1.0)
            picture = _ink([ring, *(_mark(chance, 0.55) for _ in range(chance.integers(3, 6)))], brush, height)
            # Marks so small that they were taken for specks leave a ring, which is a 0.
            if picture.sum(dtype=np.int64) < (1 + INSIDE) * _ink([ring], brush, height).sum(dtype=np.int64):
                continue
        else:
            picture = _ink([_mark(chance, 0.8) for _ in range(chance.integers(4, 8))], brush, height)
        made.append(picture)
    images = torch.from_numpy(np.stack(made) if made else np.zeros((0, SIDE, SIDE), np.uint8))
    return LabeledImages(images[:, None], torch.full((count,), STRANGER))


def _ink(strokes: list[np.ndarray], brush: float, height: float) -> np.ndarray:
    return to_ink(render(Recording(STRANGER, 0, tuple(strokes)), brush, height))


def _mark(chance: np.random.Generator, reach: float) -> np.ndarray:
    """A dash, an arc, a small ring or a zigzag, (N, 2), within `reach` of the middle or a little farther."""
    place = chance.uniform(-reach, reach, 2)
    size = reach * chance.uniform(0.25, 0.9)
    kind = chance.integers(5)
    if kind < 2:
        angle = chance.uniform(0, np.pi)
        end = size * np.array([np.cos(angle), np.sin(angle)]) / 2
        return np.stack([place - end, place + end])
    if kind == 2:
        return place + _ring(chance, size / 2)
    if kind == 3:
        start, length = chance.uniform(0, 2 * np.pi), chance.uniform(1.5, 4)
        angles = np.linspace(start, start + length, 20)
        return place + size * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return place + size * chance.uniform(-1, 1, (chance.integers(3, 6), 2))


def _ring(chance: np.random.Generator, radius: float) -> np.ndarray:
    """A closed curve by an unsteady hand, (N, 2)."""
    angles = chance.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi * chance.uniform(0.97, 1.05), 40)
    wobble = 1 + 0.06 * chance.uniform(0, 1) * np.sin(2 * angles + chance.uniform(0, 6))
    across, down = radius * chance.uniform(0.75, 1.1, 2)
    return np.stack([across * wobble * np.cos(angles), down * wobble * np.sin(angles)], axis=1)
