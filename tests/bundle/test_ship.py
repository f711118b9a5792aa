"""A trained run becomes the bundle that ships, whole or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import siamese
from docs import ship
from siamese.bundle.format import FILES
from siamese.bundle.tables import BEGIN, END, PICTURES_BEGIN, PICTURES_END, both_tables
from tests.helpers import ROOT
from tests.picture_bundle import save_picture_bundle

SHIPPED = Path(siamese.__file__).parent / "pretrained"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder: a bundle whose figures are its own, and what else a run leaves behind."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in FILES:
        shutil.copy(SHIPPED / name, folder)
    path = folder / "metrics.json"
    measured = json.loads(path.read_text())
    measured["test"][0]["value"] = 0.12345
    path.write_text(json.dumps(measured))
    (folder / "report.html").write_text("curves")
    (folder / "checkpoint.pt").write_bytes(b"not to be shipped")
    return folder


@pytest.fixture
def readme(tmp_path: Path) -> Path:
    path = tmp_path / "README.md"
    path.write_text(f"What it attains\n{BEGIN}\n{END}\nand more\n")
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """The folder that ships, as a run before left it."""
    folder = tmp_path / "pretrained"
    folder.mkdir()
    for name in FILES:
        shutil.copy(SHIPPED / name, folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_is_shipped_and_readme_shows_its_figures(run: Path, readme: Path, target: Path) -> None:
    assert ship.main([str(run)], readme, target) == 0
    assert contents(target) == {name: (run / name).read_bytes() for name in FILES}
    assert "| 5-NN accuracy | 12.35% |" in readme.read_text()
    assert readme.read_text().startswith("What it attains\n") and readme.read_text().endswith("\nand more\n")


def test_without_a_run_only_the_tables_are_written(readme: Path, target: Path) -> None:
    before = contents(target)
    assert ship.main([], readme, target) == 0
    assert contents(target) == before
    assert "| 5-NN accuracy | 99.71% |" in readme.read_text()


def test_what_cannot_be_shipped_changes_nothing(
    run: Path, readme: Path, target: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    before, text = contents(target), readme.read_text()
    monkeypatch.setattr(ship, "LIMIT", sum((run / name).stat().st_size for name in FILES))
    cases = [
        ([str(run)], "one that ships stays below"),
        ([str(run), str(run)], "one RUN"),
        ([str(run / "nowhere")], "nowhere"),
    ]
    for arguments, message in cases:
        assert ship.main(arguments, readme, target) == 2
        assert message in capsys.readouterr().err
    monkeypatch.undo()
    (run / "model.safetensors").write_bytes(b"half")
    assert ship.main([str(run)], readme, target) == 2
    assert "model.safetensors" in capsys.readouterr().err
    assert (contents(target), readme.read_text()) == (before, text)


def test_own_pictures_ship_with_their_credit_and_only_groceries_do(tmp_path: Path, readme: Path, target: Path) -> None:
    readme.write_text(readme.read_text() + f"{PICTURES_BEGIN}\n{PICTURES_END}\n")
    pictures = tmp_path / "pretrained_groceries"
    run = save_picture_bundle(tmp_path / "groceries")
    before = contents(target)
    assert ship.main([str(run)], readme, target, pictures) == 0
    assert contents(target) == before
    shipped = contents(pictures)
    assert set(shipped) == {"config.json", "model.safetensors", "gallery.webp", *FILES[3:]}
    assert shipped["model.safetensors"] == (run / "model.safetensors").read_bytes()
    for name in ("README.md", "metrics.json"):
        assert "Marcus Klasson" in shipped[name].decode()
    assert "| Untrained network |" in readme.read_text() and "| MAP@R |" in readme.read_text()
    assert ship.main([str(save_picture_bundle(tmp_path / "faces"))], readme, target, pictures) == 2
    assert contents(pictures) == shipped


def test_the_bundle_of_groceries_is_small_and_credited() -> None:
    folder = SHIPPED.parent / "pretrained_groceries"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 6_000_000
    assert ship.GROCERIES_CREDIT in (folder / "README.md").read_text()
    table = (ROOT / "README.md").read_text().split(PICTURES_BEGIN)[1].split(PICTURES_END)[0].strip()
    assert table == both_tables(siamese.load(folder).bundle.measurements)
