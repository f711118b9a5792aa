"""Omniglot's background sets as files, small ones of made-up characters."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from PIL import Image, ImageDraw


def drawing(character: int, drawer: int) -> bytes:
    """A 105x105 one-bit PNG, black on white, as Omniglot's are."""
    picture = Image.new("1", (105, 105), 1)
    draw = ImageDraw.Draw(picture)
    draw.line((20 + drawer, 20, 30, 80), fill=0, width=3)
    draw.line((30, 80, 30 + 20 * character, 50), fill=0, width=3)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def write_omniglot(folder: Path, name: str, alphabets: dict[str, int], drawers: int = 4) -> None:
    """A background set with the given number of characters in each alphabet, and the litter that real ones hold."""
    (folder / "omniglot").mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "omniglot" / f"images_background_{name}.zip", "w") as archive:
        archive.writestr(f"__MACOSX/images_background_{name}/Greek/character01/._0001_01.png", b"litter")
        for alphabet, characters in alphabets.items():
            for character in range(1, characters + 1):
                for drawer in range(1, drawers + 1):
                    path = f"{alphabet}/character{character:02}/{character:04}_{drawer:02}.png"
                    archive.writestr(f"images_background_{name}/{path}", drawing(character, drawer))
