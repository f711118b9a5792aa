"""From command to bundle, as a user waits for it: python benchmarks/command_to_bundle.py --data-dir DATA [--busy]

Runs `train.py --preset fast` in a process of its own with an empty cache, and prints the seconds until training begins, until it
has ended, and until the bundle is there. With `--busy` another process computes on one of two cores all the while. Limits on two cores with
AVX2 or better: 75 s, of which measuring is at most half; 180 s with a core held.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import common

ROOT = Path(__file__).parent.parent


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--busy", action="store_true", help="hold one core meanwhile")
    options = parser.parse_args(arguments)
    print(common.where())
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if options.busy else None
    try:
        with tempfile.TemporaryDirectory() as folder:
            run(options.data_dir, Path(folder))
    finally:
        if other:
            other.kill()


def run(data_dir: str, folder: Path) -> None:
    """Run the command, and print when what began."""
    command = [sys.executable, "-u", "train.py", "--preset", "fast", "--data-dir", data_dir, "--out", folder / "out"]
    environment = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
    start = time.perf_counter()
    marks: dict[str, float] = {}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment | {"XDG_CACHE_HOME": str(folder / "cache")},
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdout
        for line in process.stdout:  # carriage returns of the bars end lines too
            for name, mark in (("training began", "epoch 1"), ("measuring began", "Measuring"), ("bundle", "Bundle:")):
                if mark in line:
                    marks.setdefault(name, time.perf_counter() - start)
            if line.startswith("  "):
                print(line.rstrip())
    if process.returncode:
        raise SystemExit(f"train.py ended with status {process.returncode}.")
    measuring = marks["bundle"] - marks["measuring began"]
    for name, seconds in marks.items():
        print(f"{name} after {seconds:.1f} s")
    print(f"measuring, map and writing: {measuring:.1f} s, {measuring / marks['bundle']:.0%} of the whole")


if __name__ == "__main__":
    main()
