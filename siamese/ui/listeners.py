"""Who listens: an answer that nobody waits for need not be computed.

A page puts an event into Gradio's queue with one request and reads the answers from another, a stream that it keeps open.
Gradio drops what a session has asked for once its stream is closed, but runs it to its end if none was ever opened.
"""

from __future__ import annotations

import threading
from collections import Counter
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

STREAM = "/gradio_api/queue/data"


class Listeners:
    """The sessions whose streams are open."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    def has(self, session: str | None) -> bool:
        """Whether a session's stream is open."""
        with self._lock:
            return self._open[session or ""] > 0

    def opened(self, session: str) -> None:
        """A stream of a session was opened."""
        with self._lock:
            self._open[session] += 1

    def closed(self, session: str) -> None:
        """A stream of a session was closed."""
        with self._lock:
            self._open[session] -= 1
            if self._open[session] <= 0:
                del self._open[session]


class StreamWatch:
    """ASGI middleware that tells `Listeners` of each stream.

    Args:
        app: that answers.
        listeners: to tell.
    """

    def __init__(self, app: ASGIApp, listeners: Listeners) -> None:
        self.app, self.listeners = app, listeners

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != STREAM:
            await self.app(scope, receive, send)
            return
        session = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[0]
        self.listeners.opened(session)
        try:
            await self.app(scope, receive, send)
        finally:
            self.listeners.closed(session)
