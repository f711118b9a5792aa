"""Start the real app for tests, in a process of its own, on a free port of the loopback address."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
running: dict[str, subprocess.Popen] = {}  # by the address that each serves


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running_app(log: Path, deadline: float = 90.0, script: Path = ROOT / "app.py", **environment: str) -> Iterator[str]:
    """The address of `python app.py` (or another script), ready to answer; ended when the block is left."""
    port = free_port()
    variables = os.environ | {"GRADIO_SERVER_PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1"} | environment
    with log.open("w") as output:
        process = subprocess.Popen([sys.executable, str(script)], cwd=ROOT, env=variables, stdout=output, stderr=output)
    url = f"http://127.0.0.1:{port}"
    running[url] = process
    try:
        _wait(url, process, deadline, log)
        yield url
    finally:
        del running[url]
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen, deadline: float, log: Path) -> None:
    until = time.monotonic() + deadline
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(f"app.py ended with {process.returncode}:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"app.py did not answer within {deadline:.0f} s:\n{log.read_text()}")


def process_of(url: str) -> Path:
    """The folder in /proc of the app that serves an address."""
    return Path("/proc") / str(running[url].pid)


def children_of(process: Path) -> list[Path]:
    """The folders in /proc of the processes that one has started, whichever of its threads did."""
    started = [(task / "children").read_text().split() for task in (process / "task").iterdir()]
    return [Path("/proc") / pid for pids in started for pid in pids]


def tasks(url: str) -> tuple[int, int]:
    """(threads, child processes) of the app that serves an address."""
    process = process_of(url)
    return len(list((process / "task").iterdir())), len(children_of(process))
