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
    try:
        _wait(url, process, deadline, log)
        yield url
    finally:
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
    port = url.rsplit(":", 1)[1]
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended, or is another user's
            if f"GRADIO_SERVER_PORT={port}\0".encode() in (folder / "environ").read_bytes():
                return folder
    raise AssertionError(f"nothing serves {url}")


def tasks(url: str) -> tuple[int, int]:
    """(threads, child processes) of the app that serves an address."""
    process = process_of(url)
    children = (process / "task" / process.name / "children").read_text().split()
    return len(list((process / "task").iterdir())), len(children)
