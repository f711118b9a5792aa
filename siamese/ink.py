"""Any picture of a symbol -> 28x28 ink, made the way MNIST was made.

MNIST's digits were cut out, scaled into a 20x20 box with their aspect kept, and placed in a 28x28
field with their centre of mass in the middle (LeCun et al., 1998). A network that learned from them
reads a drawing only as well as the drawing was brought into the same form, so everything that enters
the system enters through `to_ink`: read, find the ink, clean it, normalise the stroke, fit, centre.

Ink is white (255) on black (0).
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

SIDE = 28  # of the picture that the network sees
BOX = 20  # of the box that the symbol is fitted into
WORK_SIDE = 320  # larger pictures are reduced to at most this before any work is done on them
PHOTO_SIDE = 200  # photographs are reduced further, to at most this
FINE = 4  # strokes are normalised at this multiple of the final resolution
MAX_PIXELS = 50_000_000  # a 48-megapixel phone photograph passes, a decompression bomb does not
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")

# Stroke widths, in pixels of the 20x20 box, that are left alone: thinner strokes are thickened to the
# first and thicker ones thinned to the second. They are the 15th and 85th percentile of MNIST's own.
STROKE_WIDTHS = (1.8, 3.2)

MIN_CONTRAST = 0.07  # of the full range, between ink and ground; less is a blank picture
EXIF_ORIENTATION = 0x0112
_TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}


class BlankImageError(ValueError):
    """There is no ink in the picture."""

    def __init__(self, message: str = "There is nothing drawn in this picture. Draw or upload a symbol."):
        super().__init__(message)


def to_ink(image: Image.Image | np.ndarray | str | os.PathLike | bytes) -> np.ndarray:
    """Find the symbol in a picture and bring it into MNIST's form.

    Args:
        image: a PIL image, a path, the bytes of an image file, or an array: (H, W), (H, W, 1), (H, W, 3)
            or (H, W, 4); booleans, integers of 8 or 16 bits, or floats in [0, 1], [-1, 1] or [0, 255].

    Returns:
        (28, 28) uint8, white ink on black. A picture that already has this form is returned unchanged.

    Raises:
        BlankImageError: nothing stands out from the ground.
        ValueError: no readable image, or one of more than `MAX_PIXELS` pixels.
    """
    gray = read_gray(image)
    if gray.shape == (SIDE, SIDE):
        for candidate in (gray, 1.0 - gray):
            ink = np.rint(candidate * 255).astype(np.uint8)
            if is_ink(ink):
                return ink
    darkness, photographed = find_ink(gray)
    symbol = clean(darkness, photographed)
    return fit(normalise_stroke(symbol))


def is_ink(picture: np.ndarray) -> bool:
    """Whether a (28, 28) uint8 picture already is as MNIST's are: black rim, 20x20 box, centred by mass."""
    if picture[[0, -1]].any() or picture[:, [0, -1]].any():
        return False
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    if not rows.size or picture.max() < 128:
        return False
    longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    offset = np.abs(np.array(ndimage.center_of_mass(picture)) - SIDE / 2)
    return BOX - 3 <= longest <= BOX + 1 and offset.max() <= 1.6


# --- reading ------------------------------------------------------------------------------------------


def read_gray(image: Image.Image | np.ndarray | str | os.PathLike | bytes) -> np.ndarray:
    """Read a picture of any kind as (H, W) float32 in [0, 1], at most `WORK_SIDE` on a side."""
    if isinstance(image, np.ndarray):
        image = _image_from_array(image)
        return _gray_from_image(image)
    if isinstance(image, Image.Image):
        return _gray_from_image(image)
    if isinstance(image, bytes):
        source, name = io.BytesIO(image), "The upload"
    elif isinstance(image, str | os.PathLike):
        source, name = Path(image), f"{Path(image).name!r}"
        if not _is_file(source):
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
        opened.draft(None, (2 * WORK_SIDE, 2 * WORK_SIDE))  # a JPEG is decoded at a fraction of its size
        return _gray_from_image(opened, name)


