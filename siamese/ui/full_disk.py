"""An upload that the disk has no room for: told in a line. Gradio writes it to the disk before any function of ours is called."""

from __future__ import annotations

import errno

from starlette.requests import Request
from starlette.responses import PlainTextResponse

FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
INSUFFICIENT_STORAGE = 507  # the status of RFC 4918


async def no_room(request: Request, error: Exception) -> PlainTextResponse:
    """The answer to a request that failed because of a full disk; any other error goes on as it was."""
    if not isinstance(error, OSError) or error.errno not in FULL:
        raise error
    return PlainTextResponse("There is no room for files just now. Try again in an hour.", INSUFFICIENT_STORAGE)
