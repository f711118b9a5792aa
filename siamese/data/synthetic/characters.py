"""Invented characters: a few strokes that meet, drawn again and again by an unsteady hand.

Ten small alphabets hold some hundred characters. More of them, drawn by nobody, teach the symbols' head what a hand
changes and what it does not: a character is a program of parts and of how they join, and each drawing of it is a
little different (in the spirit of Lake et al., 2015, with nothing in it that was learned from data).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy.interpolate import make_interp_spline

from siamese.data.images import Alphabet
from siamese.inputs.ink import fit, normalise_stroke

SIDE = 84  # pixels of the sheet that a character is drawn on, before it is brought to 28
STROKES = {1: 0.15, 2: 0.30, 3: 0.30, 4: 0.17, 5: 0.08}  # how many a character has, and how often
POINTS = {2: 0.30, 3: 0.25, 4: 0.20, 5: 0.15, 6: 0.10}  # that a stroke runs through


@dataclass(frozen=True)
class Stroke:
    """What a pen does between down and up.

    Attributes:
        points: (N, 2), x and y, a character being about 1 across.
        cornered: whether it runs straight from point to point; else it is a smooth curve.
    """

    points: np.ndarray
    cornered: bool


def alphabet(characters: int, drawers: int, seed: int) -> Alphabet:
    """`characters` of nobody's, each drawn `drawers` times."""
    chance = np.random.default_rng(seed)
    drawings = [
        [_drawn(_redrawn(character, chance), chance) for _ in range(drawers)]
        for character in (_character(chance) for _ in range(characters))
    ]
    return Alphabet("Invented", np.array(drawings, np.uint8))


def _one_of(shares: dict[int, float], chance: np.random.Generator) -> int:
    return int(chance.choice(list(shares), p=list(shares.values())))


def _character(chance: np.random.Generator) -> list[Stroke]:
    strokes: list[Stroke] = []
    for _ in range(_one_of(STROKES, chance)):
        points = _path(_one_of(POINTS, chance), chance.uniform(0.35, 1.0), chance)
        if strokes and chance.random() < 0.65:  # it meets one that is there
            other = strokes[chance.integers(len(strokes))].points
            points = points - _somewhere(points, chance) + _somewhere(other, chance)
        else:
            points = points - points.mean(axis=0) + chance.uniform(-0.5, 0.5, 2)
        strokes.append(Stroke(points, len(points) == 2 or bool(chance.random() < 0.3)))
    return strokes


def _somewhere(points: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """An end of a stroke, mostly, or a point within."""
    return points[chance.choice([0, -1, chance.integers(len(points))], p=[0.45, 0.3, 0.25])]


def _path(count: int, size: float, chance: np.random.Generator) -> np.ndarray:
    """The points of a stroke: a line, at times an arc, else a walk that turns."""
    angle = chance.uniform(0, 2 * np.pi)
    if count == 2:
        if chance.random() < 0.5:  # lines that stand, lie or slant by half a right angle are more often written
            angle = chance.integers(8) * np.pi / 4 + chance.normal(0, 0.08)
        return size * np.array([[0, 0], [np.cos(angle), np.sin(angle)]])
    if chance.random() < 0.15:
        angles = angle + np.linspace(0, chance.uniform(1.2, 2) * np.pi, 7)
        return size / 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1) * chance.uniform(0.6, 1, 2)
    points, turn = [np.zeros(2)], chance.normal(0, 0.9)
    for _ in range(count - 1):
        step = size / np.sqrt(count - 1) * chance.uniform(0.5, 1.2)
        points.append(points[-1] + step * np.array([np.cos(angle), np.sin(angle)]))
        if chance.random() < 0.3:
            turn = chance.normal(0, 1.2)
        angle += turn
    return np.array(points)


def _redrawn(strokes: list[Stroke], chance: np.random.Generator) -> list[np.ndarray]:
    """The pen's paths as a hand might draw them this time: points, turn, size and place differ a little."""
    paths = []
    for stroke in strokes:
        length = max(float(np.ptp(stroke.points, axis=0).max()), 0.3)
        points = stroke.points + chance.normal(0, 0.05 * length, stroke.points.shape)
        angle, scale = chance.normal(0, 0.07), np.exp(chance.normal(0, 0.08, 2))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
        centre = points.mean(axis=0)
        points = (points - centre) @ turn.T + centre + chance.normal(0, 0.04, 2)
        paths.append(points if stroke.cornered else _curve(points))
    return paths


def _curve(points: np.ndarray) -> np.ndarray:
    along = np.linspace(0, 1, len(points))
    return make_interp_spline(along, points, k=min(3, len(points) - 1))(np.linspace(0, 1, 24))


def _drawn(paths: list[np.ndarray], chance: np.random.Generator) -> np.ndarray:
    """(28, 28) uint8 ink of the pen's paths, in MNIST's form."""
    points = np.concatenate(paths)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = 0.8 * SIDE / max(float((high - low).max()), 1e-3)
    sheet = Image.new("L", (SIDE, SIDE))
    pen, width = ImageDraw.Draw(sheet), round(chance.uniform(4, 9))
    for path in paths:
        line = (path - (low + high) / 2) * scale + SIDE / 2
        pen.line([tuple(point) for point in line], fill=255, width=width, joint="curve")
    return fit(normalise_stroke(np.asarray(sheet, np.float32) / 255))