# What Pillow's decoders raise on files that are none or are broken.
UNREADABLE = (OSError, SyntaxError, EOFError, ValueError, RuntimeError)


def _unreadable(name: str) -> ValueError:
    return ValueError(f"{name} cannot be read as a picture. Use PNG, JPEG, WebP, GIF, BMP or TIFF.")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file can have, such as a data URL
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
        raise ValueError(f"The picture has {width} x {height} pixels; it takes at least 4 x 4 to show a symbol.")


def _gray_from_image(image: Image.Image, name: str = "The picture") -> np.ndarray:
    width, height = image.size
    _check_size(width, height)
    try:
        turns = _TURNS.get(image.getexif().get(EXIF_ORIENTATION), ())
        image.load()
    except UNREADABLE as error:
        raise _unreadable(name) from error
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = _from_deep(image)
    elif image.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    factor = -(-max(image.size) // WORK_SIDE)
    if factor > 1 and min(image.size) >= 4 * factor:
        image = image.reduce(factor)
    for turn in turns:
        image = image.transpose(turn)
    pixels = np.asarray(image)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        pixels = _flatten(pixels)
    if pixels.ndim == 3:
        pixels = _most_contrast(pixels)
    return pixels.astype(np.float32) / 255


def _from_deep(image: Image.Image) -> Image.Image:
    """Scale 16-bit, 32-bit and float pictures, whose range only they know, to 8 bits."""
    values = np.asarray(image, dtype=np.float32)
    if not np.isfinite(values).all():
        raise ValueError("The picture has values that are not numbers.")
    low, high = min(float(values.min()), 0.0), float(values.max())
    top = next((bound for bound in (1.0, 255.0, 4095.0, 65535.0) if high <= bound), high)
    return Image.fromarray(np.rint((values - low) / max(top - low, 1e-9) * 255).astype(np.uint8))


def _flatten(pixels: np.ndarray) -> np.ndarray:
    """Put a transparent picture on a ground against which its opaque part can be seen."""
    colour, alpha = pixels[..., :3], pixels[..., 3]
    if alpha.min() == 255:
        return colour
    if alpha.max() < 16:
        raise BlankImageError
    opaque = alpha > alpha.max() // 2
    if opaque.mean() > 0.5:  # a picture with holes or rounded corners
        ground = np.median(colour[opaque], axis=0)
    else:  # strokes on nothing
        ground = 255.0 if colour[opaque].mean() < 128 else 0.0
    share = alpha[..., None] / np.float32(255)
    return np.rint(colour * share + ground * (1 - share)).astype(np.uint8)


def _most_contrast(colour: np.ndarray) -> np.ndarray:
    """Luminance, unless one colour channel shows far more (yellow on white, red on green)."""
    luminance = np.asarray(Image.fromarray(np.ascontiguousarray(colour)).convert("L"))
    spread, spreads = np.std(luminance), colour[::2, ::2].std(axis=(0, 1), dtype=np.float32)
    best = int(spreads.argmax())
    return colour[..., best] if spreads[best] > 2 * spread else luminance


# --- finding the ink ----------------------------------------------------------------------------------


def find_ink(gray: np.ndarray) -> tuple[np.ndarray, bool]:
    """Tell ink from ground.

    Args:
        gray: (H, W) float32 in [0, 1].

    Returns:
        darkness: (H, W) float32, 0 where there is ground and about 1 where there is ink.
        photographed: whether the ground is uneven, so that stains and ruled lines have to be expected.
    """
    low, high = float(gray.min()), float(gray.max())
    if high - low < MIN_CONTRAST:
        raise BlankImageError
    photographed = min(gray.shape) >= 64 and not _is_drawn(gray)
    if photographed:
        if max(gray.shape) > PHOTO_SIDE:  # enough to see a symbol by, and the grain is averaged
            gray = np.asarray(Image.fromarray(gray).reduce(-(-max(gray.shape) // PHOTO_SIDE)))
        darkness = _flat_field(gray)
    elif _ink_is_light(gray):
        darkness = np.maximum(gray - _ground(gray, light=False), 0)
    else:
        darkness = np.maximum(_ground(gray, light=True) - gray, 0)
    inside = darkness[darkness > _otsu(darkness)]
    strength = float(np.quantile(inside, 0.8)) if inside.size else 0.0
    noise = 1.4826 * float(np.median(np.abs(darkness - np.median(darkness))))
    if strength < MIN_CONTRAST or (photographed and strength < 6 * noise):
        raise BlankImageError
    return np.minimum(darkness / strength, 1.0), photographed


def _is_drawn(gray: np.ndarray) -> bool:
    """Whether nearly all pixels have one of two values, the ground's and the ink's, as on a canvas."""
    counts = np.convolve(_histogram(gray), np.ones(7), mode="same")  # within 3 levels of 256
    first = int(counts.argmax())
    apart = np.abs(np.arange(256) - first) > 16
    return float(counts[first] + (counts * apart).max()) > 0.7 * gray.size


def _histogram(values: np.ndarray) -> np.ndarray:
    """Counts of values in [0, 1] over 256 levels."""
    return np.bincount((values * 255 + 0.5).astype(np.uint8).ravel(), minlength=256)


def _mode(gray: np.ndarray) -> float:
    counts = np.convolve(_histogram(gray), np.ones(5), mode="same")
    return int(counts.argmax()) / 255


def _ground(gray: np.ndarray, light: bool) -> float:
    """The value of an even ground: the mode, if that lies on the ground's side of the middle."""
    mode, middle = _mode(gray), (float(gray.min()) + float(gray.max())) / 2
    if (mode > middle) == light:
        return mode
    return float(np.median(gray[gray > middle] if light else gray[gray <= middle]))


def _otsu(values: np.ndarray) -> float:
    """The threshold that parts values in [0, 1] into two classes of least variance (Otsu, 1979)."""
    counts = _histogram(values)
    levels = np.arange(256) / 255
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return (int(np.nan_to_num(between).argmax()) + 0.5) / 255


def _ink_is_light(gray: np.ndarray) -> bool:
    """Whether light pixels are the ink, in a picture with an even ground.

    Ink is the smaller part, it keeps from the rim and the corners, and it is made of strokes: the
    ground has room for a larger disc. A tightly cut digit can contradict any one of these.
    """
    light = gray > _otsu(gray)
    rim = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    corners = light[[0, 0, -1, -1], [0, -1, 0, -1]]
    step = max(1, max(gray.shape) // 70)
    room = _widest(light[::step, ::step]) - _widest(~light[::step, ::step])
    votes = 2.0 * (light.mean() - 0.5) + (rim.mean() - 0.5) + 0.5 * (corners.mean() - 0.5) + 2.0 * room
    return bool(votes < 0)


def _widest(mask: np.ndarray) -> float:
    """Radius of the largest disc inside a mask that goes on beyond the rim, as a share of the side."""
    if mask.all():
        return 1.0
    return float(ndimage.distance_transform_edt(mask).max()) / max(mask.shape)


def _flat_field(gray: np.ndarray) -> np.ndarray:
    """Darkness of the strokes in an unevenly lit picture: how far they lie below (or above) the paper.

    The paper is what a grey closing with a window wider than any stroke leaves of the picture: it takes
    the strokes away and keeps the edges of shadows where they are. Light multiplies, so the ratio counts.
    Whichever of dark and light strokes stands out more from its closing is the ink.
    """
    smooth = ndimage.gaussian_filter(gray, max(gray.shape) / 250)
    window = max(3, max(gray.shape) // 5)
    paper = ndimage.grey_closing(smooth, (window, window), mode="nearest")
    board = ndimage.grey_opening(smooth, (window, window), mode="nearest")
    if float(((smooth - board) ** 3).sum()) > 3 * float(((paper - smooth) ** 3).sum()):
        chosen = (smooth - board) / np.maximum(1 - board, 0.05)
    else:
        chosen = 1 - smooth / np.maximum(paper, 0.05)
    # Grain alone lies below its own closing; that much is paper.
    return np.clip(chosen - np.median(chosen), 0, 1).astype(np.float32)


# --- cleaning -----------------------------------------------------------------------------------------


def clean(darkness: np.ndarray, photographed: bool) -> np.ndarray:
    """Keep the symbol and drop specks, frames, ruled lines; cut out what is left.

    Returns:
        (h, w) float32 in [0, 1], cut to the symbol.
    """
    if min(darkness.shape) < 40:  # a scan of the symbol alone: everything in it counts
        return _cut(darkness, darkness > 0.35)
    if photographed:
        # Ruled lines are paler than the pen: what does not reach the pen's darkness anywhere goes.
        darkness = np.clip((darkness - 0.3) / 0.45, 0, 1)
    mask = darkness > 0.45
    mask = _without_ruling(mask)
    mask = _main_parts(mask, photographed)
    if not mask.any():
        raise BlankImageError
    near = ndimage.binary_dilation(mask, iterations=2)
    return _cut(darkness * near, mask)


def _cut(darkness: np.ndarray, mask: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        raise BlankImageError
    margin = 1
    top, bottom = max(rows[0] - margin, 0), rows[-1] + 1 + margin
    left, right = max(columns[0] - margin, 0), columns[-1] + 1 + margin
    return darkness[top:bottom, left:right]


def _without_ruling(mask: np.ndarray) -> np.ndarray:
    """Remove lines that run from rim to rim, where something else is left without them."""
    kept = mask
    for axis in (0, 1):
        along = kept.mean(axis=1 - axis)
        ruled = along > 0.85
        if not ruled.any() or ruled.mean() > 0.25:
            continue
        lines = np.zeros_like(kept)
        lines[ruled if axis == 0 else slice(None), slice(None) if axis == 0 else ruled] = True
        rest = kept & ~lines
        if rest.sum() > 0.3 * (kept & lines).sum() and _extent(rest) > 0.15:
            # A stroke that crosses a line is broken by its removal; closing across the gap mends it.
            thickness = int(ndimage.label(ruled)[0].max() and ruled.sum() / ndimage.label(ruled)[1]) + 2
            size = (thickness + 2, 1) if axis == 0 else (1, thickness + 2)
            kept = ndimage.binary_closing(np.pad(rest, thickness), np.ones(size, bool))
            kept = kept[thickness:-thickness, thickness:-thickness]
    return kept


def _extent(mask: np.ndarray) -> float:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return max(np.ptp(rows) / mask.shape[0], np.ptp(columns) / mask.shape[1]) if rows.size else 0.0


def _main_parts(mask: np.ndarray, photographed: bool) -> np.ndarray:
    """The connected parts that make up the symbol: no frame, no specks, no shadow that enters from the rim."""
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    if count <= 1:
        return mask
    areas = np.bincount(labels.ravel())[1:]
    boxes = ndimage.find_objects(labels)
    spans = np.array([max(rows.stop - rows.start, cols.stop - cols.start) for rows, cols in boxes])
    dropped = np.zeros(count, dtype=bool)
    for part in np.argsort(-spans)[:3]:
        others = ~dropped
        others[part] = False
        if others.any() and spans[others].max() > 0.1 * max(mask.shape) and _is_frame(labels, boxes[part], part + 1):
            dropped[part] = True
    height, width = mask.shape
    at_rim = np.array(
        [rows.start == 0 or cols.start == 0 or rows.stop == height or cols.stop == width for rows, cols in boxes]
    )
    areas = np.where(dropped, 0, areas)
    spans = np.where(dropped, 0, spans)
    main = int(np.argmax(np.where(at_rim & photographed, 0.1, 1.0) * areas))
    # What is small in length and in area beside the main stroke is a speck; the dot of an i is not.
    specks = (areas < 0.03 * areas[main]) | ((spans < 0.12 * spans[main]) & (areas < 0.1 * areas[main]))
    # Ink that touches the rim and lies apart from the main part belongs to something else.
    foreign = at_rim & (photographed | (areas < 0.3 * areas[main]))
    foreign[main] = False
    keep = ~(specks | dropped | foreign)
    return np.concatenate([[False], keep])[labels]


def _is_frame(labels: np.ndarray, box: tuple[slice, slice], label: int) -> bool:
    """Whether a part runs along the edges of a box that nearly fills the picture, and encloses others."""
    height, width = (s.stop - s.start for s in box)
    if height < 0.6 * labels.shape[0] or width < 0.6 * labels.shape[1]:
        return False
    part = labels[box] == label
    rim = max(2, round(0.12 * min(height, width)))
    inner = part[rim:-rim, rim:-rim]
    straight = [part[:rim].any(0), part[-rim:].any(0), part[:, :rim].any(1), part[:, -rim:].any(1)]
    return bool(inner.sum() < 0.02 * part.sum() and sum(s.mean() > 0.9 for s in straight) >= 3)


# --- bringing it into form ----------------------------------------------------------------------------


def normalise_stroke(symbol: np.ndarray) -> np.ndarray:
    """Bring the symbol to `FINE` times its final size, and its stroke into `STROKE_WIDTHS`.

    The width of a stroke is four times the mean distance of its pixels from its edge: across a long
    bar of width w the distance rises from 0 to w / 2 and falls again, w / 4 on average.
    """
    target = FINE * (BOX - 1)
    scale = target / max(symbol.shape)
    size = tuple(max(1, round(side * scale)) for side in symbol.shape[::-1])
    fine = Image.fromarray(symbol).resize(size, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX)
    fine = np.pad(np.asarray(fine), 2 * FINE)
    mask = fine > 0.5
    if not mask.any():
        return fine
    inside = ndimage.distance_transform_edt(mask)
    width = stroke_width(inside[mask]) / FINE
    thinnest, thickest = STROKE_WIDTHS
    wanted = min(max(width, thinnest), thickest)
    grow = FINE * (wanted - width) / 2
    if abs(grow) < 0.25:
        return fine
    distance = inside - ndimage.distance_transform_edt(~mask)  # positive inside
    return np.clip(distance + grow, -0.5, 0.5).astype(np.float32) + 0.5


def stroke_width(distances: np.ndarray) -> float:
    """Mean stroke width from the distances of the ink's pixels to its edge, in the same unit."""
    return float(4 * (distances - 0.5).mean())


def fit(symbol: np.ndarray) -> np.ndarray:
    """Fit a symbol into the 20x20 box and put its centre of mass into the middle of the field."""
    cut = _cut(symbol, symbol > 0.25)
    scale = BOX / max(cut.shape)
    size = tuple(max(1, round(side * scale)) for side in cut.shape[::-1])
    small = np.asarray(Image.fromarray(np.ascontiguousarray(cut)).resize(size, Image.Resampling.BOX))
    small = np.clip(small / max(float(small.max()), 1e-6), 0, 1)
    height, width = small.shape
    centre = ndimage.center_of_mass(small)
    top = int(np.clip(round(SIDE / 2 - centre[0]), 0, SIDE - height))
    left = int(np.clip(round(SIDE / 2 - centre[1]), 0, SIDE - width))
    field = np.zeros((SIDE, SIDE), dtype=np.uint8)
    field[top : top + height, left : left + width] = np.rint(small * 255)
    return field
