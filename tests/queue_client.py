"""A client of the app's queue and endpoints that sends just what it is told to, for tests and for benchmarks."""

from __future__ import annotations

import http.client
import json
import secrets
import time
import urllib.request

from tests.app_server import process_of

LONGEST = 120.0  # seconds that an answer is waited for


class Site:
    """The running app: its address, its process, and a visitor's ways to ask it."""

    def __init__(self, url: str) -> None:
        self.url, self.host = url, url.removeprefix("http://")
        self.pid = process_of(url).name
        config = json.loads(urllib.request.urlopen(f"{url}/config").read())
        self.ids: dict[str, int] = {}  # of the main page's elements, which comes first
        for part in config["components"]:
            self.ids.setdefault(part["props"].get("elem_id"), part["id"])
        self.dependencies = config["dependencies"]

    def event(self, element: str, name: str) -> int:
        """The id of the event of that name of the element of that id."""
        target = [self.ids[element], name]
        return next(part["id"] for part in self.dependencies if target in part["targets"])

    def post(self, path: str, body: bytes, kind: str = "application/json") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.host, timeout=LONGEST)
        try:
            connection.request("POST", path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            return 0, repr(error).encode()
        finally:
            connection.close()

    def upload(self, name: str, content: bytes) -> dict:
        """A file that was sent to the app, as an event takes it."""
        border = secrets.token_hex(8)
        head = f'--{border}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
        body = head + content + f"\r\n--{border}--\r\n".encode()
        status, answer = self.post("/gradio_api/upload", body, f"multipart/form-data; boundary={border}")
        if status != 200:
            raise RuntimeError(f"the upload was answered by {status}: {answer[:200]!r}")
        return {"path": json.loads(answer)[0], "meta": {"_type": "gradio.FileData"}}

    def call(self, endpoint: str, *data: object) -> tuple[bool, str]:
        """An endpoint's answer as text, and whether it was one; else the problem."""
        status, joined = self.post(f"/gradio_api/call/{endpoint}", json.dumps({"data": data}).encode())
        if status != 200:
            return False, f"{status} {joined[:200].decode()}"
        address = f"{self.url}/gradio_api/call/{endpoint}/{json.loads(joined)['event_id']}"
        with urllib.request.urlopen(address, timeout=LONGEST) as stream:
            last = ""
            for line in stream:
                text = line.decode().strip()
                if text.startswith("event: "):
                    last = text[7:]
                elif text.startswith("data: ") and last in ("complete", "error"):
                    return last == "complete", text[6:]
        return False, "the stream ended"

    def join(self, event: int, data: list, session: str | None = None, event_data: object = None) -> tuple[int, str]:
        """Put an event into the queue; its status and the session's name. Nobody listens to it."""
        session = session or secrets.token_hex(6)
        body = {"data": data, "fn_index": event, "session_hash": session, "event_data": event_data}
        return self.post("/gradio_api/queue/join", json.dumps(body).encode())[0], session

    def first_frames(self, session: str, count: int = 1) -> bool:
        """Listen until a run of the Learn tab has shown its first frames, then leave; whether it did."""
        address = f"{self.url}/gradio_api/queue/data?session_hash={session}"
        with urllib.request.urlopen(address, timeout=LONGEST) as stream:
            until = time.perf_counter() + LONGEST
            for line in stream:
                if time.perf_counter() > until:
                    return False
                if line.startswith(b"data: "):
                    message = json.loads(line[6:])
                    count -= message["msg"] == "process_generating" and "snapshots" in str(message["output"])
                    if count <= 0:
                        return True
                    if message["msg"] in ("process_completed", "close_stream", "unexpected_error"):
                        return False
        return False
