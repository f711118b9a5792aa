"""Files appear whole or not at all."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from safetensors import SafetensorError

from siamese.bundle.files import write_json, write_text, write_whole, written_together
from tests.helpers import ROOT


def test_text_and_json_are_read_back(tmp_path):
    write_text(tmp_path / "new" / "note.txt", "größer\n")
    assert (tmp_path / "new" / "note.txt").read_text(encoding="utf-8") == "größer\n"
    write_json(tmp_path / "figures.json", {"é": [1, 2.5]})
    assert json.loads((tmp_path / "figures.json").read_text(encoding="utf-8")) == {"é": [1, 2.5]}
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["figures.json", "new", "note.txt"]


def test_a_file_that_is_read_elsewhere_can_be_read(tmp_path):
    """Temporary files are private; what they become must not be."""
    write_text(tmp_path / "note.txt", "for all")
    assert (tmp_path / "note.txt").stat().st_mode & 0o777 == 0o644


def test_a_new_file_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "note.txt"
    write_text(path, "old")
    write_text(path, "new")
    assert path.read_text() == "new"


@pytest.mark.parametrize(
    ("error", "raised"),
    [(OSError, OSError), (RuntimeError, OSError), (SafetensorError, OSError), (KeyboardInterrupt, KeyboardInterrupt)],
)
def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, error, raised):
    path = tmp_path / "weights.bin"
    path.write_text("old")

    def fail(temporary):
        temporary.write_text("half of the n")
        raise error("the disk is full")

    with pytest.raises(raised, match="the disk is full"):
        write_whole(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_process_killed_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_text("old")
    program = (
        "import os, pathlib, signal, sys\n"
        "from siamese.bundle.files import write_whole\n"
        "def write(temporary):\n"
        "    temporary.write_text('half of the n')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_whole(pathlib.Path(sys.argv[1]), write)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(path)], cwd=ROOT, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, None])
def test_files_take_their_places_together_or_not_at_all(tmp_path, error):
    for name in ("config.json", "weights", "mine"):
        (tmp_path / name).write_text("old")

    def write() -> None:
        with written_together(tmp_path, last="config.json") as unfinished:
            (unfinished / "weights").write_text("new")
            if error:
                raise error
            (unfinished / "config.json").write_text("new")

    if error:
        with pytest.raises(error):
            write()
    else:
        write()
    content = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert content == {"config.json": "old" if error else "new", "weights": "old" if error else "new", "mine": "old"}
