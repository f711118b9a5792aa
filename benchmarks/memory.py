"""Resident memory of the app after a few answers, with one ink model and with two.

python benchmarks/memory.py
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

import siamese
from siamese.bundle.locating import PRETRAINED
from tests.app_server import running, running_app

ANSWERS = 5  # of each endpoint


def resident(process: int | str) -> float:
    """Megabytes of a process that lie in memory."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1000


def measured(folder: Path, models: str, prefixes: list[str]) -> float:
    """Megabytes of the app with these models, after each of them has answered."""
    matcher = siamese.load()
    paths = [str(folder / f"{index}.png") for index in range(2)]
    for path, image in zip(paths, matcher.gallery.images[:2], strict=True):
        Image.fromarray(255 - np.asarray(image)).resize((140, 140)).save(path)
    with running_app(folder / "log.txt", SIAMESE_MODEL=models) as url:
        client = Client(url, verbose=False)
        for prefix in prefixes:
            for _ in range(ANSWERS):
                client.predict(*map(handle_file, paths), api_name=f"/{prefix}compare")
                client.predict(handle_file(paths[0]), 10, api_name=f"/{prefix}neighbours")
                client.predict(handle_file(paths[0]), api_name=f"/{prefix}locate")
        return resident(running[url].pid)


def main() -> None:
    """Print both figures and their difference."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copytree(PRETRAINED, folder / "second")
        one = measured(folder, "pretrained", [""])
        two = measured(folder, f"pretrained,{folder / 'second'}", ["", "second_"])
    print(f"one ink model: {one:.0f} MB, two: {two:.0f} MB, the second: {two - one:.0f} MB")


if __name__ == "__main__":
    main()
