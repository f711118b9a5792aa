"""Omniglot: 1,623 characters of 50 alphabets, each drawn by the same twenty people (Lake et al., 2015)."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from siamese.data.images import LabeledImages
from siamese.data.location import find_data_dir
from siamese.inputs.ink import BOX, SIDE, crop_to_ink, fit, normalise_stroke

ROTATIONS = 4  # a character and its rotations by 90, 180 and 270 degrees


@dataclass(frozen=True)
class Alphabet:
    """The characters of one alphabet, each drawn by the same people (twenty in Omniglot).

    Attributes:
        name: as the data set spells it, such as "Early_Aramaic".
        images: (characters, drawers, side, side) uint8, white ink on black; the side is 28 pixels unless one was asked for.
    """

    name: str
    images: np.ndarray


def load_omniglot(
    data_dir: str | os.PathLike | None,
    sets: tuple[str, ...] = ("small1", "small2"),
    side: int = SIDE,
    ink: Callable[[bytes, int], np.ndarray] | None = None,
) -> list[Alphabet]:
    """The alphabets of Omniglot's background sets (Lake et al., 2015).

    Args:
        data_dir: the folder that contains `omniglot/images_background_<set>.zip`; None for `$SIAMESE_DATA`, or
            `./data`.
        sets: "small1" and "small2" (the minimal sets, five alphabets each), or "full" (30 alphabets, downloaded
            through torchvision).
        side: of the ink, in pixels.
        ink: makes ink of a side of a PNG file; None for `character_ink`.

    Returns:
        alphabets in the order of their names. An alphabet that is in several sets is taken from the first of them.

    Raises:
        ValueError: a set is missing or cannot be read.
    """
    root = find_data_dir(data_dir)
    alphabets: dict[str, Alphabet] = {}
    read = ink or character_ink
    for name in sets:
        if name == "full":
            characters = _read_full(root)
        else:
            path = root / "omniglot" / f"images_background_{name}.zip"
            if not path.is_file():
                raise ValueError(
                    f"No Omniglot set in {str(path)!r}. It is published at github.com/brendenlake/omniglot."
                )
            try:
                characters = _read_zip(path)
            except (zipfile.BadZipFile, ValueError) as error:
                raise ValueError(f"{str(path)!r} is no Omniglot set: {error}") from error
        for alphabet, drawings in characters.items():
            if alphabet not in alphabets:
                images = np.stack([np.stack([read(png, side) for png in pngs]) for pngs in drawings])
                alphabets[alphabet] = Alphabet(alphabet, images)
    return [alphabets[name] for name in sorted(alphabets)]


def _read_zip(path: Path) -> dict[str, list[list[bytes]]]:
    characters: dict[str, dict[str, list[bytes]]] = {}
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            parts = name.split("/")
            if name.endswith(".png") and not parts[0].startswith("__"):
                _, alphabet, character, _ = parts
                characters.setdefault(alphabet, {}).setdefault(character, []).append(archive.read(name))
    return {alphabet: list(drawings.values()) for alphabet, drawings in characters.items()}


def _read_full(root: Path) -> dict[str, list[list[bytes]]]:
    from torchvision.datasets import Omniglot

    dataset = Omniglot(root, background=True, download=True)
    characters: dict[str, list[list[bytes]]] = {}
    for folder in sorted(Path(dataset.target_folder).glob("*/*")):
        pngs = [path.read_bytes() for path in sorted(folder.glob("*.png"))]
        characters.setdefault(folder.parent.name, []).append(pngs)
    return characters


def character_ink(png: bytes, side: int = SIDE) -> np.ndarray:
    """Bring an Omniglot drawing into MNIST's form.

    The drawings are clean, so the steps of `to_ink` that find and clean the ink are skipped. This keeps small separate
    strokes, which they might take for specks.

    Args:
        png: a PNG file of 105x105 pixels and one bit, black on white.
        side: of the ink, in pixels.

    Returns:
        (side, side) uint8, white ink on black.

    Raises:
        BlankImageError: the drawing is entirely white.
    """
    drawing = 1.0 - np.asarray(Image.open(io.BytesIO(png)).convert("L"), dtype=np.float32) / 255
    cropped = crop_to_ink(drawing, drawing > 0, margin=0)
    return fit(normalise_stroke(np.pad(cropped, 1 + BOX // 20)), side)


def as_classes(alphabets: list[Alphabet], rotations: bool = True) -> LabeledImages:
    """Make each character of each alphabet a class.

    Args:
        alphabets: at least one, with any number of characters and drawings.
        rotations: add each character rotated by 90, 180 and 270 degrees counterclockwise, as three more classes.

    Returns:
        classes named "Greek 01", "Greek 01, rotated 90" and so on, all drawings of a class in a row.
    """
    images: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    names: list[str] = []
    for alphabet in alphabets:
        for number, drawings in enumerate(alphabet.images, start=1):
            for quarter in range(ROTATIONS if rotations else 1):
                images.append(np.rot90(drawings, quarter, axes=(1, 2)))
                labels.append(np.full(len(drawings), len(names)))
                names.append(f"{alphabet.name} {number:02}" + (f", rotated {90 * quarter}" if quarter else ""))
    stacked = torch.from_numpy(np.ascontiguousarray(np.concatenate(images)))[:, None]
    return LabeledImages(stacked, torch.from_numpy(np.concatenate(labels)), tuple(names))
