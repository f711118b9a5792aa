"""What is chosen from the pictures where nothing is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from siamese.config import FolderConfig
from siamese.data.folder import find_pictures, read_headers
from siamese.data.survey import AREA, PRETRAINED_AREA, Survey, choose, survey
from tests.picture_folders import document, photograph, write_folder


def surveyed(root: Path) -> Survey:
    files = find_pictures(root)
    return survey(files, read_headers(files))


def drawn(root: Path, draw: Callable[[int, int], Image.Image]) -> Survey:
    return surveyed(write_folder(root, 4, 5, draw))


def face(label: int, number: int) -> Image.Image:
    """Small and grey, but no document: there is no paper of one grey."""
    return photograph(label, number, (56, 46)).convert("L")


def test_photographs_documents_and_grey_pictures(tmp_path):
    photos = drawn(tmp_path / "photos", photograph)
    assert photos == Survey(colour=True, document=False, height=48, width=40, alike=True)
    faces = drawn(tmp_path / "faces", face)
    assert (faces.colour, faces.document, faces.height, faces.width) == (False, False, 56, 46)
    papers = drawn(tmp_path / "papers", document)
    assert (papers.colour, papers.document) == (False, True)
    assert 20 < papers.height < 90 and 60 < papers.width < 160  # of the ink, not of the paper
    inverted = drawn(tmp_path / "inverted", lambda a, b: Image.eval(document(a, b), lambda value: 255 - value))
    assert inverted.document


def test_proportions_are_those_of_the_upright_pictures(tmp_path):
    """A phone held upright stores a lying picture, and in EXIF how to turn it."""
    root = tmp_path / "phone"
    exif = Image.Exif()
    exif[0x0112] = 6
    for label in range(4):
        (root / str(label)).mkdir(parents=True)
        for number in range(4):
            upright = photograph(label, number, (160, 120))
            upright.transpose(Image.Transpose.ROTATE_90).save(root / str(label) / f"{number}.jpg", exif=exif)
    seen = surveyed(root)
    assert (seen.height, seen.width) == (160, 120)
    chosen = choose(FolderConfig(), seen)
    assert chosen.fit == "crop" and chosen.image_size == (72, 56)


def test_mixed_proportions_are_padded(tmp_path):
    sizes = [(40, 40), (40, 90), (90, 40), (60, 30)]
    seen = drawn(tmp_path, lambda label, number: photograph(label, number, sizes[label]))
    assert not seen.alike
    assert choose(FolderConfig(), seen).fit == "pad"


@pytest.mark.parametrize(
    ("height", "width"), [(48, 40), (3000, 4000), (4000, 400), (9, 9), (50, 2000)], ids=lambda value: str(value)
)
@pytest.mark.parametrize(("document", "pretrained"), [(False, False), (True, False), (False, True)])
def test_sizes_are_small_multiples_of_8_in_the_pictures_proportions(height, width, document, pretrained):
    chosen = choose(FolderConfig(), Survey(True, document, height, width, True), pretrained)
    rows, columns = chosen.image_size
    assert rows % 8 == columns % 8 == 0 and min(rows, columns) >= 32
    area = PRETRAINED_AREA if pretrained else AREA[chosen.kind]
    assert rows * columns <= max(1.3 * area, 32 * 96)
    if min(height, width) >= 64:
        assert abs(np.log(columns / rows / np.clip(width / height, 1 / 3, 3))) < 0.2


def test_what_is_given_stays():
    given = FolderConfig(kind="photo", image_size=(40, 72), channels=1, fit="crop")
    assert choose(given, Survey(True, True, 100, 100, False)) == given
    assert choose(FolderConfig(kind="document"), Survey(True, False, 100, 100, True)).channels == 1
    assert choose(FolderConfig(kind="photo"), Survey(True, True, 100, 100, True)).channels == 3
