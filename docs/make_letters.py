"""The strokes of `siamese/data/synthetic/letters.npz`, from the Noto fonts: python docs/make_letters.py FONTS

FONTS is the folder of Noto's TrueType fonts, as Debian's `fonts-noto-core` installs them in
/usr/share/fonts/truetype/noto. It takes `pip install fonttools scikit-image` besides, and about a minute.

Each letter is drawn large, and its strokes are found in the ink by `centre_lines.py`.
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import numpy as np
from centre_lines import strokes_of
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from siamese.bundle.files import write_whole
from siamese.data.synthetic.letters import FILE, STEPS

TARGET = Path(__file__).parent.parent / "siamese/data/synthetic" / FILE
SIZE = 96  # of the font, in pixels
LETTERS, LEAST, STROKES = 60, 8, 7  # of a script at most and at least; strokes of a letter at most
KINDS = ("Lo", "Ll", "Lu", "Nd", "Nl", "No")  # Unicode's categories of letters and digits

# In Omniglot's evaluation set, or a near relative of one that is. (Its Old Church Slavonic keeps Cyrillic out.)
EVALUATION = {
    *("Avestan", "PsalterPahlavi", "Ethiopic", "Glagolitic", "Gurmukhi", "Takri", "Dogra", "Kannada", "Telugu"),
    *("Malayalam", "Grantha", "MeeteiMayek", "Mongolian", "Sogdian", "OldSogdian", "OldUyghur", "Manichaean"),
    *("Mandaic", "Oriya", "SylotiNagri", "Syriac", "Tibetan", "Marchen"),
}
# No letters, too intricate for a brush, or variants of another font.
OTHER = {
    *("AnatolianHieroglyphs", "Cuneiform", "Display", "Duployan", "EgyptianHieroglyphs", "IndicSiyaqNumbers", "Math"),
    *("MayanNumerals", "Music", "Nushu", "SignWriting", "Symbols", "Symbols2", "TamilSlanted", "TamilSupplement"),
    *("Tangut", "AdlamUnjoined"),
}
COMMON = ("LATIN", "GREEK", "CYRILLIC", "DIGIT", "SUPERSCRIPT", "SUBSCRIPT", "VULGAR", "MODIFIER", "MICRO")


def main() -> None:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(
            "Give the folder of the Noto fonts, as in `python docs/make_letters.py /usr/share/fonts/truetype/noto`."
        )
    scripts: dict[str, list[list[np.ndarray]]] = {}
    rng = np.random.default_rng(0)
    for path in sorted(Path(sys.argv[1]).glob("Noto*-Regular.ttf")):
        script = path.stem.removesuffix("-Regular").removeprefix("NotoTraditional")
        script = script.removeprefix("NotoSans").removeprefix("NotoSerif").removeprefix("Noto") or "Latin"
        variant = script.startswith(("Tifinagh", "Looped", "Kufi", "Nastaliq", "Naskh")) and script != "Tifinagh"
        if script in EVALUATION | OTHER | set(scripts) or variant:
            continue
        for name, letters in letters_of(path, script).items():
            if len(letters) >= LEAST:
                chosen = rng.choice(len(letters), min(LETTERS, len(letters)), replace=False)
                scripts[name] = [letters[number] for number in chosen]
    save(scripts)


def letters_of(path: Path, script: str) -> dict[str, list[list[np.ndarray]]]:
    """Strokes of the letters of a font, by script: that of Latin has Greek too."""
    font, latin = ImageFont.truetype(str(path), SIZE), script == "Latin"
    found: dict[str, list[list[np.ndarray]]] = {}
    for code in sorted(TTFont(path, lazy=True).getBestCmap()):
        letter = chr(code)
        name = unicodedata.name(letter, "")
        if unicodedata.category(letter) not in KINDS or name.startswith(COMMON) != latin:
            continue
        if latin and (code > 0x52F or unicodedata.decomposition(letter) or not name.startswith(("LATIN", "GREEK"))):
            continue
        ink = drawn(font, letter)
        strokes = strokes_of(ink) if ink is not None else []
        if 0 < len(strokes) <= STROKES:
            found.setdefault("Greek" if name.startswith("GREEK") else script, []).append(strokes)
    return found


def drawn(font: ImageFont.FreeTypeFont, letter: str) -> np.ndarray | None:
    """(h, w) bool ink; None for what is blank."""
    left, top, right, bottom = (round(side) for side in font.getbbox(letter))
    if right - left < 3 or bottom - top < 3:
        return None
    image = Image.new("L", (right - left + 8, bottom - top + 8), 0)
    ImageDraw.Draw(image).text((4 - left, 4 - top), letter, font=font, fill=255)
    return np.asarray(image) > 127


def save(scripts: dict[str, list[list[np.ndarray]]]) -> None:
    letters = [letter for name in sorted(scripts) for letter in scripts[name]]
    strokes = [stroke for letter in letters for stroke in letter]
    points = np.clip(np.rint((np.concatenate(strokes) + 0.5) * STEPS), 0, STEPS)

    def write(path: Path) -> None:
        with path.open("wb") as file:  # a file, since a name without .npz would be given it
            np.savez_compressed(
                file,
                points=points.astype(np.uint8),
                points_of_strokes=np.array([len(stroke) for stroke in strokes], np.uint8),
                strokes_of_letters=np.array([len(letter) for letter in letters], np.uint8),
                letters_of_scripts=np.array([len(scripts[name]) for name in sorted(scripts)], np.uint8),
                scripts=np.array(sorted(scripts)),
            )

    write_whole(TARGET, write)
    print(
        f"{len(scripts)} scripts, {len(letters)} letters, {len(points)} points, {TARGET.stat().st_size / 1000:.0f} kB"
    )


if __name__ == "__main__":
    main()
