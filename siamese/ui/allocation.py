"""Memory that a large picture took goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


def give_back() -> None:
    """Have the C library give freed memory back to the system, in some 10 ms. Where it cannot, nothing happens.

    By itself glibc keeps up to 64 MB of what was freed for each thread that a picture was decoded in.
    """
    library = _library()
    if library:
        library.malloc_trim(0)


@cache
def _library() -> Any:
    """The C library, if it is glibc."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None
