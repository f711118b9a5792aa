"""However a run of train.py ends, it says so in a line, by its status, and leaves nothing half-written."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from siamese import cli
from siamese.bundle import folder_lock
from siamese.bundle.curves import Histogram
from siamese.bundle.folder_lock import alone_in
from siamese.bundle.metrics import metric
from siamese.evaluation import collapse
from tests.helpers import ROOT

SECONDS = 300.0  # that something may take on a machine that is busy with other things
SMALL = "--preset tiny --limit 600 --embedding-dim 8 --device cpu".split()


def begun(mnist_dir: Path, out: Path, epochs: int = 10_000, **options) -> subprocess.Popen[str]:
    """A run, of far too many epochs unless others are asked for."""
    command = [
        sys.executable,
        "train.py",
        "--data-dir",
        str(mnist_dir),
        "--out",
        str(out),
        *SMALL,
        "--epochs",
        str(epochs),
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(command, cwd=ROOT, text=True, **pipes)


def wait_for(process: subprocess.Popen, condition) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1].split("\r")[-1]


def half_written(out: Path) -> list[str]:
    return [path.name for path in out.glob(".*")] if out.is_dir() else []


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_says_how_to_go_on(mnist_dir, tmp_path, sent, status):
    out = tmp_path / "run"
    process = begun(mnist_dir, out)
    wait_for(process, (out / "checkpoint.pt").is_file)
    process.send_signal(sent)
    _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == status
    assert last_line(told) == "Stopped. Go on with --resume." and "Traceback" not in told
    assert [path.name for path in out.iterdir()] == ["checkpoint.pt"]


def test_ctrl_c_during_the_imports_shows_no_trace(mnist_dir, tmp_path):
    process = begun(mnist_dir, tmp_path / "run")
    maps = Path(f"/proc/{process.pid}/maps")
    wait_for(process, lambda: "libtorch_cpu" in maps.read_text())
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=SECONDS)
    assert process.returncode in (-signal.SIGINT, 130)
    assert "Traceback" not in told
    assert not half_written(tmp_path / "run")


@pytest.mark.parametrize("program", [["-m", "siamese", "pull", "nobody/nothing"], ["app.py"]], ids=["siamese", "app"])
def test_ctrl_c_during_the_imports_of_the_others_shows_no_trace(tmp_path, program):
    options = {"cwd": ROOT, "text": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, *program], env=os.environ | {"TMPDIR": str(tmp_path)}, **options)
    maps = Path(f"/proc/{process.pid}/maps")
    wait_for(process, lambda: "libtorch_cpu" in maps.read_text())
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=SECONDS)
    assert process.returncode in (-signal.SIGINT, 130, 0)
    assert told == ""
    assert not list(tmp_path.glob("siamese-*"))


@pytest.mark.parametrize(("output", "status"), [(">&-", 0), (">&- 2>&-", 0), ("> /dev/full", 2)])
def test_a_program_without_an_output_does_its_work_or_says_why_not(tmp_path, output, status):
    """What it opens takes the place of an output that is closed, and must not be written to in its stead."""
    code = (
        "import sys; from pathlib import Path; from siamese import cli\n"
        "def program():\n"
        "    with Path(sys.argv[1]).open('w') as file:\n"
        "        file.write('written'), print('told', file=sys.stderr), print('said')\n"
        "sys.exit(cli.status_of('x', program))\n"
    )
    command = f'"$0" -c "$1" "$2" {output}'
    words = ["bash", "-c", command, sys.executable, code, str(tmp_path / "file")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert (tmp_path / "file").read_text() == "written"
    lines = [line for line in done.stderr.splitlines() if line != "told"]
    room = "x: [Errno 28] No space left on device. Make room on the disk and start again."
    assert lines == ([room] if status else [])


def test_signals_are_handled_as_before_once_a_program_has_ended():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert cli.status_of("x", lambda: None) == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_closed_output_ends_a_run_in_a_line(mnist_dir, tmp_path):
    process = begun(mnist_dir, tmp_path / "run", epochs=1)
    process.stdout.close()
    told = process.stderr.read()
    assert process.wait(SECONDS) == 2
    assert last_line(told) == "train.py: its output was closed, so it has stopped."
    assert "Traceback" not in told and "Exception ignored" not in told
    assert not half_written(tmp_path / "run")


def test_a_full_disk_is_told_and_the_last_bundle_stays(mnist_dir, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / "config.json").write_text("{}")
    limit = 20_000  # bytes of a file: less than a checkpoint
    process = begun(mnist_dir, out, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 2, told
    assert last_line(told) == (
        "train.py: checkpoint.pt could not be written: File too large. Make room on the disk and start again."
    )
    assert "Traceback" not in told
    assert [path.name for path in out.iterdir()] == ["config.json"]


def test_two_runs_do_not_write_to_one_folder(mnist_dir, tmp_path):
    out = tmp_path / "run"
    with alone_in(out):
        process = begun(mnist_dir, out)
        _, told = process.communicate(timeout=SECONDS)
        assert process.returncode == 2
        assert last_line(told) == (
            f"train.py: Another run is writing to {str(out)!r}. Wait for its end, or give another --out."
        )
        assert out.is_dir(), "the folder is the first run's"
        with pytest.raises(ValueError, match="Another run"), alone_in(out):
            pytest.fail("a third run is no more welcome than the second")
    assert not out.exists(), "the folder was made for a run that wrote nothing"
    with alone_in(out):
        (out / "bundle").touch()
    assert out.is_dir() and [path.name for path in out.iterdir()] == ["bundle"]


def test_folders_that_were_made_for_nothing_are_removed_and_others_stay(tmp_path):
    with alone_in(tmp_path / "runs" / "mine"):
        assert (tmp_path / "runs" / "mine").is_dir()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "runs").mkdir()
    with alone_in(tmp_path / "runs" / "mine"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_file_system_without_locks_is_written_to_all_the_same(tmp_path, monkeypatch):
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(folder_lock.fcntl, "flock", no_locks)
    with alone_in(tmp_path / "run"):
        (tmp_path / "run" / "bundle").touch()
    assert (tmp_path / "run" / "bundle").is_file()


def test_collapse_is_said(matcher):
    measured = matcher.bundle.measurements
    assert collapse.warnings(measured) == []
    alike = Histogram((1.0,) + (0.0,) * 99, (1.0,) + (0.0,) * 99)
    collapsed = replace(measured, curves=replace(measured.curves, distances=alike))
    (told,) = collapse.warnings(collapsed)
    assert told.startswith("WARNING: the network has collapsed: different pictures are 0.010 apart")
    worse = tuple(metric(one.key, 0.5 if one.unit else one.value, one.title) for one in measured.test)
    found = collapse.warnings(replace(measured, test=worse))
    assert [line.partition("(")[0] for line in found] == ["WARNING: by 5-NN accuracy ", "WARNING: by Equal error rate "]
    assert all("--learning-rate" in line for line in found)
