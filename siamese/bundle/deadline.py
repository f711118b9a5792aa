"""A time limit for what talks to the Hub, which may accept a connection and never answer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any


def within(seconds: float, step: Callable[..., Any], *arguments: Any) -> Any:
    """What `step(*arguments)` returns or raises; it runs in a daemon thread, which goes on if it is late.

    Raises:
        TimeoutError: so many seconds are over.
    """
    outcome: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put((step(*arguments), None))
        except Exception as error:
            outcome.put((None, error))

    threading.Thread(target=run, name="hub", daemon=True).start()
    try:
        value, error = outcome.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"the Hub took longer than {seconds:g} seconds, try again later") from None
    if error is not None:
        raise error
    return value
