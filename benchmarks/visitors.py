"""Fifty visitors who compare at once: python benchmarks/visitors.py [--requests N] [--clients N]

Each client posts two drawings to the Compare tab's event and reads the answer from the stream, as the page does. Then
it posts the next two at once. Every answer is compared with the expected one for its drawings. No drawing is repeated
while the app's cache still holds it. The clients run on the same cores as the app.

The upper bound of the throughput follows from the processor time: cores / (an empty event + our part). An empty event is
the processor time, of app and client, of a request to the same app with a function that returns prepared answers
(`empty_event.py`), under the same load. Our part is the function's own time for a new pair, alone on one core.
`--requests 10000` shows whether memory grows.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import re
import secrets
import statistics
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import common

os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent

import numpy as np

import siamese
from siamese.models.device import usable_cores
from siamese.ui import compare
from siamese.ui.components import picture_of
from tests.app_server import process_of, running_app

PAIRS = 6  # of each client, in turn
WARM = 4  # requests of each client before anything is measured


@dataclass
class Client:
    """One visitor: pairs of drawings, the expected answer to each, how long answers took, and the wrong ones."""

    pairs: list[tuple[str, str]]
    expected: list[list]
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def visit(self, host: str, event: int, requests: int, checked: bool) -> None:
        poster, reader = (http.client.HTTPConnection(host, timeout=120) for _ in range(2))
        session = secrets.token_hex(6)
        for number in range(requests):
            at = number % len(self.pairs)
            begun = time.perf_counter()
            answer = ask(poster, reader, session, event, [*self.pairs[at], False])
            self.seconds.append(time.perf_counter() - begun)
            if checked and not alike(answer, self.expected[at]):
                self.wrong.append(f"{answer}, expected {self.expected[at]}")


def alike(answer: object, expected: object) -> bool:
    """Whether two answers are equal, apart from rounding errors of up to 2e-6 in their numbers."""
    if isinstance(expected, dict | list) and type(answer) is type(expected) and len(answer) == len(expected):
        keys = expected if isinstance(expected, dict) else range(len(expected))
        return all(
            (not isinstance(answer, dict) or key in answer) and alike(answer[key], expected[key]) for key in keys
        )
    if isinstance(expected, float) and isinstance(answer, float):
        return abs(answer - expected) <= 2e-6
    return answer == expected


def ask(
    poster: http.client.HTTPConnection, reader: http.client.HTTPConnection, session: str, event: int, data: list
) -> list:
    """Put an event into the queue and read the stream until the answer: the event's outputs, decoded from JSON."""
    body = json.dumps({"data": data, "fn_index": event, "session_hash": session, "event_data": None})
    poster.close()  # the app closes connections that are idle for five seconds, so each request opens a new one
    poster.request("POST", "/gradio_api/queue/join", body, {"Content-Type": "application/json"})
    joined = poster.getresponse()
    reply = joined.read()
    if joined.status != 200:
        raise RuntimeError(f"the queue answers {joined.status}: {reply[:200]}")
    reader.close()
    reader.request("GET", f"/gradio_api/queue/data?session_hash={session}")
    stream, answer = reader.getresponse(), None
    for line in stream:
        if not line.startswith(b"data: "):
            continue
        message = json.loads(line[6:])
        if message["msg"] == "process_completed":
            if not message["success"]:
                raise RuntimeError(f"the event failed: {message['output']}")
            answer = [json.loads(value) for value in message["output"]["data"]]
    if answer is None:
        raise RuntimeError("the stream ended without an answer")
    return answer


def clients_of(matcher: siamese.Matcher, count: int) -> list[Client]:
    """Clients with different drawings, and the expected answers, which the package gives in this process."""
    chosen = np.random.default_rng(0).choice(len(matcher.gallery), (count, PAIRS, 2), replace=False)
    clients = []
    for indices in chosen:
        pairs = [tuple(common.canvas_url(matcher.gallery.images[i]) for i in pair) for pair in indices]
        expected = [compare.compare(matcher, *map(picture_of, pair), False) for pair in pairs]
        clients.append(Client(pairs, [json.loads(json.dumps(values)) for values in expected]))
    return clients


