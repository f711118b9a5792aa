"""Where data sets lie."""

from __future__ import annotations

import os
from pathlib import Path


def find_data_dir(data_dir: str | os.PathLike | None) -> Path:
    """The folder that holds (or will hold) the data sets: the argument, `$SIAMESE_DATA`, or `./data`."""
    return Path(data_dir or os.environ.get("SIAMESE_DATA") or "data")
