"""What hostile visitors cost the honest one: python benchmarks/abuse.py [PART ...] [--settle SECONDS]

Each part starts the app, does something rude to it for a bounded time, and prints what that took: the most memory over
idle, of the app and its workers, and how long an honest visitor waited meanwhile. The honest visitor compares two new
drawings in the Compare tab and asks `/neighbours` for a small picture, in turn, five times a second. All requests go to
the loopback address. The clients run on the same cores as the app.

- `decode`: 20 clients send a 16-bit PNG of 7,000 x 7,000 pixels to `/compare`, in 137 kB;
- `train`: 70 requests for a run in the Learn tab, and nobody listens; then an honest visitor asks for one;
- `zip`: a zip of some hundred kB with 500 pictures of 49 million pixels is compared, and its visitor leaves after two seconds;
- `examples`: 100 large PNGs are sent to `/recognise` as examples;
- `json`: bodies of 4 and 15 MB that hold nested lists;
- `run`: eight zips by `/gradio_api/run`, past the queue;
- `hang`: each worker process is stopped (SIGSTOP) while ten visitors ask.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import io
import json
import os
import re
import secrets
import signal
import statistics
import struct
import tempfile
import threading
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from pathlib import Path

import common
import numpy as np
from PIL import Image, ImageDraw
from visitors import ask, event_of

import siamese
from siamese.models.device import usable_cores
from tests.app_server import children_of, process_of, running_app
from tests.queue_client import LONGEST, Site

SIDE = 7000  # pixels of a large picture
FEWEST = 20  # questions of the honest visitor
PAUSE = 0.2  # seconds from one question of the honest visitor to the next


class Honest:
    """An honest visitor, from entering the block to leaving it, and the app's largest memory meanwhile."""

    def __init__(self, site: Site) -> None:
        self.site, self.seconds, self.failed, self.peak = site, [], [], 0.0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask), threading.Thread(target=self._watch)]

    def __enter__(self) -> Honest:
        self.small = self.site.upload("small.png", encoded(drawing(280), "PNG"))
        self.idle = memory_of(self.site.pid)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        until = time.monotonic() + LONGEST
        while len(self.seconds) < FEWEST and time.monotonic() < until:
            time.sleep(PAUSE)
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        event, matcher = event_of(self.site.url), siamese.load()
        rng = np.random.default_rng(1)
        for number in range(100_000):
            if self._over.wait(PAUSE):
                return
            begun = time.perf_counter()
            try:
                if number % 2:
                    good, told = self.site.call("neighbours", self.small, 10)
                    if not good:
                        raise RuntimeError(told)
                else:
                    pair = [
                        common.canvas_url(matcher.gallery.images[i]) for i in rng.integers(len(matcher.gallery), size=2)
                    ]
                    poster, reader = (http.client.HTTPConnection(self.site.host, timeout=120) for _ in range(2))
                    ask(poster, reader, secrets.token_hex(6), event, [*pair, False])
            except (RuntimeError, OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error)[:200])
            self.seconds.append(time.perf_counter() - begun)

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            self.peak = max(self.peak, memory_of(self.site.pid))

    def told(self) -> str:
        slowest = statistics.quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else float("nan")
        refused = f", {len(self.failed)} refused: {self.failed[0]}" if self.failed else ""
        return (
            f"at most {self.peak - self.idle:.0f} MB over idle ({self.idle:.0f} MB); {len(self.seconds)} honest questions, "
            f"95th percentile {slowest:.2f} s, slowest {max(self.seconds):.2f} s{refused}"
        )


def memory_of(pid: str) -> float:
    """MB of memory of a process and its direct children, what they share counted once."""
    total = 0
    for one in common.family(pid):
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):  # it has just ended
            total += int(re.search(r"Pss:\s+(\d+) kB", Path(f"/proc/{one}/smaps_rollup").read_text())[1])
    return total / 1000


