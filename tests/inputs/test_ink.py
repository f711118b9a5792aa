"""Pictures of every kind that people bring, made from real digits, are read as the digits they show.

Whether one is read right is the vote of its five nearest pictures in the gallery, itself left out.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFilter, ImageOps
from scipy import ndimage

from siamese.data import pendigits as strokes
from siamese.data.synthetic import corruptions as scenes
from siamese.evaluation import metrics
from siamese.inputs.ink import BlankImageError, finding, is_ink, normalising, to_ink
from tests.helpers import canvas

FLOOR = 0.97  # of a hundred digits


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def pixels(ink: np.ndarray) -> np.ndarray:
    return np.asarray(canvas(ink))


def tinted(ink: np.ndarray, stroke: tuple[int, int, int], ground: tuple[int, int, int]) -> Image.Image:
    return ImageOps.colorize(canvas(ink), stroke, ground)


def stroke_on_nothing(ink: np.ndarray, colour: tuple[int, int, int], opacity: float = 1.0) -> Image.Image:
    """RGBA: only the stroke is opaque."""
    alpha = ImageOps.invert(canvas(ink)).point(lambda value: round(value * opacity))
    picture = Image.new("RGBA", alpha.size, (*colour, 0))
    picture.putalpha(alpha)
    return picture


def palette_with_transparency(ink: np.ndarray, kind: str) -> bytes:
    """Index 0 is the stroke, index 1 the ground, which is transparent though its colour is black too."""
    picture = Image.fromarray((pixels(ink) > 128).astype(np.uint8)).convert("P")
    picture.putpalette([0, 0, 0, 0, 0, 0])
    return encoded(picture, kind, transparency=1)


# --- kinds of files and arrays ------------------------------------------------------------------------

FILES = {
    "png grey": lambda ink: encoded(canvas(ink), "PNG"),
    "png grey and alpha": lambda ink: encoded(canvas(ink).convert("LA"), "PNG"),
    "png rgb": lambda ink: encoded(canvas(ink).convert("RGB"), "PNG"),
    "png rgba": lambda ink: encoded(canvas(ink).convert("RGBA"), "PNG"),
    "png palette": lambda ink: encoded(canvas(ink).convert("P"), "PNG"),
    "png one bit": lambda ink: encoded(canvas(ink).convert("1", dither=Image.Dither.NONE), "PNG"),
    "png 16 bit": lambda ink: encoded(Image.fromarray(pixels(ink).astype(np.uint16) * 257), "PNG"),
    "png 12 of 16 bit": lambda ink: encoded(Image.fromarray(pixels(ink).astype(np.uint16) * 16), "PNG"),
    "jpeg grey": lambda ink: encoded(canvas(ink), "JPEG"),
    "jpeg rgb": lambda ink: encoded(canvas(ink).convert("RGB"), "JPEG"),
    "jpeg cmyk": lambda ink: encoded(canvas(ink).convert("CMYK"), "JPEG"),
    "gif": lambda ink: encoded(canvas(ink), "GIF"),
    "bmp": lambda ink: encoded(canvas(ink), "BMP"),
    "webp": lambda ink: encoded(canvas(ink), "WEBP"),
    "tiff": lambda ink: encoded(canvas(ink), "TIFF", compression="tiff_lzw"),
    "tiff float": lambda ink: encoded(Image.fromarray(pixels(ink).astype(np.float32) / 255), "TIFF"),
    "dark on transparent": lambda ink: encoded(stroke_on_nothing(ink, (0, 0, 0)), "PNG"),
    "light on transparent": lambda ink: encoded(stroke_on_nothing(ink, (255, 255, 255)), "PNG"),
    "coloured on transparent": lambda ink: encoded(stroke_on_nothing(ink, (220, 40, 40)), "WEBP"),
    "translucent on transparent": lambda ink: encoded(stroke_on_nothing(ink, (0, 0, 0), 0.4), "PNG"),
    "palette with transparency": lambda ink: palette_with_transparency(ink, "PNG"),
    "gif with transparency": lambda ink: palette_with_transparency(ink, "GIF"),
}

ARRAYS = {
    "uint8": pixels,
    "int64": lambda ink: pixels(ink).astype(np.int64),
    "uint16": lambda ink: pixels(ink).astype(np.uint16) * 257,
    "float to 1": lambda ink: pixels(ink) / 255,
    "float from -1 to 1": lambda ink: pixels(ink) / 127.5 - 1,
    "float to 255": lambda ink: pixels(ink).astype(np.float32),
    "one channel": lambda ink: pixels(ink)[:, :, None],
    "three channels": lambda ink: np.stack([pixels(ink)] * 3, axis=2),
    "four channels": lambda ink: np.asarray(canvas(ink).convert("RGBA")),
}

MASKS = {
    "bool": lambda ink: pixels(ink) < 128,
    "0 and 1": lambda ink: (pixels(ink) < 128).astype(int),
    "0.0 and 1.0": lambda ink: (pixels(ink) < 128).astype(float),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_is_read(share_read, kind):
    assert share_read(FILES[kind]) >= FLOOR


@pytest.mark.parametrize("kind", ARRAYS)
def test_every_kind_of_array_is_read_as_the_picture_is(hundred, kind):
    for ink in hundred.images[:10, 0].numpy():
        assert np.array_equal(to_ink(ARRAYS[kind](ink)), to_ink(canvas(ink)))


@pytest.mark.parametrize("kind", MASKS)
def test_every_kind_of_mask_is_read(share_read, kind):
    assert share_read(MASKS[kind]) >= FLOOR


def test_a_path_a_name_bytes_and_a_picture_are_read_alike(hundred, tmp_path):
    picture = canvas(hundred.images[3, 0].numpy())
    path = tmp_path / "three.png"
    picture.save(path)
    wanted = to_ink(picture)
    for form in (path, str(path), path.read_bytes(), np.asarray(picture)):
        assert np.array_equal(to_ink(form), wanted)


STORED = {  # how a camera that was held that way stores an upright scene
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("size", [(140, 140), (1200, 900)])
@pytest.mark.parametrize("orientation", STORED)
def test_a_jpeg_is_turned_upright(hundred, orientation, size):
    exif = Image.Exif()
    exif[0x0112] = orientation
    differences = []
    for ink in hundred.images[:10, 0].numpy():
        upright = ImageOps.pad(canvas(ink), size, color=255)
        stored = upright if STORED[orientation] is None else upright.transpose(STORED[orientation])
        file = encoded(stored, "JPEG", quality=95, exif=exif)
        turned = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
        assert np.abs(np.asarray(turned, float) - np.asarray(upright)).mean() < 2  # the file is what it should be
        differences.append(np.abs(to_ink(file).astype(float) - to_ink(upright)).mean())
    assert np.median(differences) < 1  # a digit may come to lie a pixel beside


def test_the_callers_picture_is_left_as_it_was(hundred):
    """A large JPEG may be decoded at a fraction of its size, but not behind the back of who opened it."""
    opened = Image.open(io.BytesIO(encoded(canvas(hundred.images[0, 0].numpy(), 2000), "JPEG")))
    to_ink(opened)
    assert opened.size == (2000, 2000)
    array = pixels(hundred.images[0, 0].numpy()).copy()
    before = array.copy()
    to_ink(array)
    assert np.array_equal(array, before)


# --- ways of drawing ------------------------------------------------------------------------------------


def small_and_off_centre(ink: np.ndarray) -> Image.Image:
    paper = Image.new("L", (280, 280), 255)
    paper.paste(canvas(ink, 70, 1.0), (205, 10))
    return paper


def alone(ink: np.ndarray) -> Image.Image:
    return canvas(ink, 280, 0.6)


def with_specks(ink: np.ndarray) -> Image.Image:
    picture = alone(ink)
    draw = ImageDraw.Draw(picture)
    for x, y in np.random.default_rng(int(ink.sum())).integers(5, 275, (12, 2)).tolist():
        draw.ellipse((x, y, x + 2, y + 2), fill=0)
    return picture


def with_frame(ink: np.ndarray) -> Image.Image:
    picture = alone(ink)
    ImageDraw.Draw(picture).rectangle((36, 38, 240, 242), outline=0, width=4)
    return picture


def ruled(ink: np.ndarray) -> Image.Image:
    """Dark lines from rim to rim, above and below the digit and through it."""
    picture = alone(ink)
    for y in range(20, 280, 60):
        ImageDraw.Draw(picture).line((0, y, 280, y), fill=60, width=2)
    return picture


def in_two_strokes(ink: np.ndarray) -> Image.Image:
    """The pen was lifted halfway: a gap of four pixels goes through the digit."""
    picture = canvas(ink, 280)
    ImageDraw.Draw(picture).rectangle((0, 138, 280, 141), fill=255)
    return picture


def tight_scan(ink: np.ndarray) -> np.ndarray:
    """The digit alone at 16 pixels, without a margin."""
    rows, columns = np.flatnonzero((ink > 64).any(axis=1)), np.flatnonzero((ink > 64).any(axis=0))
    cut = Image.fromarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    width, height = (max(4, round(side * 16 / max(cut.size))) for side in cut.size)
    return np.asarray(ImageOps.pad(cut.resize((width, height), Image.Resampling.BICUBIC), (16, 16), color=0))


DRAWINGS = {
    "dark on light": lambda ink: canvas(ink, 280),
    "light on dark": lambda ink: ImageOps.invert(canvas(ink, 280)),
    "pale pencil": lambda ink: canvas(ink).point(lambda value: 170 + value // 4),
    "grey on grey": lambda ink: canvas(ink).point(lambda value: 160 - value // 3),
    "thin brush": lambda ink: canvas(ink, 280).filter(ImageFilter.MaxFilter(7)),
    "thick brush": lambda ink: canvas(ink, 280).filter(ImageFilter.MinFilter(13)),
    "small and off-centre": small_and_off_centre,
    "filling the canvas": lambda ink: canvas(ink, 280, 1.2),
    "wide canvas": lambda ink: ImageOps.pad(canvas(ink), (500, 140), color=255),
    "specks": with_specks,
    "frame": with_frame,
    "ruled": ruled,
    "two strokes": in_two_strokes,
    "yellow on white": lambda ink: tinted(ink, (255, 235, 60), (255, 255, 255)),
    "red on green": lambda ink: tinted(ink, (200, 60, 40), (60, 130, 50)),
    "blue on black": lambda ink: tinted(ink, (60, 80, 255), (0, 0, 0)),
    "scan cut tight": tight_scan,
    "scan cut tight, dark on light": lambda ink: 255 - tight_scan(ink),
}


@pytest.mark.parametrize("way", DRAWINGS)
def test_every_way_of_drawing_is_read(share_read, way):
    assert share_read(DRAWINGS[way]) >= FLOOR


@pytest.mark.parametrize("clutter", [with_specks, with_frame, ruled])
def test_what_stands_beside_the_digit_leaves_no_trace(hundred, clutter):
    differences = [
        np.abs(to_ink(clutter(ink)).astype(float) - to_ink(alone(ink))).mean() for ink in hundred.images[:50, 0].numpy()
    ]
    assert np.median(differences) < 3


def test_photographs_of_paper_are_read(share_read):
    chance = np.random.default_rng(0)
    assert share_read(lambda ink: scenes.photograph(ink, chance)) >= 0.93


def test_scans_of_all_sorts_are_read(share_read):
    chance = np.random.default_rng(0)
    assert share_read(lambda ink: scenes.scan(ink, chance)) >= 0.95


# --- the form of ink --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", DRAWINGS)
def test_ink_has_the_form_of_mnist(hundred, way):
    for image in hundred.images[:20, 0].numpy():
        ink = to_ink(DRAWINGS[way](image))
        assert (ink.shape, ink.dtype) == ((28, 28), np.uint8)
        assert ink.max() > 200
        assert ink[[0, -1]].mean() < 10  # white on black
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        assert 17 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21


def test_mnist_passes_practically_unchanged(matcher):
    gallery = matcher.gallery
    changed = np.array([i for i, image in enumerate(gallery.images) if not np.array_equal(to_ink(image), image)])
    assert len(changed) <= 150  # of 10,000

    # Of those that change, hardly any is read otherwise: 0.05 points are 5 of the 10,000.
    def right(ink: np.ndarray) -> torch.Tensor:
        similarity = torch.from_numpy(matcher.embed(ink) @ gallery.embeddings.T)
        similarity[torch.arange(len(changed)), torch.from_numpy(changed)] = -2  # without itself
        labels = torch.from_numpy(gallery.labels)
        return metrics.vote(labels[similarity.topk(5).indices]) == labels[changed]

    before, after = gallery.images[changed], np.stack([to_ink(image) for image in gallery.images[changed]])
    assert abs(int(right(before).sum()) - int(right(after).sum())) <= 5


def test_inverted_mnist_is_turned_back(hundred):
    same = [np.array_equal(to_ink(255 - image), to_ink(image)) for image in hundred.images[:, 0].numpy()]
    assert np.mean(same) >= FLOOR


def test_reading_ink_again_changes_nothing(hundred):
    inks = [to_ink(canvas(image)) for image in hundred.images[:, 0].numpy()]
    again = [np.array_equal(to_ink(ink), ink) for ink in inks]
    assert np.mean(again) >= 0.98


def test_thin_and_thick_brushes_come_out_much_alike():
    """What the canvas shows of them differs more than tenfold, what the network sees little more than twofold."""
    down_and_right, downwards = np.array([[200, 100], [150, 250], [300, 250]]), np.array([[260, 150], [260, 400]])
    four = strokes.Recording(4, 1, (down_and_right.astype(float), downwards.astype(float)))
    pictures = [strokes.render(four, brush) for brush in (3, 8, 14, 20, 30, 36)]
    drawn = [(np.asarray(picture) < 128).sum() for picture in pictures]
    seen = [(to_ink(picture) > 127).sum() for picture in pictures]
    assert max(drawn) > 10 * min(drawn)
    assert max(seen) < 2.5 * min(seen)


def test_is_ink_knows_ink_from_other_small_pictures(hundred):
    image = hundred.images[0, 0].numpy()
    assert is_ink(image)
    assert not is_ink(255 - image)
    assert not is_ink(np.roll(image, 4, axis=1))
    assert not is_ink(np.zeros((28, 28), np.uint8))
    assert not is_ink(image // 4)
    small = np.zeros((28, 28), np.uint8)
    small[9:19, 9:19] = np.asarray(Image.fromarray(image).resize((10, 10)))
    assert not is_ink(small)


# --- nothing to read --------------------------------------------------------------------------------------


def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(180, 3, (200, 200)).clip(0, 255)


BLANKS = {
    "white": Image.new("L", (280, 280), 255),
    "black": Image.new("RGB", (280, 280)),
    "grey": Image.new("L", (28, 28), 90),
    "transparent": Image.new("RGBA", (280, 280), (0, 0, 0, 0)),
    "transparent white": Image.new("RGBA", (280, 280), (255, 255, 255, 0)),
    "opaque white": Image.new("RGBA", (280, 280), (255, 255, 255, 255)),
    "noise": noise(),
    "zeros": np.zeros((28, 28)),
    "white 16 bit": np.full((50, 50), 65535, np.uint16),
}


@pytest.mark.parametrize("kind", BLANKS)
def test_a_blank_picture_is_refused_as_blank(kind):
    with pytest.raises(BlankImageError, match="nothing drawn"):
        to_ink(BLANKS[kind])


def refusal(value: object) -> str:
    """What to_ink says, in one line, of what it will not read."""
    with pytest.raises(ValueError) as caught:
        to_ink(value)
    message = str(caught.value)
    assert message
    assert "\n" not in message
    assert not isinstance(caught.value, BlankImageError)
    return message


def header_of_png(width: int, height: int) -> bytes:
    """A PNG that promises so many pixels, and holds none."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_decompression_bomb_is_refused_by_its_header():
    assert "13000 x 13000 pixels" in refusal(header_of_png(13_000, 13_000))
    assert "too large" in refusal(header_of_png(60_000, 60_000))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_that_is_already_open_is_refused_too():
    assert "13000 x 13000 pixels" in refusal(Image.open(io.BytesIO(header_of_png(13_000, 13_000))))


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"%PDF-1.7\n", b"<svg></svg>", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04"]
)
def test_a_file_that_is_no_picture_is_refused(content, tmp_path):
    assert "cannot be read as a picture" in refusal(content)
    (tmp_path / "notes.txt").write_bytes(content)
    assert "'notes.txt' cannot be read as a picture" in refusal(tmp_path / "notes.txt")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF"])
