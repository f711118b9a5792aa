"""Decoding: a picture of any kind -> its pixels, grey or in colours.

This module handles everything about how a picture is stored: file format, bit depth, colours, transparency, EXIF
orientation and size. No later step depends on them.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from siamese.inputs import Picture
from siamese.inputs.bands import to_plain
from siamese.inputs.errors import BlankImageError
from siamese.inputs.ranges import to_bytes

WORK_SIDE = 320  # pixels; larger pictures are reduced to at most this side before any further work
MAX_PIXELS = 50_000_000  # accepts a 48-megapixel phone photograph, rejects a decompression bomb
MAX_WEBP_PIXELS = 16_000_000  # its decoder takes 16 bytes a pixel
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")

# What Pillow's decoders raise on broken files and on files that are not pictures.
UNREADABLE = (OSError, SyntaxError, EOFError, ValueError, RuntimeError)


def decode(image: Picture, side: int = WORK_SIDE) -> np.ndarray:
    """Decode a picture of any kind, reduced to a size to work on.

    Args:
        image: a Pillow image, a path, the bytes of an image file, or an array. `to_ink` lists the supported arrays.
        side: pixels; a picture that is longer is reduced by a whole factor to at most so many, unless its shorter side
            would fall below 4.

    Returns:
        (H, W) grey or (H, W, 3) uint8, upright. What is transparent has a ground that the opaque part stands out from.

    Raises:
        BlankImageError: the picture is fully transparent.
        ValueError: as `open_picture` raises it.
    """
    pixels = np.asarray(reduced(open_picture(image, side), side))
    return _flatten(pixels) if pixels.ndim == 3 and pixels.shape[2] == 4 else pixels


def reduced(image: Image.Image, side: int = WORK_SIDE) -> Image.Image:
    """A picture averaged by a whole factor to at most `side` pixels, unless its shorter side would fall below 4."""
    factor = -(-max(image.size) // side)
    return image.reduce(factor) if factor > 1 and min(image.size) >= 4 * factor else image


def open_picture(image: Picture, side: int = WORK_SIDE) -> Image.Image:
    """Open a picture of any kind at its full size.

    Args:
        image: a Pillow image, a path, the bytes of an image file, or an array. `to_ink` lists the supported arrays.
        side: pixels; a JPEG that is more than twice as long may be decoded at a fraction of its size.

    Returns:
        a loaded Pillow image of the mode L, RGB or RGBA, upright.

    Raises:
        ValueError: the input is not a readable picture, is less than 4 pixels on a side, or has more than
            `MAX_PIXELS` pixels, of a WebP `MAX_WEBP_PIXELS`.
    """
    if isinstance(image, np.ndarray):
        return _image_from_array(image)
    if isinstance(image, Image.Image):
        return _loaded(image)
    source: io.BytesIO | Path
    if isinstance(image, bytes):
        source, name = io.BytesIO(image), "The upload"
    elif isinstance(image, str | os.PathLike):
        source = path = Path(image)
        name = f"{path.name!r}"
        if str(image).startswith("data:"):
            raise ValueError("Expected a picture's file, got a data URL. Send the bytes that it holds.")
        if not _is_file(path):
            raise ValueError(f"There is no file {str(image)[:200]!r}.")
    else:
        raise ValueError(f"Expected a picture, a path or an array, got {type(image).__name__}.")
    try:
        opened = Image.open(source, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise ValueError(f"{name} is too large a picture. Send a smaller one.") from error
    except UNREADABLE as error:
        raise _unreadable(name) from error
    with opened:
        _check_size(*opened.size, MAX_WEBP_PIXELS if opened.format == "WEBP" else MAX_PIXELS)
        opened.draft(None, (2 * side, 2 * side))  # lets a large JPEG be decoded at a fraction of its size
        return _loaded(opened, name)


def pixels_of(image: Picture) -> int:
    """The pixels that decoding a picture makes, by its header; 0 where none can be read, as `open_picture` will tell."""
    if isinstance(image, np.ndarray | Image.Image):
        return int(np.prod(image.shape[:2] if isinstance(image, np.ndarray) else image.size))
    try:
        with Image.open(io.BytesIO(image) if isinstance(image, bytes) else image, formats=FORMATS) as opened:
            pixels = opened.width * opened.height
            return (
                pixels // 8 if opened.format == "JPEG" else pixels
            )  # a large one is decoded at a fraction of its size
    except (Image.DecompressionBombError, *UNREADABLE):
        return 0


def _unreadable(name: str) -> ValueError:
    return ValueError(f"{name} cannot be read as a picture. Use PNG, JPEG, WebP, GIF, BMP or TIFF.")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long for a file, such as a data URL
        return False


def _image_from_array(array: np.ndarray) -> Image.Image:
    shape = array.shape
    if array.ndim == 3 and shape[2] == 1:
        array = array[:, :, 0]
    if array.size == 0 or not (array.ndim == 2 or (array.ndim == 3 and shape[2] in (3, 4))):
        raise ValueError(f"Expected an array of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), got {shape}.")
    _check_size(array.shape[1], array.shape[0])
    return Image.fromarray(np.ascontiguousarray(to_bytes(array)))


def _check_size(width: int, height: int, most: int = MAX_PIXELS) -> None:
    if width * height > most:
        raise ValueError(
            f"The picture has {width} x {height} pixels; at most {most // 10**6} million can be read. Send a smaller one."
        )
    if min(width, height) < 4:
        raise ValueError(f"The picture has {width} x {height} pixels; it takes at least 4 x 4 to show anything.")


def _loaded(image: Image.Image, name: str = "The picture") -> Image.Image:
    _check_size(*image.size)
    try:
        image.load()
        # Asked after loading: Pillow turns a TIFF upright by itself, and then takes its orientation away.
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except UNREADABLE as error:
        raise _unreadable(name) from error
    plain = to_plain(image)
    return ImageOps.exif_transpose(plain, in_place=False) if orientation != 1 else plain


def _flatten(pixels: np.ndarray) -> np.ndarray:
    """RGBA (H, W, 4) -> RGB (H, W, 3), on a background that the opaque part contrasts with."""
    colour, alpha = pixels[..., :3], pixels[..., 3]
    if alpha.min() == 255:
        return colour
    if alpha.max() < 16:
        raise BlankImageError
    opaque = alpha > alpha.max() // 2
    if opaque.mean() > 0.5:  # mostly opaque: a picture with holes or rounded corners
        ground = np.median(colour[opaque], axis=0)
    else:  # mostly transparent: strokes without a background
        ground = 255.0 if colour[opaque].mean() < 128 else 0.0
    share = alpha[..., None] / np.float32(255)
    return np.rint(colour * share + ground * (1 - share)).astype(np.uint8)
