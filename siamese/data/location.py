"""The location of the data sets."""

from __future__ import annotations

import os
from pathlib import Path


def find_data_dir(data_dir: str | os.PathLike | None) -> Path:
    """The folder of the data sets. It need not exist yet.

    Args:
        data_dir: the folder; None for `$SIAMESE_DATA`, or `./data` if that is not set.
    """
    return Path(data_dir or os.environ.get("SIAMESE_DATA") or "data")
