"""Two replicas of the app behind nginx: python benchmarks/replicas.py [--clients N] [--rounds N]

nginx runs docs/nginx.conf, with free ports in place of its own, as a process of this user; Debian has it as
`nginx-light`. Measured are answers a second through it and from one replica directly, in turns; whether each visitor stays
with one replica, and what a client without its cookie gets; and who answers once a replica is killed. Apps, nginx and
clients share the cores: on two of them the rates do not tell what a second replica brings on cores of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import common

os.environ.setdefault("OMP_NUM_THREADS", "1")

import httpx
from gradio_client import Client, handle_file
from PIL import Image
from visitors import Client as Drawings
from visitors import alike, ask, clients_of, event_of

import siamese
from tests.app_server import free_port, running, running_app

CONFIGURATION = Path(__file__).parent.parent / "docs" / "nginx.conf"
ADDRESSES = "127.0.0.1:7860", "127.0.0.1:7861", "127.0.0.1:7862"  # in it: of nginx, and of the two replicas
VISITORS = 8  # of the Python client
ANSWERS = 5  # of each
CALLS = 20  # of a client that keeps no cookie
TURNS = 3


class WithCookie(http.client.HTTPConnection):
    """A connection that sends a cookie, as a browser does."""

    cookie = ""

    def request(self, method: str, url: str, body=None, headers=None, **options) -> None:
        super().request(method, url, body, {**(headers or {}), "Cookie": self.cookie}, **options)


@contextlib.contextmanager
def nginx(folder: Path, replicas: list[str]) -> Iterator[str]:
    """The address of nginx in front of the replicas, ready to answer; ended when the block is left."""
    own = f"127.0.0.1:{free_port()}"
    text = CONFIGURATION.read_text()
    for stands, used in zip(ADDRESSES, [own, *(url.removeprefix("http://") for url in replicas)], strict=True):
        if stands not in text:
            raise SystemExit(f"{CONFIGURATION} has no {stands}: name the address that stands there now in ADDRESSES.")
        text = text.replace(stands, used)
    (folder / "nginx.conf").write_text(text)
    folder.chmod(0o755)  # nginx that root starts gives its workers to another user, who has to reach the folder
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    with (folder / "nginx.log").open("w") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        host, port = own.split(":")
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection((host, int(port))):
                break
            if process.poll() is not None:
                raise SystemExit(f"nginx has ended: {(folder / 'nginx.log').read_text()}")
            time.sleep(0.05)
        yield f"http://{own}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def replica_of(url: str, cookies: dict[str, str]) -> str:
    """Which replica answers there: a random number that each Gradio app has."""
    return httpx.get(f"{url}/gradio_api/app_id", cookies=cookies).raise_for_status().json()["app_id"]


def answer_to(url: str, cookie: str, session: str, event: int, pair: tuple[str, str]) -> list:
    """The answer to two drawings: a POST, then the stream, as one visitor in one session."""
    poster, reader = (WithCookie(url.removeprefix("http://"), timeout=60) for _ in range(2))
    poster.cookie = reader.cookie = cookie
    return ask(poster, reader, session, event, [*pair, False])


def rate(url: str, clients: list[Drawings], rounds: int) -> float:
    """Answers a second to clients that ask at once, each of them checked."""
    event = event_of(url)

    def visit(client: Drawings) -> None:
        session = secrets.token_hex(16)
        cookie = f"replica={session}"  # any value will do for nginx; an app that is asked directly passes it over
        for number in range(rounds):
            at = number % len(client.pairs)
            answer = answer_to(url, cookie, session, event, client.pairs[at])
            if not alike(answer, client.expected[at]):
                raise SystemExit(f"A wrong answer: {answer}")

    begun = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(visit, clients))
    return len(clients) * rounds / (time.perf_counter() - begun)


def lost_without_cookie(url: str, pair: tuple[str, str]) -> int:
    """How many of some answers are lost to a client that keeps no cookie."""
    event, lost = event_of(url), 0
    for _ in range(CALLS):
        try:
            answer_to(url, "", secrets.token_hex(6), event, pair)
        except RuntimeError:  # the stream's replica knows of no such session
            lost += 1
    return lost


def upload_and_compare(visitor: Client, picture: Path) -> None:
    """Upload a picture twice and compare the two."""
    answer = visitor.predict(handle_file(picture), handle_file(picture), api_name="/compare")
    if not answer["same"]:
        raise SystemExit(f"A picture is said to differ from itself: {answer}")


def stay_and_move(url: str, replicas: list[str], picture: Path) -> None:
    """Let visitors upload and compare through nginx, kill a replica, and let them go on."""
    visitors = [Client(url, verbose=False) for _ in range(VISITORS)]
    known = [replica_of(replica, {}) for replica in replicas]
    at = []
    for visitor in visitors:
        seen = set()
        for _ in range(ANSWERS):
            upload_and_compare(visitor, picture)
            seen.add(replica_of(url, visitor.cookies))
        at.append(seen)
    stayed = sum(len(seen) == 1 for seen in at)
    shares = [sum(replica in seen for seen in at) for replica in known]
    print(
        f"gradio_client: {VISITORS} visitors, {ANSWERS} uploads and answers each: {stayed} stayed with one replica "
        f"({shares[0]} and {shares[1]})"
    )
    running[replicas[0]].kill()
    running[replicas[0]].wait()
    seconds, moved = [], 0
    for visitor, seen in zip(visitors, at, strict=True):
        begun = time.perf_counter()
        upload_and_compare(visitor, picture)
        if known[0] in seen:
            seconds.append(time.perf_counter() - begun)
            moved += replica_of(url, visitor.cookies) == known[1]
    print(
        f"one replica killed: the next request of {moved} of its {shares[0]} visitors was answered by the other, the "
        f"slowest after {max(seconds, default=0):.2f} s; the other {shares[1]} noticed nothing"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=10, help="answers of each client in a turn")
    options = parser.parse_args()
    if not shutil.which("nginx"):
        raise SystemExit("There is no nginx on this machine: apt-get install nginx-light")
    matcher = siamese.load()
    clients = clients_of(matcher, options.clients)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        replicas = [stack.enter_context(running_app(folder / f"{number}.txt")) for number in range(2)]
        url = stack.enter_context(nginx(folder, replicas))
        picture = folder / "digit.png"
        Image.fromarray(255 - matcher.gallery.images[4]).resize((140, 140)).save(picture)
        print(common.where())
        rates: dict[str, list[float]] = {replicas[0]: [], url: []}
        for address in (replicas[1], *rates):  # not counted: workers start
            rate(address, clients, 2)
        for _ in range(TURNS):
            for address, measured in rates.items():
                measured.append(rate(address, clients, options.rounds))
        one, both = (statistics.median(measured) for measured in rates.values())
        print(
            f"{options.clients} clients: one replica directly {one:.0f} answers a second, two behind nginx {both:.0f}: "
            f"{both / one:.2f} times"
        )
        print(f"without the cookie {lost_without_cookie(url, clients[0].pairs[0])} of {CALLS} answers are lost")
        stay_and_move(url, replicas, picture)


if __name__ == "__main__":
    main()
