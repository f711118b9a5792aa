"""How smoothly the map moves: python benchmarks/map_frames.py [--width PIXELS]

A visitor zooms in until points become their pictures, and drags the map; goes from one projection to another; and moves the
pointer over the map. Frames are told apart by the time stamps of `requestAnimationFrame`, in headless Chromium without a GPU.
The requirements are those of the tests.
"""

import argparse
import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import common

from tests.app_server import running_app
from tests.visitor import open_browser, open_tab

CLUSTER = "0.02_0.1_0.5"  # a part of the map that is full of pictures: its middle, and its width
STEPS = 150  # movements of the pointer in a drag
WATCH = """() => {
  window.stamps = [];
  window.going = true;
  const tick = (now) => { window.stamps.push(now); if (window.going) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""
STAMPS = "() => { window.going = false; return window.stamps; }"


def told(what: str, stamps: list[float]) -> None:
    gaps = [after - before for before, after in pairwise(stamps)]
    slowest = statistics.quantiles(gaps, n=20)[-1]
    print(
        f"{what}: {1000 / statistics.median(gaps):.0f} frames a second (median of {len(gaps)}), "
        f"19 of 20 within {slowest:.0f} ms, slowest {max(gaps):.0f} ms"
    )


def busy(session) -> float:
    """Seconds of a core that the page's main thread has used: they do not depend on what else the machine does."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


def pan(page, what: str) -> None:
    """Drag the map in a circle, as fast as the browser takes the movements."""
    box = page.locator(".map-plot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(WATCH)
    for step in range(STEPS):
        turn = step % 50
        page.mouse.move(x + 3 * min(turn, 50 - turn), y + min(turn, 50 - turn))
    stamps = page.evaluate(STAMPS)
    page.mouse.up()
    told(what, stamps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=1280, help="of the window, in pixels")
    width = parser.parse_args().width
    print(common.where())
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "log.txt") as url,
        open_browser() as browser,
    ):
        for visit in ("first", "second"):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.goto(url)
            page.wait_for_selector("#canvas-a canvas")
            page.wait_for_timeout(2000)
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            before = busy(session)
            start = time.perf_counter()
            open_tab(page, "Map")
            page.wait_for_selector("[data-drawn-ms]")
            drawn = time.perf_counter() - start
            script = page.locator("[data-drawn-ms]").get_attribute("data-drawn-ms")
            print(
                f"map drawn {drawn:.2f} s after its tab was opened, {script} ms of it after mounting ({visit} visit); "
                f"the page's own thread used {busy(session) - before:.2f} s of a core"
            )
        page.locator(".map-frame").scroll_into_view_if_needed()
        pan(page, "panning the whole map")
        page.goto(f"{url}/?tab=map&at={CLUSTER}")
        component = page.locator("[data-drawn-ms]")
        page.wait_for_function("document.querySelector('[data-drawn-ms]')?.dataset.pictures > 0")
        page.locator(".map-frame").scroll_into_view_if_needed()
        pan(page, f"panning with {component.get_attribute('data-pictures')} pictures")
        page.locator(".map-whole").click()
        page.wait_for_timeout(500)
        for view in ("pca", "pca3", "tsne"):
            page.evaluate(WATCH)
            page.locator(f".map-view button[value={view}]").click()
            page.wait_for_timeout(600)
            told(f"moving to {view}", page.evaluate(STAMPS))
            page.wait_for_function("!document.querySelector('.map-plot').classList.contains('is-moving')")
        box = page.locator(".map-plot").bounding_box()
        times = []
        for step in range(120):
            across, down = 0.2 + 0.005 * step, 0.25 + 0.004 * step
            page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
            value = component.get_attribute("data-hover-ms")
            if value:
                times.append(float(value))
        print(f"hover: our script takes {statistics.median(times):.2f} ms, at most {max(times):.2f} ms")


if __name__ == "__main__":
    main()
