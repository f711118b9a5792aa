"""A Hub on the loopback address: as much of its HTTP API as the real client needs to push and to load.

with HubServer() as server:
    os.environ["HF_ENDPOINT"] = server.url  # of a process that has not imported huggingface_hub yet
    server.mode = "503"

`mode` says how to misbehave: an HTTP status; "silent", which takes the request and never answers; "half", which
sends half of `model.safetensors` and hangs up; "damaged", which sends all of it with wrong bytes; "cut", which hangs
up in the middle of a commit.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

TOKEN = "hf_right"
READ_TOKEN = "hf_reader"  # may look at everything and write nothing


@dataclass
class Repo:
    """The commits, oldest first: what each one's files are."""

    private: bool = False
    commits: list[tuple[str, dict[str, bytes]]] = field(default_factory=list)

    def commit(self, changed: dict[str, bytes]) -> str:
        files = (self.commits[-1][1] if self.commits else {}) | changed
        oid = hashlib.sha1(repr((len(self.commits), sorted(files.items()))).encode()).hexdigest()
        self.commits.append((oid, files))
        return oid


def hashes(path: str, content: bytes) -> dict:
    """As the Hub lists them: of the content, or where it is kept by Git LFS, of a pointer and of the content."""
    if not path.endswith(".safetensors"):
        return {"blobId": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()}
    return {"blobId": "of the pointer", "lfs": {"sha256": etag(path, content), "size": len(content), "pointerSize": 1}}


def etag(path: str, content: bytes) -> str:
    lfs = path.endswith(".safetensors")
    return hashlib.sha256(content).hexdigest() if lfs else hashes(path, content)["blobId"]


class HubServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.mode = ""
        self.repos: dict[str, Repo] = {}
        self.requests: list[str] = []
        self.closing = threading.Event()

    def __enter__(self) -> HubServer:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HubServer

    def log_message(self, *_: object) -> None:
        pass

    def handle_any(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.server.requests.append(f"{self.command} {path}")
        if self.server.mode == "silent":
            self.server.closing.wait()
            self.close_connection = True
            return
        size = int(self.headers.get("Content-Length", 0))
        cut = self.server.mode == "cut" and "/commit/" in path
        body = self.rfile.read(size // 2 if cut else size)
        if cut:
            self.hang_up()
        elif self.server.mode.isdigit():
            self.answer({"error": "as told"}, int(self.server.mode))
        elif not path.startswith("/api/"):
            repo, _, rest = path[1:].partition("/resolve/")
            self.resolve(repo, *rest.split("/", 1))
        else:
            self.api(path.removeprefix("/api/"), body)

    do_GET = do_HEAD = do_POST = handle_any  # noqa: N815

    def api(self, path: str, body: bytes) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in ("", TOKEN, READ_TOKEN):
            return self.answer({"error": "Invalid credentials in Authorization header"}, 401)
        if path == "whoami-v2":
            return self.answer({"name": "user", "type": "user"}, 200 if token else 401)
        if (self.command == "POST" or path.endswith("/auth-check/write")) and token != TOKEN:
            return self.answer({"error": "You may only read"}, 403)
        if path == "validate-yaml":
            text = json.loads(body)["content"]
            valid = text.startswith("---\n") and "\n---\n" in text
            return self.answer({"errors": [] if valid else [{"message": "no front matter"}], "warnings": []})
        if path == "repos/create":
            wanted = json.loads(body)
            name = f"{wanted['organization']}/{wanted['name']}"
            known = name in self.server.repos
            repo = self.server.repos.setdefault(name, Repo(wanted.get("visibility") == "private"))
            if not known:
                repo.commit({".gitattributes": b""})
            return self.answer({"url": f"{self.server.url}/{name}"}, 409 if known else 200)
        _, user, name, action, rest, *_ = [*path.split("/", 4), "", "", "", ""]
        repo = self.server.repos.get(f"{user}/{name}") if path.startswith("models/") else None
        if repo is None:
            return self.answer({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
        if action == "auth-check":
            return self.answer({})
        if action == "preupload":
            paths = [file["path"] for file in json.loads(body)["files"]]
            return self.answer({"files": [{"path": p, "uploadMode": "regular", "shouldIgnore": False} for p in paths]})
        if action == "commit":
            lines = [json.loads(line) for line in body.splitlines()]
            changed = [line["value"] for line in lines if line["key"] == "file"]
            oid = repo.commit({value["path"]: base64.b64decode(value["content"]) for value in changed})
            return self.answer({"commitUrl": f"{self.server.url}/{user}/{name}/commit/{oid}", "commitOid": oid})
        oid, files = self.at(repo, rest or "main")
        if oid is None:
            return self.answer({"error": "Invalid rev"}, 404, {"X-Error-Code": "RevisionNotFound"})
        listed = [{"rfilename": path, "size": len(data), **hashes(path, data)} for path, data in files.items()]
        return self.answer({"id": f"{user}/{name}", "sha": oid, "private": repo.private, "siblings": listed})

    def resolve(self, name: str, revision: str, path: str) -> None:
        repo = self.server.repos.get(name)
        oid, files = self.at(repo, revision) if repo else (None, {})
        if path not in files:
            return self.answer({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
        content, headers = files[path], {"X-Repo-Commit": oid, "ETag": f'"{etag(path, files[path])}"'}
        troubled = path == "model.safetensors" and self.command == "GET"
        if troubled and self.server.mode == "damaged":
            content = content[:-1000] + bytes(1000)
        return self.answer(content, 200, headers, half=troubled and self.server.mode == "half")

    @staticmethod
    def at(repo: Repo, revision: str) -> tuple[str | None, dict[str, bytes]]:
        if revision == "main":
            return repo.commits[-1]
        return next((commit for commit in repo.commits if commit[0] == revision), (None, {}))

    def answer(self, content: dict | bytes, status: int = 200, headers: dict | None = None, half: bool = False) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if half else body)
        if half:
            self.hang_up()

    def hang_up(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True
