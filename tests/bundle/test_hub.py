"""The real Hub client, in a process of its own, over HTTP against a small Hub on the loopback address."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

import siamese
from siamese.bundle import format as bundle
from tests.helpers import ROOT, embedded_anew
from tests.hub_server import READ_TOKEN, TOKEN, HubServer, Repo

REPO = "user/digits"
DEADLINE = 3.0
SLACK = 3.0  # for reading a bundle on a busy machine
PATIENCE = 90.0  # until a client that hangs is ended

CLIENT = """
import contextlib, io, json, os, sys, time

def loopback_only(event, arguments):
    host = {"socket.connect": lambda: arguments[1][0], "socket.getaddrinfo": lambda: arguments[0]}.get(event)
    if host and host() not in ("127.0.0.1", b"127.0.0.1"):
        os.write(2, f"{event} {arguments}".encode())
        os._exit(13)

sys.addaudithook(loopback_only)
from siamese import cli, matcher
from siamese.bundle import hub
from siamese.ui import serving

def seen(model):
    return {"source": model.source, "embeddings": model.embed(model.gallery.images[:20]).tolist()}

def serve(wanted, deadline):
    served = serving.serve(wanted, deadline)
    return seen(served.matcher) | {"wanted": served.wanted, "problem": served.problem}

def pull(repo, deadline=30):
    pulled = hub.pull(repo, deadline=deadline)
    return {"folder": str(pulled.folder), "name": pulled.name, "problem": pulled.problem}

calls = {"push": hub.push, "check_push": hub.check_push, "main": cli.main, "pull": pull, "serve": serve,
         "load": lambda *arguments: seen(matcher.load(*arguments))}
for line in sys.stdin:
    name, arguments, options = json.loads(line)
    answer, printed, started = {"error": None, "value": None}, io.StringIO(), time.monotonic()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            answer["value"] = calls[name](*arguments, **options)
        except ValueError as error:
            answer["error"] = str(error)
    print(json.dumps(answer | {"printed": printed.getvalue(), "seconds": time.monotonic() - started}), flush=True)
