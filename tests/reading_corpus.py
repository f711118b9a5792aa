"""Pictures as people really send them, made from real digits: the kinds that a reader has to hold, each with members.

A picture is made by `CORPUS[kind][member](ink, rng)` from a (28, 28) digit, white on black. `benchmarks/reading.py` prints
how many of each are read right; `tests/inputs/ink/test_reading.py` holds every kind to its share.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps
from scipy import ndimage

from siamese.inputs import Picture
from siamese.matcher import Matcher
from siamese.retrieval.search import vote
from tests.helpers import STORED, canvas, encoded

Member: TypeAlias = Callable[[np.ndarray, np.random.Generator], Picture]
Colour: TypeAlias = tuple[float, ...]

WHITE, BLACK, GREY = (255, 255, 255), (0, 0, 0), (128, 128, 128)


def coverage(ink: np.ndarray, side: int = 280, share: float = 0.8) -> np.ndarray:
    """(side, side) float, 1 where the digit's strokes are: crisp, with the soft rim of a pixel that a canvas draws."""
    field = round(side * share)
    enlarged = np.asarray(Image.fromarray(ink).resize((field, field), Image.Resampling.BICUBIC), np.float32) / 255
    crisp = np.clip((enlarged - 0.5) * field / 28 + 0.5, 0, 1)
    paper, start = np.zeros((side, side), np.float32), (side - field) // 2
    paper[start : start + field, start : start + field] = crisp
    return paper


def painted(share: np.ndarray, stroke: np.ndarray | Colour, ground: np.ndarray | Colour) -> Image.Image:
    """Strokes of a colour, or of one a pixel, on a ground: RGB."""
    mixed = share[..., None] * np.asarray(stroke, np.float32) + (1 - share[..., None]) * np.asarray(ground, np.float32)
    return Image.fromarray(np.rint(mixed.clip(0, 255)).astype(np.uint8))


# --- thin lines on large canvases -------------------------------------------------------------------------


def centre_lines(ink: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The digit's lines as short segments between points (x, y) in [0, 1], by thinning (Zhang and Suen, 1984)."""
    side = 112
    mask = np.asarray(Image.fromarray(ink).resize((side, side), Image.Resampling.BICUBIC)) > 110
    while True:
        before = int(mask.sum())
        for first in (True, False):
            p = [
                np.roll(mask, move, (0, 1))
                for move in ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
            ]
            count = sum(part.astype(int) for part in p)
            changes = sum((~a & b).astype(int) for a, b in pairwise([*p, p[0]]))
            n, e, s, w = p[0], p[2], p[4], p[6]
            corner = (~(n & e & s) & ~(e & s & w)) if first else (~(n & e & w) & ~(n & s & w))
            mask = mask & ~((count >= 2) & (count <= 6) & (changes == 1) & corner)
        if mask.sum() == before:
            break
    points = np.argwhere(mask)[:, ::-1].astype(float)
    near = np.linalg.norm(points[:, None] - points[None], axis=2)
    smooth = np.stack([points[row <= 3].mean(axis=0) for row in near]) / side
    return [(smooth[i], smooth[j]) for i, j in np.argwhere((near > 0) & (near < 1.5)) if i < j]


def thin_line(
    ink: np.ndarray,
    rng: np.random.Generator,
    side: int,
    height: int,
    width: int,
    stroke: Colour = BLACK,
    ground: Colour = WHITE,
    soft: bool = True,
) -> Image.Image:
    segments = centre_lines(ink)
    points = np.concatenate([np.stack(segment) for segment in segments])
    low, high = points.min(axis=0), points.max(axis=0)
    scale, oversample = height / max((high - low).max(), 1e-6), 2 if soft else 1
    picture = Image.new("L", (side * oversample,) * 2)
    draw, radius = ImageDraw.Draw(picture), width * oversample / 2
    for segment in segments:
        places = [((point - (low + high) / 2) * scale + side / 2) * oversample for point in segment]
        draw.line([tuple(place) for place in places], fill=255, width=width * oversample)
        for x, y in places if width > 1 else ():
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    solid, plain = (Image.new("RGB", (side, side), tuple(map(int, colour))) for colour in (stroke, ground))
    return Image.composite(solid, plain, picture.reduce(oversample) if soft else picture)


# --- photographs: light strokes on darker grounds, shadows ------------------------------------------------


def photographed(
    ink: np.ndarray,
    rng: np.random.Generator,
    stroke: Colour,
    ground: Colour,
    light: Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray],
    side: int = 400,
    grain: float = 0.012,
    share: float = 0.7,
) -> Image.Image:
    """Strokes and a ground of a reflectance from 0 to 1 a channel, under a light, out of focus by a pixel, with grain."""
    strokes = coverage(ink, side, share)[..., None]
    chalk = np.clip(1 - rng.normal(0, 0.08, strokes.shape), 0, 1) * strokes
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    picture = (np.asarray(stroke) * chalk + np.asarray(ground) * (1 - chalk)) * light(x, y, rng)[..., None]
    picture = ndimage.gaussian_filter(picture, (1.0, 1.0, 0)) + rng.normal(0, grain, picture.shape)
    return Image.fromarray(np.rint(picture.clip(0, 1) * 255).astype(np.uint8))


