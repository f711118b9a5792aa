"""Decoding: a picture of any kind -> its pixels, grey or in colours.

This module handles everything about how a picture is stored: file format, bit depth, colours, transparency, EXIF
orientation and size. No later step depends on them.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from siamese.inputs import Picture
from siamese.inputs.errors import BlankImageError

WORK_SIDE = 320  # pixels; larger pictures are reduced to at most this side before any further work
MAX_PIXELS = 50_000_000  # accepts a 48-megapixel phone photograph, rejects a decompression bomb
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
EXIF_ORIENTATION = 0x0112
_UPRIGHT: dict[int, tuple[Image.Transpose, ...]] = {  # EXIF orientation -> the transposes that bring it upright
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}

# What Pillow's decoders raise on broken files and on files that are not pictures.
UNREADABLE = (OSError, SyntaxError, EOFError, ValueError, RuntimeError)


def decode_gray(image: Picture) -> np.ndarray:
    """Decode a picture of any kind as grey pixels, in which ink stands out from its ground as well as it can.

    Args:
        image: as `decode` takes it.

    Returns:
        (H, W) float32 in [0, 1], of the size that `decode` gives.

    Raises:
        BlankImageError: as `decode` raises it.
        ValueError: likewise.
    """
    pixels = decode(image)
    return (_most_contrast(pixels) if pixels.ndim == 3 else pixels).astype(np.float32) / 255


def decode(image: Picture, side: int = WORK_SIDE) -> np.ndarray:
    """Decode a picture of any kind.

    Args:
        image: a Pillow image, a path, the bytes of an image file, or an array. `to_ink` lists the supported arrays.
        side: pixels; a picture that is longer is reduced by a whole factor to at most so many, unless its shorter side
            would fall below 4.

    Returns:
        (H, W) grey or (H, W, 3) uint8, upright. What is transparent has a ground that the opaque part stands out from.

    Raises:
        BlankImageError: the picture is fully transparent.
        ValueError: the input is not a readable picture, is less than 4 pixels on a side, or has more than
            `MAX_PIXELS` pixels.
    """
    if isinstance(image, np.ndarray):
        return _pixels(_image_from_array(image), side)
    if isinstance(image, Image.Image):
        return _pixels(image, side)
    source: io.BytesIO | Path
    if isinstance(image, bytes):
        source, name = io.BytesIO(image), "The upload"
    elif isinstance(image, str | os.PathLike):
        source = path = Path(image)
        name = f"{path.name!r}"
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
        _check_size(*opened.size)
        opened.draft(None, (2 * side, 2 * side))  # lets a large JPEG be decoded at a fraction of its size
        return _pixels(opened, side, name)


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
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif np.issubdtype(array.dtype, np.floating):
        low, high = float(array.min()), float(array.max())
        if not (np.isfinite(low) and np.isfinite(high)) or low < -1 or high > (255 if low >= 0 else 1):
            raise ValueError(f"Expected finite values in [0, 1], [-1, 1] or [0, 255], got [{low:g}, {high:g}].")
        if low < 0:
            array = (array + 1) * 127.5
        elif high <= 1:
            array = array * 255
        array = np.rint(np.clip(array, 0, 255)).astype(np.uint8)
    elif np.issubdtype(array.dtype, np.integer):
        low, high = int(array.min()), int(array.max())
        if low < 0 or high > 65535:
            raise ValueError(f"Expected integers from 0 to 255 or to 65535, got {low} to {high}.")
        if high == 1:  # a mask
            array = array.astype(np.uint8) * 255
        elif high > 255:
            array = (array / (4095 if high <= 4095 else 65535) * 255).astype(np.uint8)
        else:
            array = array.astype(np.uint8)
    else:
        raise ValueError(f"Expected an array of numbers, got {array.dtype}.")
    return Image.fromarray(np.ascontiguousarray(array))


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"The picture has {width} x {height} pixels; at most {MAX_PIXELS // 10**6} million can be read. "
            "Send a smaller one."
        )
    if min(width, height) < 4:
        raise ValueError(f"The picture has {width} x {height} pixels; it takes at least 4 x 4 to show anything.")


def _pixels(image: Image.Image, side: int, name: str = "The picture") -> np.ndarray:
    width, height = image.size
    _check_size(width, height)
    try:
        transposes = _UPRIGHT.get(image.getexif().get(EXIF_ORIENTATION, 1), ())
        image.load()
    except UNREADABLE as error:
        raise _unreadable(name) from error
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = _from_deep(image)
    elif image.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    factor = -(-max(image.size) // side)
    if factor > 1 and min(image.size) >= 4 * factor:
        image = image.reduce(factor)
    for transpose in transposes:
        image = image.transpose(transpose)
    pixels = np.asarray(image)
    return _flatten(pixels) if pixels.ndim == 3 and pixels.shape[2] == 4 else pixels


def _from_deep(image: Image.Image) -> Image.Image:
    """Scale a 16-bit, 32-bit or float picture to 8 bits. The range is inferred from its largest value."""
    values = np.asarray(image, dtype=np.float32)
    if not np.isfinite(values).all():
        raise ValueError("The picture has values that are not numbers.")
    low, high = min(float(values.min()), 0.0), float(values.max())
    top = next((bound for bound in (1.0, 255.0, 4095.0, 65535.0) if high <= bound), high)
    return Image.fromarray(np.rint((values - low) / max(top - low, 1e-9) * 255).astype(np.uint8))


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


def _most_contrast(colour: np.ndarray) -> np.ndarray:
    """RGB (H, W, 3) -> grey (H, W): the luminance, or the channel of most contrast if it has over twice as much.

    The latter is for yellow on white, red on green and the like, which hardly show in the luminance.
    """
    red, green, blue = (colour[..., channel] for channel in range(3))
    if np.array_equal(red, green) and np.array_equal(green, blue):  # grey: any channel is the luminance
        return red
    luminance = np.asarray(Image.fromarray(np.ascontiguousarray(colour)).convert("L"))
    spread, spreads = np.std(luminance), colour[::2, ::2].std(axis=(0, 1), dtype=np.float32)
    best = int(spreads.argmax())
    return colour[..., best] if spreads[best] > 2 * spread else luminance
