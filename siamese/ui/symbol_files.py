"""A visitor's symbols as files: the ready sets, and what the New symbols tab downloads and loads again."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path

import numpy as np
from PIL import Image

from siamese.config.model import INK_SIDES, InputConfig
from siamese.inputs.preparing import pixel_shape
from siamese.ui import answers, components
from siamese.ui.static_files import STATIC

MAX_SYMBOLS, MAX_EXAMPLES = 20, 5  # that a visitor can teach, and examples of each
MAX_NAME = 24  # characters
MAX_FILE = 50_000  # bytes of a file beside its pictures
FORMAT = "siamese symbols 1"  # of ink
FORMAT_OTHERS = "siamese things 1"  # with the pictures' kind, size and channels
READY_SETS = tuple(sorted((STATIC.parent / "symbol_sets").glob("*.png")))
SIDE = InputConfig().size[0]  # of a drawing in a ready set

INK = InputConfig()

Drawings = dict[str, list[np.ndarray]]  # name -> examples, each a prepared picture


def named(name: str | None) -> str:
    """A name as it is shown and written, of at most `MAX_NAME` characters; it may be empty.

    Raises:
        ValueError: it has characters that no file can hold, halves of others that were torn apart.
    """
    name = " ".join((name or "").split())[:MAX_NAME]
    try:
        name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("This name has characters that cannot be written. Choose another.") from error
    return name


def write_file(drawings: Mapping[str, Sequence[np.ndarray]], input: InputConfig = INK) -> str:
    """All symbols as one file, which `read_file` reads again; returns its path."""
    symbols = {name: [components.base64_of(pixels) for pixels in examples] for name, examples in drawings.items()}
    name = "symbols.json" if input.kind == "ink" else "things.json"
    return answers.downloadable(name, json.dumps(_head(input) | {"symbols": symbols}, ensure_ascii=False))


def _head(input: InputConfig) -> dict:
    if input.kind == "ink":
        return {"format": FORMAT}
    return {"format": FORMAT_OTHERS, "kind": input.kind, "size": list(input.size), "channels": input.channels}


@answers.show_errors
def read_file(path: str | None, input: InputConfig = INK) -> Drawings:
    """Symbols that were downloaded before.

    Raises:
        gr.Error: the file is none of ours, or holds too much.
    """
    problem = "This is no file of symbols that was downloaded here."
    file = Path(path or "")
    if not file.is_file():
        raise ValueError("The file is no longer here. Upload it again.")
    largest = max(prod(shape) for shape in _shapes(input))
    if file.stat().st_size > MAX_FILE + MAX_SYMBOLS * MAX_EXAMPLES * largest * 4 / 3:
        raise ValueError(problem)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if {key: content.get(key) for key in _head(input)} != _head(input):
            raise ValueError(problem)
        symbols = {
            named(str(name)): [_pixels(item, input) for item in examples]
            for name, examples in content["symbols"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(problem) from error
    fits = all(1 <= len(examples) <= MAX_EXAMPLES for examples in symbols.values())
    if not 1 <= len(symbols) <= MAX_SYMBOLS or not fits:
        raise ValueError(f"A file of symbols holds 1 to {MAX_SYMBOLS} of them, with 1 to {MAX_EXAMPLES} examples each.")
    return symbols


def _shapes(input: InputConfig) -> list[tuple[int, ...]]:
    """Of the pictures that a file may hold: ink at any resolution that a network may see."""
    return [(side, side) for side in INK_SIDES] if input.kind == "ink" else [pixel_shape(input)]


def _pixels(text: str, input: InputConfig) -> np.ndarray:
    pixels, shapes = np.frombuffer(base64.b64decode(text, validate=True), np.uint8), _shapes(input)
    return pixels.reshape(next((shape for shape in shapes if prod(shape) == pixels.size), shapes[0]))


def read_set(path: Path) -> Drawings:
    """A ready set: a sheet of 28x28 ink, a row for each symbol, a column for each example."""
    with Image.open(path, formats=["PNG"]) as picture:
        sheet = np.asarray(picture.convert("L"))
    rows, columns = sheet.shape[0] // SIDE, sheet.shape[1] // SIDE
    pixels = sheet.reshape(rows, SIDE, columns, SIDE).swapaxes(1, 2)
    return {f"{path.stem} {row + 1}": list(pixels[row]) for row in range(rows)}