def test_a_truncated_file_is_refused(hundred, kind):
    whole = encoded(canvas(hundred.images[0, 0].numpy()), kind)
    for share in (0.1, 0.5, 0.8):
        assert "cannot be read as a picture" in refusal(whole[: int(len(whole) * share)])


def test_a_truncated_file_that_is_already_open_is_refused_too(hundred):
    whole = encoded(canvas(hundred.images[0, 0].numpy()), "PNG")
    refusal(Image.open(io.BytesIO(whole[: len(whole) // 2])))


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "PPM"])
def test_a_damaged_file_is_read_or_refused_but_never_an_accident(hundred, kind):
    whole = encoded(canvas(hundred.images[0, 0].numpy()), kind)
    chance, refused = np.random.default_rng(0), 0
    for _ in range(60):
        damaged = bytearray(whole)
        for at in chance.integers(0, len(whole), 4).tolist() + chance.integers(0, 40, 2).tolist():
            damaged[at] = chance.integers(0, 256)
        try:
            assert to_ink(bytes(damaged)).shape == (28, 28)
        except ValueError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 0


def test_a_missing_file_is_refused(tmp_path):
    assert "There is no file" in refusal(tmp_path / "missing.png")
    assert "There is no file" in refusal(tmp_path)


def test_text_that_is_no_path_is_refused():
    refusal("data:image/png;base64," + "iVBORw0KGgo" * 500)
    refusal("")


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 28)),
        np.zeros(28),
        np.zeros((28, 28, 2)),
        np.full((28, 28), np.nan),
        np.full((28, 28), 300.0),
        np.linspace(-5, 1, 784).reshape(28, 28),
        np.linspace(-1, 255, 784).reshape(28, 28),
        np.full((28, 28), -1),
        np.full((28, 28), 70_000),
        np.full((28, 28), "a"),
        np.zeros((3, 28)),
    ],
    ids=[
        "empty",
        "one axis",
        "two channels",
        "nan",
        "300.0",
        "-5.0",
        "-1 to 255",
        "-1",
        "70000",
        "text",
        "3 pixels high",
    ],
)
def test_an_array_that_is_no_picture_is_refused(array):
    refusal(array)


@pytest.mark.parametrize("value", [None, 7, ["a.png"], {"image": 1}])
def test_what_is_no_picture_at_all_is_refused(value):
    assert type(value).__name__ in refusal(value)


# --- what is done faster than NumPy and SciPy do it -----------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 500])
def test_the_quantile_is_numpys(count):
    values = np.random.default_rng(count).random(count, dtype=np.float32)
    assert finding._quantile(values, 0.8) == pytest.approx(float(np.quantile(values, 0.8)), abs=1e-6)


def test_distances_are_scipys(hundred):
    for ink in hundred.images[:10, 0].numpy():
        for mask in (ink > 100, ink <= 100, np.ones((5, 3), bool), np.pad(np.ones((1, 1), bool), 2)):
            assert np.array_equal(normalising._distances(mask), ndimage.distance_transform_edt(mask))