def from_one_side(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    angle = rng.uniform(0, 2 * np.pi)
    across = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    return 0.8 + 0.5 * across


def shadowed(
    x: np.ndarray, y: np.ndarray, rng: np.random.Generator, angle: float, kept: float = 0.5, width: float = 0.004
) -> np.ndarray:
    """A shadow over about half of the picture, its edge through the middle."""
    across = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle) + rng.uniform(-0.12, 0.12)
    return 1 - (1 - kept) / (1 + np.exp(-across / width))


def shadow(ink, rng, angle=0.0, kept=0.5, width=0.004, grain=0.012, pen=0.12, paper=(0.9, 0.89, 0.86)) -> Image.Image:
    return photographed(
        ink, rng, (pen,) * 3, paper, partial(shadowed, angle=angle, kept=kept, width=width), grain=grain
    )


# --- two inks, transparency -------------------------------------------------------------------------------


def two_inks(ink, rng, first: Colour, second: Colour, ground: Colour = WHITE, along: int = 0, side=280) -> Image.Image:
    """One half in one ink, the other in another: the upper and lower (`along` 0) or the left and right half."""
    share = coverage(ink, side)
    places = np.flatnonzero((share > 0.5).any(axis=1 - along))
    half = np.arange(side) < (places[0] + places[-1]) / 2
    rows = half[:, None, None] if along == 0 else half[None, :, None]
    return painted(share, np.where(rows, np.asarray(first, np.float32), np.asarray(second, np.float32)), ground)


def on_nothing(share: np.ndarray, colour: np.ndarray | Colour) -> Image.Image:
    colours = np.broadcast_to(np.asarray(colour, np.float32), (*share.shape, 3))
    return Image.fromarray(np.dstack([colours, share * 255]).round().astype(np.uint8))


def thick(ink: np.ndarray, by: int = 9) -> np.ndarray:
    return ndimage.grey_dilation(coverage(ink), (by, by))


def trimmed(ink, rng, colour: Colour = BLACK, by: int = 9) -> bytes:
    """A PNG cut to its ink, in strokes a little thicker than usual."""
    picture = on_nothing(thick(ink, by), colour)
    return encoded(picture.crop(picture.getchannel("A").getbbox()), "PNG")


def trimmed_in_two_inks(ink, rng) -> bytes:
    share = thick(ink, 5)
    rows = np.arange(len(share))[:, None, None] < len(share) / 2
    picture = on_nothing(share, np.where(rows, np.float32((20, 20, 20)), np.float32((250, 220, 60))))
    return encoded(picture.crop(picture.getchannel("A").getbbox()), "PNG")


def erased(ink, rng, colour: Colour = WHITE) -> bytes:
    """An opaque sheet from which the digit was erased."""
    return encoded(on_nothing(1 - coverage(ink), colour), "PNG")


def drawn_on_a_sheet_with_holes(ink, rng) -> bytes:
    """An opaque drawing whose corners are round, as a screenshot's of a window."""
    picture = canvas(ink, 280).convert("RGBA")
    corners = Image.new("L", picture.size)
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, 279, 279), 40, fill=255)
    picture.putalpha(corners)
    return encoded(picture, "PNG")


# --- files and ranges -------------------------------------------------------------------------------------


def turned(ink, rng, orientation: int, kind: str = "TIFF", size=(280, 280), **options) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = ImageOps.pad(canvas(ink, 280), size, color=255).transpose(STORED[orientation])
    return encoded(stored, kind, exif=exif, **options)


def eight(ink: np.ndarray, top: int = 16) -> np.ndarray:
    """(8, 8) float from 0 to 16, as scikit-learn's digits: the digit's box, averaged."""
    rows, columns = (np.flatnonzero(ink.max(axis=axis) > 60) for axis in (1, 0))
    cut = Image.fromarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    width, height = (max(3, round(length * 8 / max(cut.size))) for length in cut.size)
    small = ImageOps.pad(cut.resize((width, height), Image.Resampling.BOX), (8, 8), color=0)
    return np.rint(np.asarray(small) / 255 * top)


