"""The app's temporary files: one folder for each process, which is removed at its end, or by the next start if it was killed."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

NAME = re.compile(r"siamese-(\d+)-\w+")


@cache
def temporary_folder() -> Path:
    """This process's folder; what processes left that are no more is removed first."""
    remove_leavings()
    folder = Path(tempfile.mkdtemp(prefix=f"siamese-{os.getpid()}-"))
    atexit.register(remove_own)
    return folder


def remove_own() -> None:
    """Remove this process's folder, at its end."""
    for folder in _folders().get(os.getpid(), []):
        shutil.rmtree(folder, ignore_errors=True)  # another process may be at it


def remove_leavings() -> None:
    """Remove the folders of processes that are no more."""
    for process, folders in _folders().items():
        if not _runs(process):
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)


def _folders() -> dict[int, list[Path]]:
    """The folders by the ids of their processes."""
    found: dict[int, list[Path]] = {}
    for path in Path(tempfile.gettempdir()).glob("siamese-*"):
        matched = NAME.fullmatch(path.name)
        if matched and path.is_dir():
            found.setdefault(int(matched[1]), []).append(path)
    return found


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True
