"""Limits on what a request may bring, before any of it is parsed.

A body of JSON is parsed and checked in one go, while everybody else waits. Pictures in it are long texts, which cost
little; a million small values cost seconds.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOAD = "/gradio_api/upload"
MAX_JSON = 4_500_000  # bytes of a body other than an upload: two pictures of a canvas, the largest
MAX_VALUES = 5_000  # of JSON in it; the largest event has some hundred
LEAST_FREE = 500_000_000  # bytes of the disk that uploads go to


class RequestLimits:
    """ASGI middleware that answers a request beyond the limits with a sentence, and the status 413 or 507.

    Args:
        app: that answers.
        folder: names where uploads go.
    """

    def __init__(self, app: ASGIApp, folder: Callable[[], str]) -> None:
        self.app, self.folder = app, folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self.app(scope, receive, send)
        elif scope["path"].rstrip("/") == UPLOAD:
            if shutil.disk_usage(self.folder()).free < LEAST_FREE:
                await _refuse(507, "There is no room for files just now. Try again in an hour.", scope, receive, send)
            else:
                await self.app(scope, receive, send)
        else:
            body = await _read(receive) if _announced(scope) <= MAX_JSON else b""
            if body is None:
                return  # the client has left
            if max(_announced(scope), len(body)) > MAX_JSON:
                told = f"A request may have {MAX_JSON / 10**6:g} MB. Send files to {UPLOAD} first."
                await _refuse(413, told, scope, receive, send)
            elif sum(map(body.count, (b",", b"[", b"{"))) > MAX_VALUES:
                await _refuse(413, f"A request may have {MAX_VALUES} values.", scope, receive, send)
            else:
                await self.app(scope, _replayed(body, receive), send)


def _announced(scope: Scope) -> int:
    """The length that a request says its body has; 0 where it says none."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    return int(length) if length.isdigit() else 0


async def _read(receive: Receive) -> bytes | None:
    """The body of a request, at most one part beyond the limit; None if the client leaves before its end."""
    body = bytearray()
    while len(body) <= MAX_JSON:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """What receives a body that was read already, and then goes on."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return parts.pop() if parts else await receive()

    return again


async def _refuse(status: int, told: str, scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"detail": told}, status)(scope, receive, send)