def in_blocks(ink, rng, side: int = 160, invert: bool = False, quality: int | None = None) -> bytes:
    small = (eight(ink) * 255 / 16).round().astype(np.uint8)
    picture = Image.fromarray(255 - small if invert else small).resize((side, side), Image.Resampling.NEAREST)
    return encoded(picture, "JPEG", quality=quality) if quality else encoded(picture, "PNG")


def sixteen_bits(ink, rng, low: int = 0, high: int = 5000) -> np.ndarray:
    return (low + (255 - np.asarray(canvas(ink, 200))) / 255 * (high - low)).astype(np.uint16)


def hot(pixels: np.ndarray) -> np.ndarray:
    pixels[3, 5] = 65535
    return pixels


def in_margin(blocks: bytes) -> bytes:
    return encoded(ImageOps.expand(Image.open(io.BytesIO(blocks)), 30, fill=255), "PNG")


# --- lines beside the symbol ------------------------------------------------------------------------------


def beside(
    ink, rng, sides: str, angle: float = 0.0, reach: float = 0.86, width: int = 4, value: int = 0
) -> Image.Image:
    """A drawing with sides of a cell around it, of which each ends before the picture's rim."""
    picture = canvas(ink, 280, 0.6)
    cell = Image.new("L", (280, 280), 255)
    draw, near, far = ImageDraw.Draw(cell), 140 - 140 * reach, 140 + 140 * reach
    places = {
        "l": (near, near, near, far),
        "r": (far, near, far, far),
        "t": (near, near, far, near),
        "b": (near, far, far, far),
    }
    for side in sides:
        draw.line(places[side], fill=value, width=width)
    cell = cell.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255)
    return Image.fromarray(np.minimum(np.asarray(picture), np.asarray(cell)))


CHALK = partial(photographed, light=from_one_side)

CORPUS: dict[str, dict[str, Member]] = {
    "thin lines": {
        "3 of 2000": partial(thin_line, side=2000, height=1400, width=3),
        "4 of 2600, blue": partial(thin_line, side=2600, height=1900, width=4, stroke=(30, 60, 200)),
        "2 of 1200, light on dark": partial(
            thin_line, side=1200, height=900, width=2, stroke=WHITE, ground=(20, 20, 30)
        ),
        "1 of 1000, hard": partial(thin_line, side=1000, height=700, width=1, soft=False),
        "2 of 2400, small": partial(thin_line, side=2400, height=500, width=2),
    },
    "light on a darker photographed ground": {
        "chalk on a board": partial(CHALK, stroke=(0.85,) * 3, ground=(0.25,) * 3),
        "chalk on green": partial(CHALK, stroke=(0.85, 0.85, 0.82), ground=(0.16, 0.32, 0.24)),
        "white on blue paper": partial(CHALK, stroke=(0.9, 0.9, 0.9), ground=(0.2, 0.35, 0.62)),
        "yellow on grey": partial(CHALK, stroke=(0.85, 0.78, 0.25), ground=(0.35, 0.35, 0.36)),
        "white on brown card": partial(CHALK, stroke=(0.92, 0.92, 0.9), ground=(0.5, 0.36, 0.24)),
        "orange on dark red": partial(CHALK, stroke=(0.9, 0.55, 0.2), ground=(0.4, 0.12, 0.14)),
    },
    "two inks": {
        "black over yellow": partial(two_inks, first=BLACK, second=(255, 225, 40)),
        "pale grey over black": partial(two_inks, first=(205, 205, 205), second=BLACK),
        "red beside pale blue": partial(two_inks, first=(200, 20, 30), second=(150, 200, 255), along=1),
        "white over blue on black": partial(two_inks, first=WHITE, second=(40, 60, 160), ground=BLACK),
    },
    "two inks of opposite sign on grey": {
        "black over white": partial(two_inks, first=BLACK, second=WHITE, ground=GREY),
        "white beside navy": partial(two_inks, first=WHITE, second=(10, 10, 70), ground=(140, 140, 130), along=1),
        "dark over pale": partial(two_inks, first=(70, 70, 70), second=(210, 210, 210), ground=(140, 140, 140)),
    },
    "transparency": {
        "trimmed, black": trimmed,
        "trimmed, white": partial(trimmed, colour=WHITE),
        "trimmed, very thick, red": partial(trimmed, colour=(220, 30, 30), by=15),
        "trimmed, two inks": trimmed_in_two_inks,
        "thin lines": lambda ink, rng: on_nothing(
            np.asarray(thin_line(ink, rng, 1600, 1200, 3, WHITE, BLACK).convert("L")) / np.float32(255), BLACK
        ),
        "erased from white": erased,
        "erased from blue": partial(erased, colour=(40, 80, 200)),
        "erased from black": partial(erased, colour=BLACK),
        "round corners": drawn_on_a_sheet_with_holes,
    },
    "orientation": {
        **{f"TIFF {orientation}": partial(turned, orientation=orientation) for orientation in (3, 5, 6, 7, 8)},
        "TIFF 6, LZW, large": partial(turned, orientation=6, size=(1200, 900), compression="tiff_lzw"),
        "PNG 6": partial(turned, orientation=6, kind="PNG"),
        "WebP 8": partial(turned, orientation=8, kind="WEBP"),
        "JPEG 6": partial(turned, orientation=6, kind="JPEG"),
    },
    "ranges": {
        "0 to 16": lambda ink, rng: eight(ink),
        "0 to 16, uint8": lambda ink, rng: eight(ink).astype(np.uint8),
        "16 bits to 5000": sixteen_bits,
        "16 bits, 3000 to 9000": partial(sixteen_bits, low=3000, high=9000),
        "16 bits, hot pixel": lambda ink, rng: hot(sixteen_bits(ink, rng)),
        "16-bit PNG to 5000": lambda ink, rng: encoded(Image.fromarray(sixteen_bits(ink, rng)), "PNG"),
        "8 x 8 in blocks of 20": in_blocks,
        "8 x 8 in blocks, inverted": partial(in_blocks, side=256, invert=True),
        "8 x 8 in blocks, margin": lambda ink, rng: in_margin(in_blocks(ink, rng)),
        "8 x 8 in uneven blocks": partial(in_blocks, side=300),
        "8 x 8 in blocks, JPEG": partial(in_blocks, side=200, quality=85),
    },
    "lines beside": {
        "two sides": partial(beside, sides="lt"),
        "two sides, below": partial(beside, sides="rb", width=6, value=90),
        "two sides, turned": partial(beside, sides="lb", angle=3),
        "two that face": partial(beside, sides="tb"),
        "one side": partial(beside, sides="l", reach=0.8),
        "three sides": partial(beside, sides="ltr", width=3),
    },
    "shadow edge": {
        "chalk": partial(shadow, angle=0.5, pen=0.85, paper=(0.25, 0.25, 0.25)),
        "from one side": shadow,
        "from above": partial(shadow, angle=np.pi / 2),
        "aslant": partial(shadow, angle=0.7, kept=0.45),
        "aslant, softer": partial(shadow, angle=2.3, width=0.02),
        "no grain": partial(shadow, angle=0.3, grain=0.0),
        "pencil": partial(shadow, angle=1.2, pen=0.4, kept=0.6),
    },
}


