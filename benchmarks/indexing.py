"""`python -m siamese index` on many pictures, killed once and resumed: time, and peak memory by their number.

python benchmarks/indexing.py

The pictures are digits of the shipped gallery, each moved by a few pixels. Memory is that of the process and of those that read for
it, all together.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import common
from memory import resident
from PIL import Image

COUNTS = (20_000, 100_000)
MARK = 8  # bytes, of each picture that is done
WATCH = 0.2  # seconds between two looks at a process


def write_pictures(folder: Path, count: int) -> None:
    """So many digits as PNG files, a folder a label."""
    import numpy as np

    import siamese

    gallery = siamese.load().gallery
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
    for number in range(count):
        copy, at = divmod(number, len(gallery))
        moved = np.roll(gallery.images[at], (copy % 3 - 1, copy // 3 % 4 - 1), axis=(0, 1))
        Image.fromarray(moved).save(folder / str(gallery.labels[at]) / f"{number}.png")


def watched(folder: Path, out: Path, until: Callable[[], bool] = lambda: False) -> tuple[int, float, float, str]:
    """Index a folder, and kill that once `until` is true: exit status, seconds, peak megabytes, and what was printed."""
    command = [sys.executable, "-m", "siamese", "index", str(folder), "--out", str(out), "--device", "cpu"]
    began, peak = time.perf_counter(), 0.0
    log = out.with_suffix(".txt")
    with log.open("w") as printed, subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT) as process:
        while process.poll() is None:
            try:
                peak = max(peak, sum(resident(one) for one in common.family(process.pid)))
            except (OSError, ValueError):  # one has just ended
                continue
            if until():
                process.kill()
            time.sleep(WATCH)
    return process.returncode, time.perf_counter() - began, peak, log.read_text()


def done(out: Path) -> int:
    """How many pictures a run that is not over has behind it."""
    return sum(path.stat().st_size // MARK for path in out.glob("index.partial/share-*/marks"))


def main(arguments: list[str] | None = None) -> None:
    """Print a line for each number of pictures, the largest with a run that is killed in the middle."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    given = parser.parse_args(arguments)
    print(common.where())
    with tempfile.TemporaryDirectory() as temporary:
        for count in given.counts:
            folder, out = Path(temporary) / f"pictures-{count}", Path(temporary) / f"out-{count}"
            write_pictures(folder, count)
            before = ""
            if count == max(given.counts):
                _, seconds, peak, _ = watched(folder, out, lambda out=out, half=count // 2: done(out) >= half)
                before = f"killed after {seconds:.0f} s with {done(out):,} done (peak {peak:.0f} MB), then resumed: "
            status, seconds, peak, printed = watched(folder, out)
            pictures = re.search(r"Pictures: (\d+)", printed)
            assert status == 0 and pictures and int(pictures[1]) == count, printed
            size = sum(path.stat().st_size for path in out.iterdir()) / 10**6
            print(
                f"{count:9,d} pictures: {before}{seconds:.0f} s, peak {peak:.0f} MB; the bundle has {size:.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
