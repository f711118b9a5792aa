"""One run at a time writes to a folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other runs from writing to a folder, which is made if it isn't there, and removed if it stays empty.

    The lock is on the folder itself, so that no file is left in it, and ends with the process, however that ends. Windows
    has no such lock; there nothing is kept from anybody.

    Raises:
        ValueError: another run holds it.
        OSError: the folder cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(
                f"Another run is writing to {str(folder)!r}. Wait for its end, or give another --out."
            ) from error
        yield
    finally:
        os.close(handle)
        with contextlib.suppress(OSError):  # it is not empty, as it should be
            folder.rmdir()
