"""A whole set at once: many files or a zip."""

from __future__ import annotations

import csv
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from siamese.ui import batch, batch_files
from siamese.ui.batch_files import Budget
from tests.helpers import canvas, encoded


def png(ink: np.ndarray) -> bytes:
    return encoded(Image.fromarray(255 - ink).resize((112, 112)), "PNG")


def encode_set(matcher, paths):
    return batch.encode_set(matcher, [str(path) for path in paths], matcher.embed, lambda done, what: None)


@pytest.fixture
def zipped(matcher, tmp_path):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for index in range(12):
            archive.writestr(f"digits/{index}.png", png(matcher.gallery.images[index]))
        archive.writestr("digits/broken.png", b"no picture")
        archive.writestr("notes.txt", "not read")
    return path


def test_a_zip_is_read_and_what_is_broken_is_told(matcher, zipped):
    rows = encode_set(matcher, [zipped])
    assert len(rows) == 13
    lines = batch.table_of(matcher, rows)
    right = sum(line[1] == matcher.labels[matcher.gallery.labels[i]] for i, line in enumerate(lines[:12]))
    assert right >= 11
    assert "cannot be read" in lines[12][5]


def test_files_of_the_same_name_are_kept_apart(matcher, tmp_path):
    paths = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        paths.append(tmp_path / folder / "four.png")
        paths[-1].write_bytes(png(matcher.gallery.images[4]))
    assert [row.name for row in encode_set(matcher, paths)] == ["four.png", "four.png (2)"]


def test_matrix_is_symmetric_and_dark_on_its_diagonal(matcher, zipped):
    queries = [row.query for row in encode_set(matcher, [zipped]) if row.query]
    picture = np.asarray(batch.matrix(matcher, queries))
    zoom = 600 // len(queries)
    cells = picture[zoom // 2 :: zoom, zoom // 2 :: zoom, 0].astype(int)
    assert cells.shape == (12, 12)
    assert (cells == cells.T).all()
    assert (np.diag(cells) < 10).all()
    assert cells.max() > 240


@pytest.mark.parametrize("content", [b"no zip", b""])
def test_a_broken_zip_is_told(matcher, tmp_path, content):
    path = tmp_path / "set.zip"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"cannot be read as a zip"):
        encode_set(matcher, [path])


def test_nothing_and_too_much_are_told(matcher, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="no picture in this set"):
        encode_set(matcher, [])
    monkeypatch.setattr(batch_files, "MAX_PICTURES", 1)
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(png(matcher.gallery.images[0]))
    with pytest.raises(ValueError, match="more than 1 pictures"):
        encode_set(matcher, [tmp_path / "a.png", tmp_path / "b.png"])


def test_a_zip_bomb_is_refused_by_its_directory(matcher, tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for index in range(4):
            archive.writestr(f"{index}.png", bytes(29_000_000))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(ValueError, match="larger than 100 MB together"):
        encode_set(matcher, [path])


def test_a_spreadsheet_runs_no_formula():
    text = batch.as_csv([["=1+1.png", "4", "10 of 10", 3, 0.1, ""]])
    assert "'=1+1.png" in text


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "  =1", " \n@A1", "＝1+1", " ＋1"])
def test_a_cell_that_a_spreadsheet_may_run_gets_an_apostrophe(cell):
    text = io.StringIO(batch.as_csv([[cell, "x = 1", 3, -0.1]]), newline="")
    assert [*csv.reader(text)][1] == [f"'{cell}", "x = 1", "3", "-0.1"]


def test_equal_files_are_read_once_and_each_has_its_row(matcher, tmp_path, monkeypatch):
    read = []
    prepare = type(matcher).prepare
    monkeypatch.setattr(type(matcher), "prepare", lambda self, picture: read.append(1) or prepare(self, picture))
    content = encoded(canvas(matcher.gallery.images[0]), "PNG")
    paths = []
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_bytes(content if name != "c.png" else b"no picture")
        paths.append(str(tmp_path / name))
    rows = batch.encode_set(matcher, paths, matcher.embed, lambda *_: None)
    assert [(row.name, row.query is not None, bool(row.problem)) for row in rows] == [
        ("a.png", True, False),
        ("b.png", True, False),
        ("c.png", False, True),
    ]
    assert len(read) == 2


def test_a_set_has_a_budget_of_pixels_and_of_time(matcher, tmp_path, monkeypatch):
    paths = []
    for number in range(4):
        path = tmp_path / f"{number}.png"
        path.write_bytes(encoded(canvas(matcher.gallery.images[number], 100), "PNG"))
        paths.append(str(path))
    monkeypatch.setattr(batch, "Budget", lambda: Budget(pixels=25_000))
    rows = batch.encode_set(matcher, paths, matcher.embed, lambda *_: None)
    assert [row.problem[:24] for row in rows] == ["", "", "Not read: a set may have", "Not read: a set may have"]
    monkeypatch.setattr(batch, "Budget", lambda: Budget(seconds=-1))
    rows = batch.encode_set(matcher, paths, matcher.embed, lambda *_: None)
    assert {row.problem for row in rows} == {"Not read: a set may take -1 s. Send fewer pictures."}


def test_a_set_that_nobody_waits_for_is_left_between_two_pictures(matcher, tmp_path):
    def report(done: float, what: str) -> None:
        if done > 0:
            raise ValueError("Nobody waits for this set any more.")

    paths = []
    for number in range(3):
        path = tmp_path / f"{number}.png"
        path.write_bytes(encoded(canvas(matcher.gallery.images[number]), "PNG"))
        paths.append(str(path))
    with pytest.raises(ValueError, match="Nobody waits"):
        batch.encode_set(matcher, paths, lambda _: pytest.fail("nothing may be embedded"), report)


def test_a_file_that_is_gone_is_told(matcher, tmp_path):
    with pytest.raises(ValueError, match=r"'gone.png' is no longer here. Upload it again."):
        batch.encode_set(matcher, [str(tmp_path / "gone.png")], matcher.embed, lambda *_: None)
