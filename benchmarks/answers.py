"""How fast an answer is: python benchmarks/answers.py [felt] [ours] [search]

felt     the time from the end of a stroke on the Compare tab to the painted answer, in headless Chromium, with "How it
         decides" unfolded. Measured on the app, and on the same app with a function that returns prepared answers (an empty
         event of the same shape). The two are drawn on in turn.
ours     the time that the app's own code takes for a pair on one core, by stages and by functions.
search   the 20 nearest of 60,000 embeddings, against faiss and scikit-learn, on one core. Needs `pip install faiss-cpu`.

Without arguments, all three parts run. The requirements are those of the tests.
"""

from __future__ import annotations

import cProfile
import io
import json
import pstats
import statistics
import sys
import tempfile
import time
from pathlib import Path

import common

ROOT = Path(__file__).parent.parent

WARM, REPEATS = 5, 40
SETTLED = 300  # milliseconds to wait for the answer to a cleared canvas

# Measures from the pointer's release to the first frame after the answer has been written, "How it decides" last.
STOPWATCH = """() => {
    window.felt = null;
    let lifted = 0;
    document.querySelector("#canvas-b canvas").addEventListener("pointerup", () => (lifted = performance.now()), true);
    new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => {
        if (lifted) window.felt = performance.now() - lifted;
        lifted = 0;
    }))).observe(document.querySelector(".decision-sum"), { childList: true });
}"""


class Visitor:
    """A page whose first canvas has a drawing; its second canvas is drawn on again and again."""

    def __init__(self, browser, url: str) -> None:
        from tests.visitor import FOUR, draw

        self.draw = draw
        self.times: list[float] = []
        self.sent: list[str | None] = []
        context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        self.page = context.new_page()
        self.page.on("request", self._keep)
        self.page.goto(url)
        self.page.wait_for_selector("#canvas-a canvas")
        self.page.get_by_text("How it decides").click()
        draw(self.page, "#canvas-a", FOUR)
        self.page.wait_for_function("!document.querySelector('.seen').hidden")
        self.page.evaluate(STOPWATCH)

    def _keep(self, request) -> None:
        if "queue/join" in request.url:
            data = json.loads(request.post_data)["data"]
            self.sent = data if len(data) == 3 and data[1] else self.sent

    def again(self, shift: int) -> None:
        """Draw on the second canvas, record how long the answer took in milliseconds, and clear the canvas."""
        self.page.bring_to_front()
        self.page.evaluate("window.felt = null")
        self.draw(self.page, "#canvas-b", [[(80 + shift, 65), (195 + shift, 65), (130 + shift, 225)]])
        self.page.wait_for_function("window.felt !== null")
        self.times.append(self.page.evaluate("window.felt"))
        self.page.locator("#canvas-b").get_by_role("button", name="Clear").click()
        self.page.wait_for_timeout(SETTLED)


def felt() -> list[str]:
    """Draw on both pages in turn. Returns the last two drawings that the app's page sent, as data URLs."""
    from tests.app_server import running_app
    from tests.visitor import open_browser

    with (
        tempfile.TemporaryDirectory() as folder,
        open_browser() as browser,
        running_app(Path(folder) / "real.txt") as url,
        running_app(Path(folder) / "empty.txt", script=Path(__file__).parent / "empty_event.py") as other,
    ):
        real, empty = Visitor(browser, url), Visitor(browser, other)
        for repeat in range(WARM + REPEATS):
            for visitor in (real, empty) if repeat % 2 else (empty, real):
                visitor.again(repeat % 8)
    ours, bare = (statistics.median(visitor.times[WARM:]) for visitor in (real, empty))
    print(f"felt: {ours:.1f} ms, an empty event {bare:.1f} ms: {ours / bare:.2f} times (limit 1.25)")
    return real.sent[:2]


