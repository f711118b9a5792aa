"""What pictures of a folder are like, and the input that suits them: kind, size, channels and fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from siamese.config import FolderConfig
from siamese.data.folder import Header, PictureFiles
from siamese.inputs.decode import decode
from siamese.inputs.errors import BlankImageError
from siamese.inputs.ink import ink_of

SAMPLE = 100  # pictures that are looked at
CHROMA = 12  # mean spread of the channels, out of 255, below which a picture is grey
MOST = 0.8  # share of the sample that decides
PAPER, INK = 25, 60  # out of 255: what lies this near to the median is paper, what lies this far from it ink
STEP = 8  # pixels: sides are multiples of it
AREA = {"photo": 64 * 64, "document": 64 * 96}  # pixels of the input, on a processor's account
PRETRAINED_AREA = 128 * 128  # a backbone that learned on large pictures needs larger ones
LEAST, WIDEST = 32, 3.0  # pixels of the shorter side, and longest proportions of the input


@dataclass(frozen=True)
class Survey:
    """What was seen of a folder's pictures.

    Attributes:
        colour: whether they have colours.
        document: whether they are dark writing on light paper, or light on dark.
        height: median, in pixels; of documents, of the ink alone.
        width: likewise.
        alike: whether nearly all have about the same proportions.
    """

    colour: bool
    document: bool
    height: float
    width: float
    alike: bool


def survey(files: PictureFiles, headers: Sequence[Header | None], seed: int = 0) -> Survey:
    """Look at a sample of the pictures."""
    readable = [index for index, header in enumerate(headers) if header is not None]
    chosen = np.random.default_rng(seed).permutation(readable)[:SAMPLE]
    grey, documents, inks = [], [], []
    for index in chosen:
        try:
            pixels = decode(files.paths[index])
        except ValueError:  # it is named when the pictures are read
            continue
        chroma = float(np.ptp(pixels, axis=2).mean()) if pixels.ndim == 3 else 0.0
        grey.append(chroma < CHROMA)
        ink = _ink_size(pixels) if grey[-1] else None
        documents.append(ink is not None)
        inks += [ink] if ink else []
    document = bool(documents) and float(np.mean(documents)) >= MOST
    sizes = np.array([[headers[index].height, headers[index].width] for index in readable])  # type: ignore[union-attr]
    height, width = np.median(inks if document else sizes, axis=0)
    proportions = np.log(sizes[:, 1] / sizes[:, 0])
    alike = float((np.abs(proportions - np.median(proportions)) < np.log(1.4)).mean()) > 0.9
    return Survey(not grey or float(np.mean(grey)) < MOST, document, float(height), float(width), alike)


def _ink_size(pixels: np.ndarray) -> tuple[int, int] | None:
    """Height and width of the ink of a document; None where it is none: paper of one grey, and a little ink on it."""
    grey = pixels.mean(axis=2) if pixels.ndim == 3 else pixels.astype(np.float32)
    away = grey - np.median(grey)
    ink = max(float((away > INK).mean()), float((away < -INK).mean()))
    if float((np.abs(away) < PAPER).mean()) < 0.7 or not 0.002 < ink < 0.25:
        return None
    try:
        height, width = ink_of(np.rint(grey).astype(np.uint8)).shape
    except BlankImageError:
        return None
    return height, width


def choose(config: FolderConfig, seen: Survey, pretrained: bool = False) -> FolderConfig:
    """The configuration with what it leaves open chosen from the pictures.

    Args:
        config: what is given stays.
        seen: of the pictures.
        pretrained: whether the backbone has weights that were learned on large pictures.
    """
    kind = config.kind or ("document" if seen.document else "photo")
    channels = config.channels or (3 if seen.colour and kind == "photo" else 1)
    fit = config.fit or ("crop" if kind == "photo" and seen.alike else "pad")
    size = config.image_size or _size(seen, PRETRAINED_AREA if pretrained else AREA[kind])
    return replace(config, kind=kind, channels=channels, fit=fit, image_size=size)


def _size(seen: Survey, area: int) -> tuple[int, int]:
    """Sides in the pictures' own proportions, of about this area, and no larger than the pictures."""
    proportion = min(max(seen.width / seen.height, 1 / WIDEST), WIDEST)
    height = min((area / proportion) ** 0.5, seen.height)
    width = min(height * proportion, seen.width)
    return _side(height), _side(width)


def _side(pixels: float) -> int:
    return max(LEAST, round(pixels / STEP) * STEP)
