"""The app's temporary files: removed at its end, however it ends, or by the next start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from siamese.ui import leavings
from tests import app_server
from tests.helpers import ROOT
from tests.queue_client import Site


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def ended_process() -> int:
    """The id of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_killed_processes_left_is_removed_and_nothing_else(place):
    left = place / f"siamese-{ended_process()}-abc"
    others = [place / f"siamese-{os.getppid()}-abc", place / "siamese-notes", place / f"other-{ended_process()}-abc"]
    for folder in (left, *others):
        (folder / "inner").mkdir(parents=True)
    leavings.remove_leavings()
    assert not left.exists()
    assert all(folder.is_dir() for folder in others)


def test_a_process_removes_its_own_folders_alone(place):
    own, other = place / f"siamese-{os.getpid()}-abc", place / f"siamese-{os.getppid()}-abc"
    own.mkdir()
    other.mkdir()
    leavings.remove_own()
    assert not own.exists() and other.is_dir()


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_the_app_ends_in_the_midst_of_a_run_and_leaves_nothing(sent, status, tmp_path):
    log = tmp_path / "log.txt"
    with app_server.running_app(log, TMPDIR=str(tmp_path)) as url:
        assert list(tmp_path.glob("siamese-*-*"))
        site = Site(url)
        _, session = site.join(site.event("learn", "submit"), [], event_data={"number": 1, "settings": {}})
        assert site.first_frames(session, 2)
        process = app_server.running[url]
        process.send_signal(sent)
        assert process.wait(60) == status
    told = log.read_text()
    assert "Traceback" not in told and "terminate called" not in told, told
    if sent == signal.SIGKILL:
        subprocess.run(
            [sys.executable, "-c", "from siamese.ui import leavings; leavings.temporary_folder()"],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(tmp_path)},
            check=True,
        )
    assert not list(tmp_path.glob("siamese-*-*"))
