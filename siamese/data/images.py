"""Where the pictures come from, and how they are split.

Everything is held as one uint8 tensor, so that it fits on the device and batches are cut from it there.
Three sources: MNIST (the digits), UCI pendigits (digits as pens draw them, `strokes.py`), Omniglot (a
thousand other symbols). Labels of the digits are 0 to 9; other symbols are numbered from 10.
"""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from siamese.inputs.ink import BOX, SIDE, fit, normalise_stroke

VALIDATION_SIZE = 5000
SPLIT_SEED = 2015  # of the one split that every run shares, whatever its own seed
FIRST_SYMBOL = 10  # labels below are digits


@dataclass(frozen=True)
class LabeledImages:
    """Pictures of ink and what they show.

    Attributes:
        images: (N, 1, 28, 28) uint8, white ink on black.
        labels: (N,) int64.
    """

    images: torch.Tensor
    labels: torch.Tensor

    def __post_init__(self) -> None:
        if self.images.dtype != torch.uint8 or self.images.shape[1:] != (1, SIDE, SIDE):
            raise ValueError(f"images must be uint8 of shape (N, 1, 28, 28), got {tuple(self.images.shape)}")
        if self.labels.shape != self.images.shape[:1]:
            raise ValueError(f"{len(self.images)} images have {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, index: torch.Tensor) -> LabeledImages:
        return LabeledImages(self.images[index], self.labels[index])

    def without(self, classes: list[int]) -> LabeledImages:
        """All pictures but those of the given classes."""
        return self.subset(~torch.isin(self.labels, torch.tensor(classes, dtype=self.labels.dtype)))

    def to(self, device: torch.device | str) -> LabeledImages:
        return LabeledImages(self.images.to(device), self.labels.to(device))


def join(*parts: LabeledImages) -> LabeledImages:
    return LabeledImages(torch.cat([p.images for p in parts]), torch.cat([p.labels for p in parts]))


@dataclass(frozen=True)
class Split:
    """The MNIST training images in two: to fit, and to choose by. No image is in both."""

    fit: LabeledImages
    validation: LabeledImages


def find_data_dir(data_dir: str | os.PathLike | None) -> Path:
    """The folder that holds (or will hold) the data sets: the argument, `$SIAMESE_DATA`, or `./data`."""
    return Path(data_dir or os.environ.get("SIAMESE_DATA") or "data")


def load_mnist(data_dir: str | os.PathLike | None = None, train: bool = True) -> LabeledImages:
    """The 60,000 training or 10,000 test images of MNIST, in their published order.

    They are looked for in `data_dir/MNIST/raw`, as torchvision lays them out. Only where no folder was
    named, by argument or by `$SIAMESE_DATA`, are they downloaded.

    Raises:
        ValueError: the named folder does not hold MNIST, or holds something else in its place.
    """
    from torchvision.datasets import MNIST

    root = find_data_dir(data_dir)
    named = bool(data_dir or os.environ.get("SIAMESE_DATA"))
    try:
        dataset = MNIST(root, train=train, download=not named)
    except RuntimeError as error:
        if (root / "MNIST" / "raw").is_dir():
            raise ValueError(f"The MNIST files in {str(root)!r} cannot be read: {error}") from error
        if named:
            raise ValueError(
                f"No MNIST in {str(root)!r}: expected {root / 'MNIST' / 'raw'}. "
                "Name the folder above it, or leave out --data-dir to download it."
            ) from error
        raise ValueError(f"MNIST could not be downloaded to {str(root)!r}: {error}") from error
    except (ValueError, AssertionError, OSError) as error:
        raise ValueError(f"The MNIST files in {str(root)!r} cannot be read: {error}") from error
    expected = 60000 if train else 10000
    if dataset.data.shape != (expected, SIDE, SIDE) or len(dataset.targets) != expected:
        raise ValueError(f"The MNIST files in {str(root)!r} hold {tuple(dataset.data.shape)}, not {expected} images.")
    return LabeledImages(dataset.data.unsqueeze(1), dataset.targets.long())


def split_mnist(train: LabeledImages, size: int = VALIDATION_SIZE) -> Split:
    """Part the training images once, stratified by class, before any pair is made of them."""
    generator = torch.Generator().manual_seed(SPLIT_SEED)
    shuffled = torch.randperm(len(train), generator=generator)
    # A stable sort by rank within the class takes the same share of each.
    counts = torch.bincount(train.labels)
    exact = counts * size / max(len(train), 1)
    shares = exact.long()
    # What rounding down leaves goes to the classes that lost most by it.
    shares[(exact - shares).argsort(descending=True, stable=True)[: size - int(shares.sum())]] += 1
    validation = []
    for label in train.labels.unique():
        members = shuffled[train.labels[shuffled] == label]
        validation.append(members[: shares[label]])
    held = torch.zeros(len(train), dtype=torch.bool)
    held[torch.cat(validation)] = True
    return Split(train.subset(~held), train.subset(held))


def limit(data: LabeledImages, size: int, seed: int = 0) -> LabeledImages:
    """At most `size` pictures, drawn at random."""
    if size >= len(data):
        return data
    return data.subset(torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))[:size])


# --- Omniglot -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alphabet:
    """The characters of one alphabet, each drawn by the same twenty people.

    Attributes:
        name: as the data set spells it.
        images: (characters, drawers, 28, 28) uint8.
    """

    name: str
    images: np.ndarray


def load_omniglot(data_dir: str | os.PathLike | None, sets: tuple[str, ...] = ("small1", "small2")) -> list[Alphabet]:
    """The alphabets of Omniglot's background sets (Lake et al., 2015), each once.

    Args:
        data_dir: the folder that holds `omniglot/images_background_<set>.zip`.
        sets: `small1`, `small2` (the minimal sets), or `full`, downloaded through torchvision.

    Raises:
        ValueError: a set is not there.
    """
    root = find_data_dir(data_dir)
    alphabets: dict[str, Alphabet] = {}
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
                images = np.stack([np.stack([character_ink(png) for png in pngs]) for pngs in drawings])
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


def character_ink(png: bytes) -> np.ndarray:
    """An Omniglot drawing (105x105, one bit, black on white) -> (28, 28) uint8 ink.

    All of it is ink, so nothing is searched for or cleaned; parts that stand apart are kept.
    """
    from PIL import Image

    drawing = 1.0 - np.asarray(Image.open(io.BytesIO(png)).convert("L"), dtype=np.float32) / 255
    rows, columns = np.flatnonzero(drawing.any(axis=1)), np.flatnonzero(drawing.any(axis=0))
    cut = drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return fit(normalise_stroke(np.pad(cut, 1 + BOX // 20)))


def as_classes(alphabets: list[Alphabet], rotations: bool = True, first: int = FIRST_SYMBOL) -> LabeledImages:
    """Every character of every alphabet as a class of its own; rotated by 90, 180, 270 degrees, as another."""
    images, labels, label = [], [], first
    for alphabet in alphabets:
        for drawings in alphabet.images:
            for turn in range(4 if rotations else 1):
                images.append(np.rot90(drawings, turn, axes=(1, 2)))
                labels.append(np.full(len(drawings), label))
                label += 1
    stacked = torch.from_numpy(np.ascontiguousarray(np.concatenate(images)))[:, None]
    return LabeledImages(stacked, torch.from_numpy(np.concatenate(labels)))
