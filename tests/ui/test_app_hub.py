"""The app goes up within its deadline whatever the Hub does, and says which model it serves and why."""

from __future__ import annotations

import http.client
import socket
import time
import urllib.request

import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from siamese.bundle import format as bundle
from tests.app_server import free_port, running_app
from tests.hub_server import HubServer, Repo

REPO = "user/digits"
SECONDS = 60.0  # from the start of app.py to an answer of /compare; by itself the Hub's client gives up after 393


@pytest.fixture
def server():
    with HubServer() as running:
        yield running


@pytest.fixture
def pictures(matcher, tmp_path) -> list[str]:
    paths = []
    for index in np.flatnonzero(matcher.gallery.labels == 4)[:2]:
        paths.append(str(tmp_path / f"{index}.png"))
        Image.fromarray(255 - matcher.gallery.images[index]).resize((140, 140)).save(paths[-1])
    return paths


def publish(server: HubServer, matcher) -> str:
    """Put the shipped bundle on the small Hub; the commit."""
    repo = server.repos.setdefault(REPO, Repo())
    return repo.commit({name: (matcher.folder / name).read_bytes() for name in bundle.FILES})


def environment(endpoint: str, home) -> dict[str, str]:
    return {"SIAMESE_MODEL": REPO, "HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}


def config_of(url: str) -> str:
    with urllib.request.urlopen(f"{url}/config") as response:
        return response.read().decode()


@pytest.mark.parametrize("mode", ["401", "403", "404", "503", "silent", "half", "refused"])
def test_the_app_answers_whatever_the_hub_does(server, matcher, pictures, tmp_path, mode):
    publish(server, matcher)
    server.mode = "" if mode == "refused" else mode
    endpoint = f"http://127.0.0.1:{free_port()}" if mode == "refused" else server.url
    started = time.monotonic()
    with running_app(tmp_path / "log.txt", **environment(endpoint, tmp_path / "home")) as url:
        client = Client(url, verbose=False)
        answer = client.predict(handle_file(pictures[0]), handle_file(pictures[1]), api_name="/compare")
        seconds = time.monotonic() - started
        page = config_of(url)
    assert answer["probability"] == pytest.approx(matcher.compare(*pictures).probability, abs=1e-5)
    assert seconds < SECONDS
    assert "The model that ships with the app is served" in page
    assert "The model that ships with the app is served" in (tmp_path / "log.txt").read_text()


def test_the_app_serves_the_hub_and_goes_on_offline(server, matcher, pictures, tmp_path):
    commit = publish(server, matcher)
    variables = environment(server.url, tmp_path / "home")
    with running_app(tmp_path / "log.txt", **variables) as url:
        assert f"{REPO}@{commit}" in config_of(url)
    variables["HF_ENDPOINT"] = f"http://127.0.0.1:{free_port()}"
    with running_app(tmp_path / "log.txt", **variables) as url:
        assert f"{REPO}@{commit}" in config_of(url)
        client = Client(url, verbose=False)
        assert "probability" in client.predict(handle_file(pictures[0]), handle_file(pictures[1]), api_name="/compare")


def test_try_again_serves_the_model_once_the_hub_is_back(server, matcher, tmp_path):
    commit = publish(server, matcher)
    server.mode = "503"
    with running_app(tmp_path / "log.txt", **environment(server.url, tmp_path / "home")) as url:
        assert "Try again" in config_of(url)
        server.mode = ""
        press_try_again(url)
        until = time.monotonic() + 60
        while f"{REPO}@{commit}" not in reachable_config(url):
            assert time.monotonic() < until, (tmp_path / "log.txt").read_text()
            time.sleep(0.2)
        assert "Try again" not in config_of(url)


def press_try_again(url: str) -> None:
    """What the button does; the app starts anew under the caller's hands, so no answer is waited for."""
    import json

    config = json.loads(config_of(url))
    (button,) = [c["id"] for c in config["components"] if c["props"].get("value") == "Try again"]
    (event,) = [d["id"] for d in config["dependencies"] if any(t[0] == button for t in d["targets"])]
    body = json.dumps({"data": [], "fn_index": event, "session_hash": "visitor", "trigger_id": button}).encode()
    request = urllib.request.Request(
        f"{url}/gradio_api/queue/join", data=body, headers={"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request).read()
    with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1]))):
        pass  # the queue works on whether or not anybody listens


def reachable_config(url: str) -> str:
    """The page's config, or nothing while the app is down, or goes down in the middle of its answer."""
    try:
        return config_of(url)
    except (OSError, http.client.HTTPException):
        return ""
