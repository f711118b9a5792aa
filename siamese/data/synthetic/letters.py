"""Letters of more than a hundred scripts, drawn by a pen with the variations of handwriting.

Omniglot's two minimal sets have 242 characters. What a head for unseen classes lacks are more characters: this source has
thousands, with the likenesses that the letters of a script have among each other. Their strokes are the centre lines of
the Noto fonts (Google, SIL Open Font License 1.1, `letters-OFL.txt`), found by `docs/make_letters.py`; they are redrawn with
the variations of a hand.

Scripts of Omniglot's evaluation set, and those that descend from them with like letters, are not among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from siamese.data.images import LabeledImages
from siamese.data.omniglot import ROTATIONS, Alphabet, as_classes
from siamese.data.synthetic.pen import moved, pen_ink
from siamese.inputs.ink import SIDE

FILE = "letters.npz"
STEPS = 255  # the unit square of a letter is stored in so many steps a side

# Scripts whose letters are like those of an alphabet of Omniglot: where it is held out, so are they.
RELATED = {
    "Balinese": ("Balinese", "Javanese", "Batak"),
    "Early_Aramaic": (
        *("Elymaic", "Hatran", "ImperialAramaic", "InscriptionalPahlavi", "InscriptionalParthian"),
        *("Nabataean", "Palmyrene", "Phoenician", "Samaritan"),
    ),
    "Greek": ("Greek", "Carian", "Coptic", "Elbasan", "Gothic", "Lycian", "Lydian", "OldItalic"),
    "Hebrew": ("Hebrew", "RashiHebrew"),
    "Latin": ("Latin", "Cherokee", "Lisu"),
    "Sanskrit": (
        *("Bhaiksuki", "Devanagari", "Gujarati", "Kaithi", "Khojki", "Mahajani", "Modi", "Newa"),
        *("Sharada", "Siddham"),
    ),
    "Tagalog": ("Buhid", "Hanunoo", "Tagalog", "Tagbanwa"),
}


@dataclass(frozen=True)
class Script:
    """The letters of a script.

    Attributes:
        name: as Noto names its font, such as "OlChiki".
        letters: for each, the (points, 2) x and y of its strokes, where the letter is 1 unit wide or high. y points
            downwards.
    """

    name: str
    letters: tuple[tuple[np.ndarray, ...], ...]


@cache
def load_scripts() -> tuple[Script, ...]:
    """All scripts that the package has, in the order of their names; at most sixty letters of each."""
    with (files(__package__) / FILE).open("rb") as file, np.load(file, allow_pickle=False) as data:
        strokes = _cut(data["points"].astype(np.float32) / STEPS - 0.5, data["points_of_strokes"])
        letters = [tuple(letter) for letter in _cut(strokes, data["strokes_of_letters"])]
        names, of_scripts = data["scripts"].tolist(), _cut(letters, data["letters_of_scripts"])
    return tuple(Script(name, tuple(letters)) for name, letters in zip(names, of_scripts, strict=True))


def _cut(items: Sequence[Any] | np.ndarray, counts: np.ndarray) -> list[Any]:
    """So many items after one another, for each count."""
    return [items[end - count : end] for end, count in zip(np.cumsum(counts, dtype=int), counts, strict=True)]


def drawn_letters(scripts: Sequence[Script], drawings: int, seed: int, side: int = SIDE) -> list[Alphabet]:
    """Draw each letter of some scripts several times, each time with other variations.

    Args:
        scripts: at least one.
        drawings: of each letter; 12 serve well. A thousand drawings take about two seconds of one core.
        seed: determines all variations.
        side: of the ink, in pixels.
    """
    rng = np.random.default_rng(seed)
    return [
        Alphabet(
            script.name,
            np.array(
                [[pen_ink(redrawn(letter, rng), rng, side) for _ in range(drawings)] for letter in script.letters],
                np.uint8,
            ),
        )
        for script in scripts
    ]


def related_scripts(alphabets: Sequence[str]) -> set[str]:
    """Names of the scripts whose letters are like those of some alphabets of Omniglot."""
    return {name for alphabet in alphabets for name in RELATED.get(alphabet, (alphabet,))}


def letter_classes(alphabets: Sequence[Alphabet]) -> tuple[LabeledImages, tuple[tuple[int, ...], ...]]:
    """Each letter in four orientations as a class, for training.

    Args:
        alphabets: as `drawn_letters` makes them, at least one.

    Returns:
        the classes, and for each script in each orientation the labels of its letters, which are the hardest to tell
        from one another.
    """
    alike, first = [], 0
    for alphabet in alphabets:
        end = first + ROTATIONS * len(alphabet.images)
        alike += [tuple(range(first + quarter, end, ROTATIONS)) for quarter in range(ROTATIONS)]
        first = end
    return as_classes(list(alphabets)), tuple(alike)


def redrawn(strokes: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """A variation of a letter, as another person might draw it.

    The whole is bent by a smooth field. Then each stroke is rotated (3.4 degrees), scaled (7 %), shifted (2 % of the
    letter) and bent by itself (3 % of its size); the numbers are standard deviations. Three strokes in ten are shortened
    at their ends.

    Args:
        strokes: (points, 2) x and y of each, of a letter of size 1.
        rng: the source of all random numbers.
    """
    waves, phases, amounts = rng.normal(0, 2.2, (4, 2)), rng.uniform(0, 2 * np.pi, 4), rng.normal(0, 0.028, (4, 2))
    varied = []
    for stroke in strokes:
        size = max(float(np.ptp(stroke, axis=0).max()), 0.15)
        points = stroke + np.sin(stroke @ waves.T + phases) @ amounts
        points = moved(points, rng, rotation=0.06, scale=0.07, shift=0.022)
        along = np.linspace(0, np.pi * rng.uniform(0.7, 2), len(stroke)) + rng.uniform(0, 6)
        points = points + np.sin(along)[:, None] * rng.normal(0, 0.03 * size, 2)
        if len(points) > 8 and rng.random() < 0.3:
            first, last = rng.integers(0, 1 + len(points) // 8, 2)
            points = points[first : len(points) - last]
        varied.append(points)
    return varied
