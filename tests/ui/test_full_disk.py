"""An upload that the disk has no room for is told in a line."""

from __future__ import annotations

import errno
import os
import urllib.error
import urllib.request

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from siamese.ui.full_disk import no_room
from tests.app_server import running_app
from tests.helpers import ROOT

LIMIT = 6_000_000  # bytes of a file; the sheet of the gallery that ships is smaller
LIMITED = f"""
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT}, {LIMIT}))
import app
app.main()
"""


def failing(code: int) -> TestClient:
    async def fail(request: object) -> None:
        raise OSError(code, os.strerror(code))

    return TestClient(Starlette(routes=[Route("/", fail)], exception_handlers={OSError: no_room}))


def test_a_full_disk_is_told_and_any_other_failure_is_not_taken_for_one():
    answer = failing(errno.ENOSPC).get("/")
    assert (answer.status_code, answer.text) == (507, "There is no room for files just now. Try again in an hour.")
    with pytest.raises(PermissionError):
        failing(errno.EACCES).get("/")


def test_the_app_tells_it(tmp_path):
    script = tmp_path / "limited.py"
    script.write_text(LIMITED)
    with running_app(tmp_path / "log.txt", script=script, PYTHONPATH=str(ROOT)) as url:
        head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        for size, expected in ((1000, 200), (LIMIT + 1_000_000, 507)):
            request = urllib.request.Request(
                f"{url}/gradio_api/upload",
                head + bytes(size) + b"\r\n--x--\r\n",
                {"Content-Type": "multipart/form-data; boundary=x"},
            )
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    found = answer.status, ""
            except urllib.error.HTTPError as error:
                found = error.code, error.read().decode()
            assert found == (
                expected,
                "" if expected == 200 else "There is no room for files just now. Try again in an hour.",
            )
