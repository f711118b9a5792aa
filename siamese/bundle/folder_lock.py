"""One run at a time writes to a folder."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siamese.models.processes import is_main

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

WITHOUT_LOCKS = {errno.EBADF, errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK}  # what network file systems may answer


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other runs from writing to a folder, which is made if it isn't there, and then removed if it stays empty.

    The lock is on the folder itself, so that no file is left in it, and ends with the process, however that ends. Windows
    and some network file systems have no such lock; there nothing is kept from anybody. Of the processes of one run, only
    the main one writes, and holds the lock.

    Raises:
        ValueError: another run holds it.
        OSError: the folder cannot be made.
    """
    if not is_main():
        yield
        return
    made = [each for each in (folder, *folder.parents) if not each.exists()]
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
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
        try:
            yield
        finally:  # while it is locked: who holds no lock removes no folder
            with contextlib.suppress(OSError):  # it is not empty, as it should be
                for each in made:
                    each.rmdir()
    finally:
        os.close(handle)
