"""Procedural characters: random combinations of a few strokes, each drawn many times with small variations.

Omniglot's two minimal sets have only 242 characters. Procedural characters add more classes, so that the
symbols' head learns which differences are variations of handwriting and which make another character. A character
is a set of strokes and of the places where they join, as in Lake et al. (2015), but no parameter is learned from data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import make_interp_spline

from siamese.data.omniglot import Alphabet
from siamese.data.synthetic.pen import moved, pen_ink

STROKES = {1: 0.15, 2: 0.30, 3: 0.30, 4: 0.17, 5: 0.08}  # number of strokes of a character: probability
POINTS = {2: 0.30, 3: 0.25, 4: 0.20, 5: 0.15, 6: 0.10}  # number of points of a stroke: probability


@dataclass(frozen=True)
class Stroke:
    """One stroke of a character.

    Attributes:
        points: (N, 2) x and y, where a character is about 1 unit wide.
        cornered: True for straight lines from point to point, False for a smooth curve.
    """

    points: np.ndarray
    cornered: bool


def procedural_alphabet(characters: int, drawings: int, seed: int) -> Alphabet:
    """Generate an alphabet of random characters.

    Args:
        characters: number of characters; a thousand is much.
        drawings: number of drawings of each character, all different; 12 serve well, Omniglot has 20.
        seed: determines all characters and drawings.

    Returns:
        images of shape (characters, drawings, 28, 28), named "Procedural".
    """
    rng = np.random.default_rng(seed)
    images = [
        [pen_ink(_redrawn(character, rng), rng) for _ in range(drawings)]
        for character in (_character(rng) for _ in range(characters))
    ]
    return Alphabet("Procedural", np.array(images, np.uint8))


def _one_of(probabilities: dict[int, float], rng: np.random.Generator) -> int:
    return int(rng.choice(list(probabilities), p=list(probabilities.values())))


def _character(rng: np.random.Generator) -> list[Stroke]:
    """The strokes of a new random character."""
    strokes: list[Stroke] = []
    for _ in range(_one_of(STROKES, rng)):
        points = _path(_one_of(POINTS, rng), rng.uniform(0.35, 1.0), rng)
        if strokes and rng.random() < 0.65:  # joins an earlier stroke
            other = strokes[rng.integers(len(strokes))].points
            points = points - _somewhere(points, rng) + _somewhere(other, rng)
        else:
            points = points - points.mean(axis=0) + rng.uniform(-0.5, 0.5, 2)
        strokes.append(Stroke(points, len(points) == 2 or bool(rng.random() < 0.3)))
    return strokes


def _somewhere(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random point of a stroke, most often one of its ends."""
    return points[rng.choice([0, -1, int(rng.integers(len(points)))], p=[0.45, 0.3, 0.25])]


def _path(count: int, size: float, rng: np.random.Generator) -> np.ndarray:
    """The points of a random stroke: a line for two of them, else an arc (15 %) or a random walk."""
    angle = rng.uniform(0, 2 * np.pi)
    if count == 2:
        if rng.random() < 0.5:  # handwriting has more lines at multiples of 45 degrees
            angle = rng.integers(8) * np.pi / 4 + rng.normal(0, 0.08)
        return size * np.array([[0, 0], [np.cos(angle), np.sin(angle)]])
    if rng.random() < 0.15:
        angles = angle + np.linspace(0, rng.uniform(1.2, 2) * np.pi, 7)
        return size / 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(0.6, 1, 2)
    points, curvature = [np.zeros(2)], rng.normal(0, 0.9)
    for _ in range(count - 1):
        step = size / np.sqrt(count - 1) * rng.uniform(0.5, 1.2)
        points.append(points[-1] + step * np.array([np.cos(angle), np.sin(angle)]))
        if rng.random() < 0.3:
            curvature = rng.normal(0, 1.2)
        angle += curvature
    return np.array(points)


def _redrawn(strokes: list[Stroke], rng: np.random.Generator) -> list[np.ndarray]:
    """One drawing of a character: its strokes with random variations of points, rotation, size and position."""
    paths = []
    for stroke in strokes:
        length = max(float(np.ptp(stroke.points, axis=0).max()), 0.3)
        points = stroke.points + rng.normal(0, 0.05 * length, stroke.points.shape)
        points = moved(points, rng, rotation=0.07, scale=0.08, shift=0.04)
        paths.append(points if stroke.cornered else _curve(points))
    return paths


def _curve(points: np.ndarray) -> np.ndarray:
    """(24, 2) points on a spline through the given ones, cubic if there are at least four."""
    along = np.linspace(0, 1, len(points))
    return make_interp_spline(along, points, k=min(3, len(points) - 1))(np.linspace(0, 1, 24))