def _drawing(change: Callable[[Image.Image], Image.Image]) -> Member:
    return lambda ink, rng: change(canvas(ink, 280))


HELD: dict[str, Member] = {  # what was read well before, and is to stay so
    "dark on light": _drawing(lambda picture: picture),
    "light on dark": _drawing(ImageOps.invert),
    "pale pencil": _drawing(lambda picture: picture.point(lambda value: 170 + value // 4)),
    "thin brush": _drawing(lambda picture: picture.filter(ImageFilter.MaxFilter(7))),
    "thick brush": _drawing(lambda picture: picture.filter(ImageFilter.MinFilter(13))),
    "crisp canvas": lambda ink, rng: painted(coverage(ink), BLACK, WHITE),
    "1000 pixels": lambda ink, rng: canvas(ink, 1000),
    "JPEG": lambda ink, rng: encoded(canvas(ink, 280), "JPEG", quality=70),
}


@dataclass(frozen=True)
class Reading:
    """How pictures were read: shares of all of them.

    Attributes:
        right: that the vote of the five nearest of the gallery names as the digit they show.
        sure: read wrong, with ten of ten neighbours and no note.
        noted: said to look like nothing in the gallery.
        refused: called blank, or no picture.
    """

    right: float
    sure: float
    noted: float
    refused: float


def read(matcher: Matcher, member: Member, inks: np.ndarray, labels: np.ndarray, seed: int = 0) -> Reading:
    """Make a picture of each digit and have it read by a gallery that lacks the digits.

    Args:
        matcher: whose gallery holds none of them.
        member: makes the pictures.
        inks: (N, 28, 28) uint8.
        labels: (N,).
        seed: of the pictures.
    """
    rng, counts = np.random.default_rng(seed), np.zeros(4)
    for ink, label in zip(inks, labels.tolist(), strict=True):
        picture = member(ink, rng)
        try:
            query = matcher.encode(picture)
        except ValueError:
            counts[3] += 1
            continue
        names = [neighbour.label for neighbour in matcher.neighbours(query, 10)]
        right, novel = vote(names[:5]) == label, matcher.is_novel(query)
        counts += right, not right and len(set(names)) == 1 and not novel, novel, 0
    return Reading(*(counts / len(inks)).tolist())
