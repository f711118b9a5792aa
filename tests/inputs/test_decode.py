"""Pictures stored in every way that people store them are decoded alike; what is no picture is refused in one line."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from siamese.inputs.decode import WORK_SIDE, decode
from siamese.inputs.ink import BlankImageError, to_ink
from tests.helpers import STORED, canvas, encoded

FLOOR = 0.97  # of a hundred digits, that the vote of the nearest five in the gallery reads right


def pixels(ink: np.ndarray) -> np.ndarray:
    return np.asarray(canvas(ink))


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


@pytest.mark.parametrize("size", [(140, 140), (1200, 900)])
@pytest.mark.parametrize("orientation", [1, *STORED])
def test_a_jpeg_is_turned_upright(hundred, orientation, size):
    exif = Image.Exif()
    exif[0x0112] = orientation
    differences = []
    for ink in hundred.images[:10, 0].numpy():
        upright = ImageOps.pad(canvas(ink), size, color=255)
        stored = upright if orientation == 1 else upright.transpose(STORED[orientation])
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


def test_pixels_come_in_a_size_to_work_on(hundred):
    ink = hundred.images[0, 0].numpy()
    small, large = decode(ink), decode(canvas(ink, 1000))
    assert (small.shape, small.dtype, large.dtype) == ((28, 28), np.uint8, np.uint8)
    assert np.array_equal(small, ink)
    assert WORK_SIDE / 2 < max(large.shape) <= WORK_SIDE


# --- what is refused -----------------------------------------------------------------------------------


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
    rng, refused = np.random.default_rng(0), 0
    for _ in range(60):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole), 4).tolist() + rng.integers(0, 40, 2).tolist():
            damaged[at] = rng.integers(0, 256)
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
