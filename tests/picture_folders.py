"""Folders of generated pictures: photographs of coloured patterns, and documents with strokes on paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw


def photograph(label: int, number: int, size: tuple[int, int] = (48, 40)) -> Image.Image:
    """A picture of class `label`: two stripes whose colours and slant are the class's, the rest chance."""
    height, width = size
    of_class, chance = np.random.default_rng(label), np.random.default_rng(1000 * label + number + 7)
    colours = of_class.integers(0, 256, (3, 3)) + chance.integers(-12, 13, (3, 3))
    y, x = np.mgrid[:height, :width]
    wave = np.sin((x * of_class.uniform(-1, 1) + y * of_class.uniform(-1, 1)) / 4 + chance.uniform(0, 6))
    index = np.digitize(wave, [-0.4, 0.4])
    pixels = colours[index] + chance.normal(0, 8, (height, width, 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def document(label: int, number: int, paper: int = 255, size: tuple[int, int] = (90, 160)) -> Image.Image:
    """A scribble of class `label` on paper."""
    of_class, chance = np.random.default_rng(label), np.random.default_rng(1000 * label + number + 7)
    height, width = size
    points = of_class.uniform(0.15, 0.85, (7, 2)) * (width, height) + chance.normal(0, 2.5, (7, 2))
    image = Image.new("L", (width, height), paper)
    ImageDraw.Draw(image).line([tuple(point) for point in points], fill=paper // 8, width=3, joint="curve")
    return image


def write_folder(root: Path, classes: int = 6, per_class: int = 6, draw=photograph, names=None) -> Path:
    """A folder with a sub-folder for each class, named `names` or class00, class01 and so on."""
    for label in range(classes):
        folder = root / (names[label] if names else f"class{label:02d}")
        folder.mkdir(parents=True)
        for number in range(per_class):
            draw(label, number).save(folder / f"{number}.png")
    return root
