"""What is no digit though it is made of digits: one with others drawn small inside it.

A network that knows digits alone takes a smiley for a 0, for the ring is there, and what lies inside
says nothing to it. Such pictures, from which it learns that they belong to no class, are outliers to be
exposed to (Hendrycks et al., 2019).
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from siamese.data import LabeledImages
from siamese.ink import SIDE

STRANGER = -1  # the label of what belongs to no class
ADDED = 0.35  # share of ink that lies inside, at least


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
