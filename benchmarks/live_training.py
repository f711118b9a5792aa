"""What live training in the Learn tab costs, and what it shows: python benchmarks/live_training.py [--ready-settings]

Measures how long Compare answers take over HTTP, from another process, with and without a run in progress. Then it
measures memory and threads of the app over 20 runs, of which the visitor leaves every other one early. With
--ready-settings it shows instead how the runs of each ready setting end.
"""

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import common
import httpx

from tests.app_server import process_of, running_app, tasks

ROOT = Path(__file__).parent.parent

ANSWERS = 40
RUNS = 20


def main() -> None:
    print(common.where())
    if "--ready-settings" in sys.argv:
        ready_settings()
        return
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder) / "log.txt") as url:
        with Run(url) as warm:
            warm.snapshot()
        answers(url, "warm-up")
        alone = answers(url, "Compare, nothing else going on")
        with learning(url):
            during = answers(url, "Compare, while networks learn, one after the other")
        print(f"ratio of the medians {during / alone:.2f}")
        memory(url)


@contextmanager
def learning(url: str):
    """While the block is entered, a visitor trains one network after the other."""
    enough, begun = threading.Event(), threading.Event()

    def train() -> None:
        while not enough.is_set():
            with Run(url) as run:
                while not (run.over or enough.is_set()):
                    run.snapshot()
                    begun.set()

    trainer = threading.Thread(target=train)
    trainer.start()
    begun.wait()
    yield
    enough.set()
    trainer.join()


def answers(url: str, name: str) -> float:
    """Median seconds that Compare takes to answer through the queue, as the page asks for it."""
    import siamese
    from siamese.ui.components import drawing_url

    images = siamese.load().gallery.images
    function = event(url, "change", 3)
    times = []
    for number in range(ANSWERS):
        drawn = [drawing_url(images[number]), drawing_url(images[number + 100]), False]
        start = time.perf_counter()
        for message in messages(url, function, drawn, f"compare{number}{name}"):
            if message["msg"] == "process_completed":
                break
        times.append(time.perf_counter() - start)
    slowest = sorted(times)[int(0.9 * len(times))]
    print(f"{name}: median {statistics.median(times) * 1000:.0f} ms, nine in ten within {slowest * 1000:.0f} ms")
    return statistics.median(times)


def memory(url: str) -> None:
    print(f"before: {resident(url) / 1e6:.0f} MB, (threads, children) {tasks(url)}")
    for number in range(RUNS):
        with Run(url, seed=number) as run:
            run.snapshot()
            while number % 2 and not run.over:
                run.snapshot()
        if number % 5 == 4:
            print(f"after {number + 1} runs: {resident(url) / 1e6:.0f} MB, (threads, children) {tasks(url)}")
    time.sleep(15)
    print(f"a while later: {resident(url) / 1e6:.0f} MB, (threads, children) {tasks(url)}")


def resident(url: str) -> int:
    return int((process_of(url) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Run:
    """A visitor who trains a network. Leaving the block is like leaving the page."""

    def __init__(self, url: str, **settings: object) -> None:
        self.function = event(url, "submit", 0)
        asked = {"number": 1, "settings": settings}
        self.stream = messages(url, self.function, [], f"run{time.monotonic_ns()}", asked)
        self.over = False

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def snapshot(self) -> None:
        """Wait for the next snapshot, or for the end of the run."""
        for message in self.stream:
            self.over = message["msg"] == "process_completed"
            if message["msg"] == "process_generating" or self.over:
                return


def event(url: str, target: str, inputs: int) -> int:
    """The id of the page's first event with this trigger, such as `change`, and this number of inputs."""
    functions = httpx.get(f"{url}/config").json()["dependencies"]
    return next(
        f["id"] for f in functions if f["targets"] and f["targets"][0][1] == target and len(f["inputs"]) == inputs
    )


def messages(url: str, function: int, data: list, session: str, event_data: dict | None = None):
    """Put a call into the queue, and yield the queue's messages about it."""
    body = {"data": data, "fn_index": function, "session_hash": session, "event_data": event_data}
    httpx.post(f"{url}/gradio_api/queue/join", json=body).raise_for_status()
    with httpx.stream("GET", f"{url}/gradio_api/queue/data", params={"session_hash": session}, timeout=120) as answer:
        for line in answer.iter_lines():
            if line.startswith("data:"):
                yield json.loads(line[5:])


def ready_settings() -> None:
    import siamese
    from siamese.ui.learn import split_of
    from siamese.ui.live_settings import READY_SETTINGS, Settings
    from siamese.ui.live_training import run

    split = split_of(siamese.load())
    for name, _, runs in READY_SETTINGS:
        for settings in map(Settings.of, runs):
            start = time.process_time()
            snapshots = list(run(settings, split))
            last = snapshots[-1]
            unseen = "" if last.unseen_accuracy is None else f", of those never seen {last.unseen_accuracy:.1%}"
            same, different = (mean_distance(histogram) for histogram in (last.same, last.different))
            loss = f"{settings.loss} {settings.mining if settings.loss == 'triplet' else ''}".strip()
            print(
                f"{name}: {loss}, {settings.dim} dimensions: 5-NN {last.accuracy:.1%}{unseen}, mean distance same {same:.2f}, "
                f"different {different:.2f}, loss {last.loss:.3f}; {len(snapshots)} snapshots, step {last.step} of {last.steps}, "
                f"{time.process_time() - start:.1f} s of a core",
                flush=True,
            )


def mean_distance(histogram) -> float:
    return float(sum(share * (i + 0.5) * 2 / len(histogram) for i, share in enumerate(histogram)))


if __name__ == "__main__":
    main()