"""


class Client:
    """A process of its own, for huggingface_hub reads its endpoint and home when it is imported."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLIENT],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, name: str, *arguments: object, **options: object) -> dict:
        """{"value", "error", "printed", "seconds"} of one call."""
        alarm = threading.Timer(PATIENCE, self.process.kill)
        alarm.start()
        try:
            self.process.stdin.write(json.dumps([name, arguments, options], default=str) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        finally:
            alarm.cancel()
        assert line, f"{name} hung, or its process died"
        return json.loads(line)

    def value(self, name: str, *arguments: object, **options: object) -> dict | str | int | None:
        answer = self.call(name, *arguments, **options)
        assert answer["error"] is None, answer["error"]
        return answer["value"]

    def error(self, name: str, *arguments: object, **options: object) -> str:
        answer = self.call(name, *arguments, **options)
        assert answer["error"], f"{name} raised nothing and gave {answer['value']}"
        assert "\n" not in answer["error"]
        return answer["error"]


@pytest.fixture(scope="session")
def bundle_folder() -> Path:
    return Path(siamese.__file__).parent / "pretrained"


@pytest.fixture(scope="session")
def other_folder(bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that answers otherwise than the one that ships, so that the two cannot be mistaken for each other."""
    other = bundle.load(bundle_folder)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in other.net.parameters():
            parameter *= 1 + 0.1 * torch.rand(parameter.shape, generator=generator)
    folder = tmp_path_factory.mktemp("bundles") / "other"
    bundle.save(embedded_anew(other, 300), folder)
    return folder


@pytest.fixture
def server() -> Iterator[HubServer]:
    with HubServer() as running:
        yield running


@pytest.fixture
def environment(server: HubServer, tmp_path: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not (key.startswith("HF_") or "proxy" in key.lower())}
    return kept | {
        "HF_ENDPOINT": server.url,
        "HF_HOME": str(tmp_path / "home"),
        "HF_TOKEN": TOKEN,
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., Client]]:
    """Start a client; all of a test share a cache."""
    clients: list[Client] = []

    def begin(**changed: str) -> Client:
        clients.append(Client(environment | changed))
        return clients[-1]

    yield begin
    for client in clients:
        client.process.kill()
        client.process.communicate()


@pytest.fixture
def published(server: HubServer, other_folder: Path) -> str:
    """The commit at which the other bundle is on the Hub, with a pickle beside it."""
    repo = server.repos[REPO] = Repo()
    pickle = {"pytorch_model.bin": b"\x80\x04K\x01."}
    return repo.commit({name: (other_folder / name).read_bytes() for name in bundle.FILES} | pickle)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_push_and_load(start, server, other_folder) -> None:
    before, client = contents(other_folder), start()
    address = client.value("push", other_folder, REPO)
    repo = server.repos[REPO]
    commit, files = repo.commits[-1]
    assert address == f"{server.url}/{REPO}/commit/{commit}"
    assert len(repo.commits) == 2, "one commit by the Hub, one with the bundle"
    assert set(files) == {".gitattributes", *bundle.FILES}
    assert f'siamese.load("{REPO}")' in files["README.md"].decode()
    assert not repo.private
    assert contents(other_folder) == before

    local, loaded, shipped = (client.value("load", source) for source in (other_folder, REPO, None))
    assert loaded["source"] == f"{REPO}@{commit}"
    assert loaded["embeddings"] == local["embeddings"] != shipped["embeddings"]


def test_unchanged_push_makes_no_commit(start, server, other_folder) -> None:
    client = start()
    address = client.value("push", other_folder, REPO)
    again = client.call("push", other_folder, REPO)
    assert again["value"] == address
    assert "Unchanged" in again["printed"]
    assert len(server.repos[REPO].commits) == 2
    assert sum("/commit/" in request for request in server.requests) == 1


def test_push_to_an_existing_repository(start, server, bundle_folder, other_folder, published) -> None:
    client, repo = start(), server.repos[REPO]
    repo.commit({"notes.txt": b"mine"})
    client.value("push", bundle_folder, REPO)
    assert len(repo.commits) == 3
    assert repo.commits[-1][1]["notes.txt"] == b"mine"
    newest, first = client.value("load", REPO), client.value("load", REPO, published)
    assert newest["source"] == f"{REPO}@{repo.commits[-1][0]}"
    assert newest["embeddings"] == client.value("load", bundle_folder)["embeddings"]
    assert first["source"] == f"{REPO}@{published}"
    assert first["embeddings"] == client.value("load", other_folder)["embeddings"]


def test_private_push(start, server, other_folder, published) -> None:
    client = start()
    client.value("push", other_folder, "user/secret", private=True)
    assert server.repos["user/secret"].private
    assert "public" in client.error("push", other_folder, REPO, private=True)
    assert len(server.repos[REPO].commits) == 1


def test_what_cannot_be_pushed_is_known_at_once(start, server, published) -> None:
    client = start()
    cases = {
        "hf_wrong": "401, the token is wrong",
        READ_TOKEN: "403, the token has no permission",
        "hf_\u00fcber": "the token holds characters",
        "hf_two words": "the token holds characters",
    }
    for token, message in cases.items():
        answer = client.call("check_push", REPO, token=token)
        assert message in answer["error"]
        assert token not in answer["error"]
        assert answer["seconds"] < 5
    for name in ("digits", "a/b/c", "user/", "user/di gits", "user/..", ""):
        assert repr(name) in client.error("check_push", name)
    assert client.value("check_push", "user/new") is None
    assert set(server.repos) == {REPO, "user/new"}
    server.mode = "503"
    assert "503" in client.error("check_push", REPO)
    assert "there is no token" in start(HF_TOKEN="").error("check_push", REPO)


def test_silent_hub_is_given_up_when_pushing(start, server, other_folder) -> None:
    server.mode = "silent"
    answer = start().call("check_push", REPO)
    assert "the Hub took" in answer["error"]
    assert answer["seconds"] < 10 + SLACK


def test_wrong_token_stops_train_before_it_begins(environment, server, tmp_path) -> None:
    nothing = tmp_path / "no_data"
    nothing.write_text("a file, so that nothing can be downloaded into it")
    arguments = ["--data-dir", nothing / "here", "--out", tmp_path / "run", "--push-to-hub", REPO]
    run = subprocess.run(
        [sys.executable, ROOT / "train.py", *arguments],
        env=environment | {"HF_TOKEN": "hf_wrong"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert run.returncode == 2
    assert "the token is wrong" in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()
    assert not server.repos


def test_train_pushes_what_it_made(environment, start, server, mnist_dir, tmp_path) -> None:
    arguments = ["--limit", "200", "--epochs", "1", "--data-dir", mnist_dir, "--out", tmp_path / "run"]
    run = subprocess.run(
        [sys.executable, ROOT / "train.py", *arguments, "--push-to-hub", REPO, "--private"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
    )
    assert run.returncode == 0, run.stderr
    repo, client = server.repos[REPO], start()
    assert (len(repo.commits), repo.private) == (2, True)
    command = json.loads(repo.commits[-1][1]["metrics.json"])["command"]
    assert command == "python train.py --limit 200 --epochs 1"
    assert client.value("load", REPO)["embeddings"] == client.value("load", tmp_path / "run")["embeddings"]


def test_push_cut_off_half_way(start, server, other_folder, tmp_path) -> None:
    folder = tmp_path / "my run"
    shutil.copytree(other_folder, folder)
    client, server.mode = start(), "cut"
    error = client.error("push", folder, REPO)
    assert "whole" in error
    assert contents(folder) == contents(other_folder)
    assert len(server.repos[REPO].commits) == 1

    command = shlex.split(error.partition("to try again: ")[2])
    assert command == ["python", "-m", "siamese", "push", str(folder), REPO]
    server.mode = ""
    assert client.value("main", command[3:]) == 0
    assert set(bundle.FILES) < set(server.repos[REPO].commits[-1][1])


def test_broken_bundle_is_not_pushed(start, server, other_folder, tmp_path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(other_folder, folder)
    (folder / "model.safetensors").write_bytes((other_folder / "model.safetensors").read_bytes()[:5000])
    assert "model.safetensors" in start().error("push", folder, REPO)
    assert not server.requests


def test_what_the_card_cannot_show_is_not_pushed(start, server, other_folder, tmp_path) -> None:
    client = start()
    spoilt = {
        "trained_on names 'runes'": {"trained_on": ["runes"]},
        "test has no metric '5-nn accuracy'": {"test": []},
        "seconds must be a number of things": {"seconds": 10**400},
    }
    for number, (message, changed) in enumerate(spoilt.items()):
        folder = tmp_path / str(number)
        shutil.copytree(other_folder, folder)
        measured = json.loads((folder / "metrics.json").read_text())
        (folder / "metrics.json").write_text(json.dumps(measured | changed))
        error = client.error("push", folder, REPO)
        assert message in error and str(folder / "metrics.json") in error
    assert not server.requests


def test_the_record_of_the_run_is_not_read_when_pushing(start, server, other_folder, tmp_path) -> None:
    """The card takes its words from the networks, whatever the configuration on record says."""
    folder = tmp_path / "odd"
    shutil.copytree(other_folder, folder)
    measured = json.loads((folder / "metrics.json").read_text())
    (folder / "metrics.json").write_text(json.dumps(measured | {"config": {"network": 3}}))
    start().value("push", folder, REPO)
    assert "have a network of their own" in server.repos[REPO].commits[-1][1]["README.md"].decode()


def test_only_the_bundle_is_downloaded(start, server, published) -> None:
    pulled = start().value("pull", REPO)
    assert pulled["name"] == f"{REPO}@{published}"
    assert pulled["problem"] == ""
    assert {path.name for path in Path(pulled["folder"]).iterdir()} == set(bundle.FILES)
    asked = {request.rpartition("/")[2] for request in server.requests if "/resolve/" in request}
    assert asked == set(bundle.FILES)


@pytest.mark.parametrize("revision", ["main", "commit"])
def test_warm_cache_works_offline(start, server, published, revision) -> None:
    wanted = REPO if revision == "main" else f"{REPO}@{published}"
    fresh = start().value("serve", wanted, DEADLINE * 5)
    assert fresh["problem"] == ""
    server.mode = "404"
    for client in (start(), start(HF_HUB_OFFLINE="1")):
        served = client.value("serve", wanted, DEADLINE)
        assert served["source"] == fresh["source"] == f"{REPO}@{published}"
        assert served["embeddings"] == fresh["embeddings"]
        assert "earlier download" in served["problem"]


def test_warm_cache_serves_under_a_silent_hub(start, server, published) -> None:
    client = start()
    client.value("pull", REPO)
    server.mode = "silent"
    answer = client.call("serve", REPO, DEADLINE)
    assert answer["seconds"] < DEADLINE + SLACK
    assert answer["value"]["source"] == f"{REPO}@{published}"
    assert "the Hub took" in answer["value"]["problem"]


def test_half_an_update_leaves_the_cached_bundle(start, server, published, bundle_folder) -> None:
    client = start()
    client.value("pull", REPO)
    update = server.repos[REPO].commit({name: (bundle_folder / name).read_bytes() for name in bundle.FILES})
    server.mode = "half"
    served = client.value("serve", REPO, DEADLINE)
    assert served["source"] == f"{REPO}@{published}"
    assert "earlier download" in served["problem"]
    server.mode = ""
    served = client.value("serve", REPO, DEADLINE * 5)
    assert (served["source"], served["problem"]) == (f"{REPO}@{update}", "")


FAILURES = {
    "refused": "connection to the Hub failed",
    "401": "the Hub answers 401",
    "403": "the Hub answers 403",
    "404": "the Hub answers 404",
    "503": "the Hub answers 503",
    "silent": "the Hub took",
    "half": "the Hub took",
    "damaged": "model.safetensors arrived damaged",
}


@pytest.mark.parametrize("mode", FAILURES)
def test_a_failing_hub_leaves_the_shipped_bundle(start, server, published, other_folder, mode) -> None:
    client = start()
    if mode == "refused":
        server.__exit__()
    else:
        server.mode = mode
    answer = client.call("serve", REPO, DEADLINE)
    served = answer["value"]
    assert answer["seconds"] < DEADLINE + SLACK
    assert served["source"] == "pretrained"
    assert served["embeddings"] == client.value("load", None)["embeddings"]
    assert served["wanted"] == REPO
    assert FAILURES[mode] in served["problem"]
    assert REPO in served["problem"]
    assert "\n" not in served["problem"]

    # The Hub recovers, and nothing of the failure is left in the cache.
    with HubServer(server.server_port) if mode == "refused" else server as recovered:
        recovered.repos, recovered.mode = server.repos, ""
        served = client.value("serve", REPO, DEADLINE * 5)
    assert (served["source"], served["problem"]) == (f"{REPO}@{published}", "")
    assert served["embeddings"] == client.value("load", other_folder)["embeddings"]


def test_damaged_cache_is_mended_and_never_served(start, server, published) -> None:
    client = start()
    weights = Path(client.value("pull", REPO)["folder"]) / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1000] + bytes(1000))
    server.mode = "damaged"
    assert client.value("serve", REPO, DEADLINE * 5)["source"] == "pretrained"
    server.mode = ""
    client.value("pull", REPO)
    assert weights.read_bytes() == whole


def test_what_is_no_bundle_on_the_hub(start, server, published, tmp_path) -> None:
    client, repo = start(), server.repos[REPO]
    config = json.loads(repo.commits[-1][1]["config.json"])
    strange = repo.commit({"config.json": json.dumps(config | {"format_version": 99}).encode()})
    served = client.value("serve", REPO, DEADLINE * 5)
    assert served["source"] == "pretrained"
    assert f"{REPO}@{strange}/config.json has format version 99" in served["problem"]
    assert str(tmp_path) not in served["problem"]
    server.repos["user/part"] = part = Repo()
    part.commit({name: data for name, data in repo.commits[0][1].items() if name != "gallery.png"})
    assert "holds no gallery.png" in client.value("serve", "user/part", DEADLINE * 5)["problem"]
    assert client.value("serve", f"{REPO}@{published}", DEADLINE * 5)["problem"] == ""


def test_serve_takes_folders_and_nothing_at_all(start, server, other_folder, tmp_path) -> None:
    client = start()
    served = client.value("serve", None, DEADLINE)
    assert (served["source"], served["wanted"], served["problem"]) == ("pretrained", "", "")
    served = client.value("serve", other_folder, DEADLINE)
    assert (served["source"], served["problem"]) == (str(other_folder), "")
    for wanted in (tmp_path / "nowhere", "nowhere", "a/b/c", "user/digits@../../main", "user/di gits"):
        served = client.value("serve", wanted, DEADLINE)
        assert served["source"] == "pretrained"
        assert "\n" not in served["problem"]
        assert str(wanted) in served["problem"]
    assert not server.requests


def test_command_line(start, published, other_folder) -> None:
    client = start()
    answer = client.call("main", ["pull", f"{REPO}@{published}"])
    assert answer["value"] == 0
    assert f"{REPO}@{published}: " in answer["printed"]
    for arguments in (
        ["pull", "digits"],
        ["pull", "user/unknown"],
        ["push", "nowhere", REPO],
        ["push", other_folder, "x"],
    ):
        answer = client.call("main", arguments)
        assert answer["value"] == 2
        assert len(answer["printed"].strip().splitlines()) == 1
