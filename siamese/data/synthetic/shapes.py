"""Shapes of digits that MNIST hardly has, drawn by the pen renderer: people in Europe and Turkey write so.

A 1 with a flag as long as its stem, an open 4 in one go, a 7 crossed by a bar or a loop, a 9 with a hook.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import torch

from siamese.data.images import LabeledImages, join
from siamese.data.pendigits import Recording
from siamese.data.synthetic.corruptions import corrupt, scan
from siamese.data.synthetic.pen import varied

Strokes: TypeAlias = list[np.ndarray]


def curve(*points: tuple[float, float], steps: int = 12) -> np.ndarray:
    """A smooth line near all points and from the first to the last: a Bézier curve, (steps, 2)."""
    t = np.linspace(0, 1, steps)[:, None]
    rows = [np.repeat(np.asarray(point, float)[None], steps, axis=0) for point in points]
    while len(rows) > 1:
        rows = [a * (1 - t) + b * t for a, b in itertools.pairwise(rows)]
    return rows[0]


def one(rng: np.random.Generator) -> Strokes:
    """With a flag of a quarter of its height to all of it, and at times a foot."""
    length, angle = rng.uniform(0.25, 1.0), rng.uniform(0.4, 1.1)
    start = (-length * np.sin(angle), length * np.cos(angle))
    bent = (start[0] / 2 + rng.uniform(-0.08, 0.08), start[1] / 2 + rng.uniform(-0.05, 0.1))
    foot = rng.uniform(-0.1, 0.1)
    strokes = [np.concatenate([curve(start, bent, (0, 0)), curve((0, 0), (foot, 1))])]
    if rng.random() < 0.2:
        strokes.append(curve((foot - rng.uniform(0.15, 0.35), 1), (foot + rng.uniform(0.15, 0.35), 1)))
    return strokes


def four(rng: np.random.Generator) -> Strokes:
    """Open at the top, in two strokes or in one."""
    bar, stem = rng.uniform(0.45, 0.65), rng.uniform(0.55, 0.8)
    top = rng.uniform(-0.1, 0.35) * stem
    left = np.concatenate([curve((top, rng.uniform(-0.05, 0.1)), (0, bar)), curve((0, bar), (1, bar))])
    high = rng.uniform(-0.05, 0.35)
    right = curve((stem + rng.uniform(-0.05, 0.15), high), (stem, 1))
    return [np.concatenate([left, right])] if rng.random() < 0.5 else [left, right]


def seven(rng: np.random.Generator) -> Strokes:
    """Crossed by a bar or by a loop, at times with a serif at the start of its roof."""
    wide, foot = rng.uniform(0.55, 0.8), rng.uniform(0.1, 0.4)
    roof = curve((0, 0), (wide / 2, rng.uniform(-0.08, 0.08)), (wide, 0))
    stem = curve((wide, 0), (foot + 0.2, rng.uniform(0.35, 0.6)), (foot, 1))
    serif = [curve((0, rng.uniform(0.1, 0.25)), (0, 0))] if rng.random() < 0.5 else []
    x, y = stem[len(stem) // 2]
    reach, tilt = rng.uniform(0.18, 0.35), rng.uniform(-0.08, 0.08)
    crossing = curve((x - reach, y + tilt), (x + reach, y - tilt))
    if rng.random() < 0.4:
        crossing = curve((x, y + 0.15), (x - 2 * reach, y + 0.15), (x - 1.5 * reach, y - 0.25), (x + 1.2 * reach, y))
    return [np.concatenate([*serif, roof, stem]), crossing]


def nine(rng: np.random.Generator) -> Strokes:
    """With a stem that ends in a hook to the left."""
    wide, high, tail = rng.uniform(0.4, 0.6), rng.uniform(0.38, 0.55), rng.uniform(0.1, 0.5)
    turn = np.linspace(0, 2 * np.pi, 24)[:, None]
    loop = np.concatenate([wide / 2 * (1 + np.cos(turn)), high / 2 * (1 - np.sin(turn))], axis=1)
    stem = curve(
        (wide, high / 2), (wide, 1.1), (wide - tail, 1.1), (wide - tail - rng.uniform(0, 0.2), rng.uniform(0.75, 1))
    )
    return [np.concatenate([loop, stem])]


SHAPES: dict[int, Callable[[np.random.Generator], Strokes]] = {1: one, 4: four, 7: seven, 9: nine}


def drawn_shapes(count: int, seed: int) -> LabeledImages:
    """So many drawings of the shapes, as many of each digit; half of them as small scans, many stretched to a square.

    Args:
        count: a multiple of 8 or about it.
        seed: determines all of them.

    Returns:
        (N, 1, 28, 28) ink with classes named "0" to "9", of which four have pictures.
    """
    rng = np.random.default_rng(seed)
    recordings = []
    for index in range(count):
        label = (1, 4, 7, 9)[index % 4]
        lean, aspect = rng.normal(0, 0.15), np.exp(rng.normal(0, 0.2))
        slanted = np.array([[aspect, 0.0], [-lean, 1.0]]) * 100
        recordings.append(Recording(label, 0, tuple(stroke @ slanted for stroke in SHAPES[label](rng))))
    drawn = varied(recordings, copies=1, seed=seed + 1, redraw=True)
    as_scans = torch.arange(count) >= count // 2
    return join(drawn.subset(~as_scans), corrupt(drawn.subset(as_scans), scan, seed + 2))
