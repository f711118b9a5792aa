"""A worker process: how it is started, what it does, and how it ends.

It is started by "spawn": a new interpreter that shares nothing with the app but pipes.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any

from siamese.matcher import Matcher, Picture, Query


class RecordingContext(SpawnContext):
    """Starts processes as the method "spawn" does, and keeps them: an executor offers no way to kill its own."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: list[SpawnProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: N802
        process = SpawnProcess(*args, **kwargs)
        self.processes.append(process)
        return process


@contextmanager
def sigint_blocked() -> Iterator[None]:
    """Keep Ctrl+C from a process that is started now: it is the app's to handle.

    A process inherits the signals that the thread that starts it has blocked, so it is safe from its first moment.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start_worker(folder: str) -> None:
    """Load the bundle, and end when the app does, even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it cannot be blocked from outside
    threading.Thread(target=end_with_app, daemon=True).start()
    matcher_of(folder)


def end_with_app() -> None:
    """Wait for the process that started this one to end, then end at once."""
    app = multiprocessing.parent_process()
    if app:
        app.join()
        os._exit(0)


@cache
def matcher_of(folder: str) -> Matcher:
    """The bundle of a folder, loaded once in a process; the app has checked it."""
    return Matcher.of(Path(folder), folder, self_check=False)


def encode_batch(folder: str, requests: list[list[Picture]]) -> list[list[Query] | ValueError]:
    """What encoding the pictures of each request returns or raises. All are encoded together if they can be."""
    try:
        queries = iter(matcher_of(folder).encode_all([picture for pictures in requests for picture in pictures]))
    except ValueError as error:
        if len(requests) == 1:
            return [error]
        return [encode_batch(folder, [pictures])[0] for pictures in requests]
    return [list(islice(queries, len(pictures))) for pictures in requests]
