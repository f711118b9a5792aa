"""How long the app takes to start, and in how much memory: python benchmarks/start.py [--profile]

Measures the time from the start of `python app.py` until the first page has been served in full, and the peak memory
by then. For comparison, a bare script imports torch and gradio and launches an empty page, with the same settings of
Gradio. The two are started in turn. `--profile` prints instead the slowest imports of the app beyond torch and gradio.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import common

from tests.app_server import free_port

ROOT = Path(__file__).parent.parent
REPEATS = 8  # the first warms the file system's cache and is not counted
BARE = """
import torch
import gradio as gr

with gr.Blocks() as demo:
    gr.Markdown("# empty")
demo.launch(ssr_mode=False)
"""


def started(script: Path) -> tuple[float, float, float]:
    """(seconds to the first page, seconds of processor time, peak memory in MB) of one start."""
    port = free_port()
    settings = {"GRADIO_SERVER_PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_ANALYTICS_ENABLED": "False"}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, env=os.environ | settings, stdout=subprocess.DEVNULL
    )
    try:
        while True:
            if process.poll() is not None:
                raise RuntimeError(f"{script} ended with {process.returncode}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=30) as page:
                    page.read()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.01)
        seconds = time.perf_counter() - begun
        status = Path(f"/proc/{process.pid}/status").read_text()
        busy = common.busy_seconds(process.pid)
        return seconds, busy, int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1000
    finally:
        process.kill()
        process.wait()


def compare(bare: Path) -> None:
    app = ROOT / "app.py"
    runs: dict[Path, list[tuple[float, float, float]]] = {bare: [], app: []}
    for repeat in range(REPEATS):
        for script in (bare, app) if repeat % 2 else (app, bare):
            runs[script].append(started(script))
    (base, base_busy, base_memory), (ours, busy, memory) = (
        [statistics.median(column) for column in zip(*runs[script][1:], strict=True)] for script in (bare, app)
    )
    print(f"first page after {ours:.2f} s, of a bare script {base:.2f} s: {ours / base:.2f} times (limit 1.2)")
    print(f"processor time {busy:.2f} s, {base_busy:.2f} s: {busy / base_busy:.2f} times")
    print(f"peak memory {memory:.0f} MB, {base_memory:.0f} MB: {memory - base_memory:.0f} MB more (limit 150)")


def profile() -> None:
    """Print the app's imports beyond torch and gradio, slowest first, measured by `-X importtime`."""
    code = "import torch, gradio, sys; print('---', file=sys.stderr); import app; app.build()"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = re.findall(r"import time:\s+(\d+) \|\s+(\d+) \| (\s*\S+)", done.stderr.split("---\n")[1])
    for own, whole, name in sorted(lines, key=lambda line: -int(line[1]))[:20]:
        print(f"{int(whole) / 1000:8.1f} ms, {int(own) / 1000:7.1f} of its own  {name.strip()}")


def main() -> None:
    print(common.where())
    if "--profile" in sys.argv:
        return profile()
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE)
        return compare(bare)


if __name__ == "__main__":
    main()