def our_seconds(matcher: siamese.Matcher, clients: list[Client]) -> float:
    """Seconds of processor time of our part alone, for a pair of new drawings."""
    pairs = itertools.cycle(pair for client in clients for pair in client.pairs)
    return common.median_cpu_ms(lambda: compare.compare(matcher, *map(picture_of, next(pairs)), False), 100) / 1000


@dataclass(frozen=True)
class Load:
    """What was measured under load.

    Attributes:
        rate: answers a second.
        busy: seconds of processor time an answer, of app and clients.
        seconds: that each answer took.
        before: MB of memory before it.
        after: MB of memory after it.
    """

    rate: float
    busy: float
    seconds: list[float]
    before: float
    after: float


def load(script: Path, clients: list[Client], requests: int, checked: bool) -> Load:
    """Serve the script, let all clients ask `requests` times each, and measure it."""
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder) / "log.txt", script=script) as url:
        app = process_of(url).name
        event = event_of(url)

        def visit(count: int) -> None:
            with ThreadPoolExecutor(len(clients)) as pool:
                list(pool.map(lambda client: client.visit(url.removeprefix("http://"), event, count, checked), clients))

        visit(WARM)
        for client in clients:
            client.seconds.clear()
        before, busy, begun = memory_of(app), common.busy_seconds(app) + time.process_time(), time.perf_counter()
        visit(requests)
        seconds = time.perf_counter() - begun
        total = len(clients) * requests
        busy = common.busy_seconds(app) + time.process_time() - busy
        times = [second for client in clients for second in client.seconds]
        return Load(total / seconds, busy / total, times, before, memory_of(app))


def event_of(url: str) -> int:
    """The id of the event that a change of the Compare tab's first canvas triggers, on the main page."""
    config = json.loads(urllib.request.urlopen(f"{url}/config").read())
    canvas = next(part["id"] for part in config["components"] if part["props"].get("elem_id") == "canvas-a")
    return next(part["id"] for part in config["dependencies"] if [canvas, "change"] in part["targets"])


def memory_of(pid: str) -> float:
    """MB of memory of a process and its direct children."""
    statuses = [Path(f"/proc/{one}/status").read_text() for one in common.family(pid)]
    found = [re.search(r"VmRSS:\s+(\d+) kB", status) for status in statuses]  # none of a process that has just ended
    return sum(int(size[1]) for size in found if size) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=1000, help="of all clients together")
    parser.add_argument("--clients", type=int, default=50)
    options = parser.parse_args()
    each = -(-options.requests // options.clients)
    matcher = siamese.load()
    clients = clients_of(matcher, options.clients)
    ours = our_seconds(matcher, clients)
    empty = load(HERE / "empty_event.py", clients, min(each, 40), checked=False)
    app = load(ROOT / "app.py", clients, each, checked=True)
    cores = usable_cores()
    bound = cores / (empty.busy + ours)
    median, slowest = statistics.median(app.seconds), statistics.quantiles(app.seconds, n=20)[-1]
    wrong = [line for client in clients for line in client.wrong]
    print(common.where())
    print(
        f"processor time: an empty event {empty.busy * 1000:.2f} ms, our part {ours * 1000:.2f} ms, both together "
        f"under load {app.busy * 1000:.2f} ms"
    )
    print(
        f"{options.clients} clients: {app.rate:.0f} answers a second (an empty event {empty.rate:.0f}); "
        f"{cores} cores allow {bound:.0f}: {app.rate / bound:.2f} of that (limit 0.8)"
    )
    print(
        f"median {median * 1000:.0f} ms, 95th percentile {slowest * 1000:.0f} ms: {slowest / median:.2f} times (limit 3)"
    )
    print(f"{len(app.seconds)} answers to {each * options.clients} requests, {len(wrong)} wrong", *wrong[:3], sep="\n")
    print(f"memory {app.before:.0f} MB, after {len(app.seconds)} more requests {app.after:.0f} MB")


if __name__ == "__main__":
    main()