def drawing(side: int) -> Image.Image:
    """A thick stroke, dark on white."""
    image = Image.new("L", (side, side), 255)
    corners = [(side * x, side * y) for x, y in ((0.3, 0.2), (0.6, 0.5), (0.3, 0.8))]
    ImageDraw.Draw(image).line(corners, fill=0, width=side // 14)
    return image


def encoded(image: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def large() -> bytes:
    """A PNG of 16 bits, 98 MB when it is opened."""
    return encoded(Image.fromarray(np.asarray(drawing(SIDE)).astype(np.uint16) * 257), "PNG")


def zipped(count: int) -> bytes:
    """A zip of different pictures of 49 million pixels, each 7 kB, which a zip packs to some hundred bytes."""
    image = Image.new("1", (SIDE, SIDE), 1)
    ImageDraw.Draw(image).rectangle((SIDE // 3, SIDE // 4, SIDE // 2, SIDE // 2), fill=0)
    head, foot = encoded(image, "PNG").split(b"\0\0\0\0IEND")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            note = b"tEXtNumber\0" + str(number).encode()
            chunk = struct.pack(">I", len(note) - 4) + note + struct.pack(">I", zlib.crc32(note))
            archive.writestr(f"{number}.png", head + chunk + b"\0\0\0\0IEND" + foot)
    return stream.getvalue()


def decode(site: Site) -> str:
    content = large()
    with Honest(site) as honest, ThreadPoolExecutor(20) as pool:
        files = [site.upload("deep.png", content) for _ in range(20)]
        begun = time.perf_counter()
        answers = list(pool.map(lambda file: site.call("compare", file, file), files))
        seconds = time.perf_counter() - begun
    told = Counter(text if not good else "answered" for good, text in answers)
    return f"{honest.told()}; 20 clients in {seconds:.1f} s: {dict(told)}"


def train(site: Site) -> str:
    event = site.event("learn", "submit")
    wanted = {"number": 1, "settings": {}}
    with Honest(site) as honest:
        statuses = Counter(site.join(event, [], event_data=wanted)[0] for _ in range(70))
        time.sleep(1)
        begun, seconds = time.perf_counter(), None
        while seconds is None and time.perf_counter() - begun < LONGEST:
            status, session = site.join(event, [], event_data=wanted)
            if status == 200 and site.first_frames(session):
                seconds = time.perf_counter() - begun
            else:
                time.sleep(0.5)
        left = seconds_until_idle(site)
    when = f"after {seconds:.1f} s" if seconds else f"not within {LONGEST:.0f} s"
    return f"{honest.told()}; joined: {dict(statuses)}; a visitor's first frame {when}; idle {left}"


def seconds_until_idle(site: Site, quiet: float = 2.0, most: float = LONGEST) -> str:
    """How long the app goes on computing: seconds until it uses less than a fifth of a core for `quiet` seconds.

    The honest visitor takes some of it, so that this is told roughly.
    """
    begun = time.perf_counter()
    while time.perf_counter() - begun < most:
        before = common.busy_seconds(site.pid)
        time.sleep(quiet)
        if (common.busy_seconds(site.pid) - before) / quiet < 0.4:
            return f"after {time.perf_counter() - begun:.0f} s"
    return f"not within {most:.0f} s"


def zips(site: Site) -> str:
    content = zipped(500)
    event = site.event("batch-start", "click")
    with Honest(site) as honest:
        file = site.upload("many.zip", content)
        _, session = site.join(event, [[file]])
        connection = http.client.HTTPConnection(site.host, timeout=LONGEST)
        connection.request("GET", f"/gradio_api/queue/data?session_hash={session}")
        connection.getresponse()
        time.sleep(2)
        connection.close()
        left = seconds_until_idle(site)
    return f"{len(content) / 1000:.0f} kB; {honest.told()}; idle {left} from the visitor's leaving"


def examples(site: Site) -> str:
    content = encoded(drawing(SIDE), "PNG")
    with Honest(site) as honest:
        files = [site.upload("grey.png", content) for _ in range(100)]
        begun = time.perf_counter()
        good, told = site.call("recognise", files, [str(i % 20) for i in range(100)], files[0])
        seconds = time.perf_counter() - begun
    return f"{honest.told()}; answered in {seconds:.1f} s: {'a name' if good else told}"


def bodies(site: Site) -> str:
    event, told = event_of(site.url), []
    with Honest(site) as honest:
        for size in (4_000_000, 15_000_000):
            lists = "[" + ",".join(["[[[[]]]]"] * (size // 9)) + "]"
            body = f'{{"data": [{lists}, null, false], "fn_index": {event}, "session_hash": "abcdef"}}'.encode()
            begun = time.perf_counter()
            status, answer = site.post("/gradio_api/queue/join", body)
            told.append(f"{size // 10**6} MB: {status} in {time.perf_counter() - begun:.1f} s {answer[:80]!r}")
            time.sleep(2)
    return f"{honest.told()}; {'; '.join(told)}"


def direct(site: Site) -> str:
    content = zipped(500)
    event = site.event("batch-start", "click")
    with Honest(site) as honest, ThreadPoolExecutor(8) as pool:
        files = [site.upload("many.zip", content) for _ in range(8)]
        body = [json.dumps({"data": [[file]], "fn_index": event}).encode() for file in files]
        statuses = Counter(status for status, _ in pool.map(lambda one: site.post("/gradio_api/run/run", one), body))
    return f"{honest.told()}; eight zips past the queue: {dict(statuses)}"


def hang(site: Site) -> str:
    small = [site.upload("small.png", encoded(drawing(600 + i), "PNG")) for i in range(40)]
    with ThreadPoolExecutor(10) as pool:
        children = children_of(process_of(site.url))
        workers = [int(child.name) for child in children if b"resource_tracker" not in (child / "cmdline").read_bytes()]
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)

        def timed(file: dict) -> tuple[float, bool]:
            begun = time.perf_counter()
            good, _ = site.call("neighbours", file, 10)
            return time.perf_counter() - begun, good

        answers = list(pool.map(timed, small))
    right = sum(good for _, good in answers)
    gone = sum(not Path(f"/proc/{worker}").exists() for worker in workers)
    return (
        f"{len(workers)} workers stopped; {right} of {len(answers)} answered, slowest "
        f"{max(seconds for seconds, _ in answers):.1f} s; {gone} of the stopped ones ended"
    )


def warm(site: Site) -> float:
    """Ask until the worker processes have started, as they do when several ask at once; the memory when all is idle."""
    until, sides = time.monotonic() + LONGEST, count(100)  # each picture is another one: those of before are in a cache
    with ThreadPoolExecutor(10) as pool:
        while len(children_of(process_of(site.url))) <= min(usable_cores(), 4):
            if time.monotonic() > until:
                raise TimeoutError(f"No worker processes after {LONGEST:.0f} s.")
            small = [site.upload("small.png", encoded(drawing(side), "PNG")) for side in islice(sides, 10)]
            list(pool.map(lambda file: site.call("neighbours", file, 10), small))
    memory = 0.0
    while abs(memory_of(site.pid) - memory) > 5 and time.monotonic() < until:  # until they have loaded the model
        memory = memory_of(site.pid)
        time.sleep(5)
    return memory


PARTS: dict[str, Callable[[Site], str]] = {
    "decode": decode,
    "train": train,
    "zip": zips,
    "examples": examples,
    "json": bodies,
    "run": direct,
    "hang": hang,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=list(PARTS), metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--settle", type=float, default=0, help="seconds after which the memory is told once more")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    print(common.where())
    for part in options.parts:
        with tempfile.TemporaryDirectory() as folder, running_app(Path(folder) / "log.txt") as url:
            site = Site(url)
            idle = warm(site)
            told = PARTS[part](site)
            if options.settle:
                time.sleep(options.settle)
                told += f"; {memory_of(site.pid) - idle:.0f} MB over idle {options.settle:.0f} s later"
        print(f"{part}: {told}", flush=True)


if __name__ == "__main__":
    main()
