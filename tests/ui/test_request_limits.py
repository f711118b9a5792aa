"""What a request may bring: told by its status before anything of it is parsed."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from siamese.ui import request_limits
from siamese.ui.listeners import STREAM, Listeners, StreamWatch
from siamese.ui.request_limits import MAX_JSON, MAX_VALUES, UPLOAD, RequestLimits


@pytest.fixture
def client(tmp_path) -> TestClient:
    async def length(request: Request) -> JSONResponse:
        return JSONResponse(len(await request.body()))

    app = Starlette(routes=[Route("/gradio_api/{rest:path}", length, methods=["GET", "POST"])])
    return TestClient(RequestLimits(app, lambda: str(tmp_path)))


def test_a_body_within_the_limits_arrives_whole(client):
    body = json.dumps({"data": ["data:image/png;base64," + "A" * (MAX_JSON - 200), None, False]}).encode()
    assert client.post("/gradio_api/queue/join", content=body).json() == len(body)
    parts = (body[at : at + 70_000] for at in range(0, len(body), 70_000))
    assert client.post("/gradio_api/queue/join", content=parts).json() == len(body)


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/call/compare", "/gradio_api/component_server"])
def test_a_large_body_is_refused_whether_or_not_it_says_its_length(client, path):
    body = b"0" * (MAX_JSON + 1)
    for content in (body, iter([body[:1000], body[1000:]])):
        answer = client.post(path, content=content)
        assert answer.status_code == 413
        assert answer.json()["detail"].startswith("A request may have 4.5 MB")


@pytest.mark.parametrize("value", ["[[[[]]]]", '{"a": {"b": 1}}', "1", '""'])
def test_a_body_of_many_small_values_is_refused(client, value):
    body = ("[" + ",".join([value] * (MAX_VALUES + 1)) + "]").encode()
    answer = client.post("/gradio_api/queue/join", content=body)
    assert answer.status_code == 413
    assert answer.json()["detail"] == f"A request may have {MAX_VALUES} values."


def test_uploads_are_not_held_to_the_limits_of_json_but_need_room_on_the_disk(client, monkeypatch):
    body = b"[" * (MAX_JSON + 1)
    assert client.post(UPLOAD, content=body).json() == len(body)
    full = namedtuple("usage", "total used free")(1, 1, 1)
    monkeypatch.setattr(request_limits.shutil, "disk_usage", lambda _: full)
    answer = client.post(UPLOAD, content=body)
    assert answer.status_code == 507
    assert answer.json()["detail"] == "There is no room for files just now. Try again in an hour."
    assert shutil.disk_usage is not None


def test_a_stream_tells_who_listens():
    listeners, heard = Listeners(), []

    async def stream(request: Request) -> JSONResponse:
        heard.append([listeners.has("one"), listeners.has("two")])
        if "fail" in request.query_params:
            raise RuntimeError
        return JSONResponse(None)

    app = Starlette(routes=[Route("/{rest:path}", stream)])
    client = TestClient(StreamWatch(app, listeners), raise_server_exceptions=False)
    client.get(STREAM, params={"session_hash": "one"})
    client.get(STREAM, params={"session_hash": "two", "fail": 1})
    client.get("/gradio_api/queue/other", params={"session_hash": "one"})
    client.get(STREAM)
    assert heard == [[True, False], [False, True], [False, False], [False, False]]
    assert not listeners.has("one") and not listeners.has("two")