def ours(drawings: list[str] | None) -> None:
    """Time the app's own part of an answer to a new pair, then its stages.

    Args:
        drawings: two data URLs; None for two pictures of the gallery.
    """
    import numpy as np
    from PIL import Image

    import siamese
    from siamese.ui import answers, compare
    from siamese.ui.components import picture_of, to_json

    matcher = siamese.load()  # not the app's matcher, which caches drawings: here each pair must be new
    urls = drawings or [common.canvas_url(matcher.gallery.images[i]) for i in (4, 9)]
    files = [picture_of(url) for url in urls]
    pictures = [Image.open(io.BytesIO(file)) for file in files]
    for picture in pictures:
        picture.load()
    inks = np.stack([siamese.to_ink(file) for file in files])
    queries, embeddings = matcher.encode_all(files), matcher.embed(inks)

    def whole() -> None:
        for value in compare.compare(matcher, *map(picture_of, urls), False):
            to_json(value)

    def decode() -> None:
        for url in urls:
            Image.open(io.BytesIO(picture_of(url))).load()

    stages = {
        "a pair in the tab": whole,
        "a pair by matcher.compare": lambda: matcher.compare(*files),
        "  decoding, base64 and PNG": decode,
        "  ink": lambda: [siamese.to_ink(picture) for picture in pictures],
        "  embedding": lambda: matcher.embed(inks),
        "  search": lambda: matcher.queries(inks, embeddings),
        "  calibration and verdict": lambda: matcher.compare(*queries),
        "  words and pictures for the page": lambda: [answers.seen_value(matcher, query) for query in queries],
    }
    for name, stage in stages.items():
        limit = " (limit 6)" if stage is whole else ""
        print(f"{name:34s} {common.median_ms(stage):6.2f} ms, processor {common.median_cpu_ms(stage):6.2f} ms{limit}")
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(100):
        whole()
    profile.disable()
    shown = io.StringIO()
    pstats.Stats(profile, stream=shown).sort_stats("tottime").print_stats(12)
    print("of 100 pairs, under the profiler:", *shown.getvalue().splitlines()[6:-2], sep="\n")


def search() -> None:
    """Time the search for the 20 nearest of 60,000. The three ways take turns, so that none has its data in the cache."""
    import faiss
    import numpy as np
    import sklearn
    from sklearn.neighbors import NearestNeighbors

    import siamese
    from siamese.retrieval.gallery import Gallery

    base = siamese.load().gallery.embeddings
    rng = np.random.default_rng(0)
    # Six copies of the shipped gallery. All but the first are moved by as much as pictures of one digit differ.
    moved = np.concatenate([base + rng.normal(0, 0.02, base.shape) * (copy > 0) for copy in range(6)])
    embeddings = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
    queries = embeddings[::600] + rng.normal(0, 0.02, (100, embeddings.shape[1])).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    count = len(embeddings)
    gallery = Gallery(np.zeros((count, 28, 28), np.uint8), np.zeros(count, np.int64), embeddings, np.zeros((count, 2)))
    index = faiss.IndexFlatIP(embeddings.shape[1])
    index.add(embeddings)
    brute = NearestNeighbors(n_neighbors=20, algorithm="brute").fit(embeddings)
    ways = {
        "ours": lambda asked: gallery.search(asked, 20)[1],
        "faiss": lambda asked: index.search(asked, 20)[1],
        "scikit-learn": lambda asked: brute.kneighbors(asked)[1],
    }
    agreed = {name: (way(queries) == ways["ours"](queries)).mean() for name, way in ways.items()}
    print(
        f"search in {embeddings.shape}; faiss {faiss.__version__}, scikit-learn {sklearn.__version__}; "
        f"as ours: faiss {agreed['faiss']:.2%}, scikit-learn {agreed['scikit-learn']:.2%}"
    )
    for size, repeats in ((1, 100), (100, 10)):
        times: dict[str, list[float]] = {name: [] for name in ways}
        for repeat in range(repeats):
            asked = queries[:size] if size > 1 else queries[repeat : repeat + 1]
            for name, way in ways.items():
                start = time.perf_counter()
                way(asked)
                times[name].append((time.perf_counter() - start) * 1000)
        medians = {name: statistics.median(values) for name, values in times.items()}
        print(
            f"{size:3d} at once: ours {medians['ours']:.2f} ms, faiss {medians['faiss']:.2f} ms, scikit-learn "
            f"{medians['scikit-learn']:.2f} ms: {medians['ours'] / min(medians['faiss'], medians['scikit-learn']):.2f} "
            "times the faster (limit 1)"
        )


def main() -> None:
    parts = sys.argv[1:] or ["felt", "ours", "search"]
    # The browser and the app use all cores. What is measured in this process uses one.
    drawings = felt() if "felt" in parts else None
    common.one_core()
    print(common.where())
    if "ours" in parts:
        ours(drawings)
    if "search" in parts:
        search()


if __name__ == "__main__":
    main()
