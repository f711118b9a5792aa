"""What the page costs, in bytes sent and in the time of the map and the tabs: python benchmarks/page.py

Bytes are counted by the browser as they are sent, compressed, with an empty cache. An empty Gradio page is served for
comparison. The requirements are those of the tests.
"""

import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import common

from tests.app_server import running_app
from tests.visitor import SEVEN, draw, open_browser, open_tab

EMPTY = """
import gradio as gr

with gr.Blocks() as demo:
    with gr.Tabs():
        with gr.Tab("one"):
            gr.Markdown("# empty")
demo.launch(ssr_mode=False)
"""
SETTLED = 2000  # milliseconds to wait until all is fetched; the network is never idle, because of Gradio's heartbeat


def counted(browser, url: str, selector: str):
    """A page with an empty cache, and a function that returns the number of bytes received so far."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    page.goto(url)
    page.wait_for_selector(selector)
    page.wait_for_timeout(SETTLED)
    return page, lambda: sum(sizes)


def main() -> None:
    print(common.where())
    with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
        log = Path(folder) / "log.txt"
        script = Path(folder) / "empty.py"
        script.write_text(EMPTY)
        with running_app(log, script=script) as url:
            _, empty = counted(browser, url, "h1")
            base = empty()
        with running_app(log) as url:
            page, so_far = counted(browser, url, "#canvas-a canvas")
            first = so_far()
            print(
                f"first tab: {first / 1000:.0f} kB, an empty Gradio page {base / 1000:.0f} kB: {(first - base) / 1000:.0f} kB more"
            )
            open_tab(page, "Map")
            page.wait_for_selector("[data-drawn-ms]")
            page.wait_for_timeout(SETTLED)
            print(f"map: {(so_far() - first) / 1e6:.2f} MB more, with the sprite sheet where it was fetched")
            drawn = page.locator("[data-drawn-ms]").get_attribute("data-drawn-ms")
            print(f"map first drawn {drawn} ms after its tab was mounted (script, data and plotly included)")
            draw(page, "#canvas-map", SEVEN)
            hover(page)
            frames(page)
            tabs(page)


USABLE = {
    "Neighbours": "#canvas-query canvas",
    "New symbols": "#canvas-teach canvas",
    "Many at once": "#batch-start",
    "About": "#served",
}


def tabs(page) -> None:
    """Time from a click on a tab until its first control is visible."""
    for name, selector in USABLE.items():
        start = time.perf_counter()
        open_tab(page, name)
        page.wait_for_selector(selector, state="visible")
        print(f"tab {name}: usable after {(time.perf_counter() - start) * 1000:.0f} ms")


def hover(page) -> None:
    box = page.locator(".map-plot").bounding_box()
    times = []
    for step in range(120):
        page.mouse.move(
            box["x"] + box["width"] * (0.2 + 0.005 * step), box["y"] + box["height"] * (0.25 + 0.004 * step)
        )
        value = page.locator("[data-drawn-ms]").get_attribute("data-hover-ms")
        if value:
            times.append(float(value))
    print(f"hover: our script takes {statistics.median(times):.2f} ms, at most {max(times):.2f} ms")


def frames(page) -> None:
    """Measure the frame rate while the map is panned. Without a GPU the browser renders WebGL on the processor."""
    page.evaluate(
        """() => { window.stamps = []; const tick = t => { window.stamps.push(t); window.going && requestAnimationFrame(tick); };
                   window.going = true; requestAnimationFrame(tick); }"""
    )
    box = page.locator(".map-plot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(x + step * 2, y + step)
    page.mouse.up()
    stamps = page.evaluate("() => { window.going = false; return window.stamps; }")
    gaps = [b - a for a, b in pairwise(stamps)]
    print(f"panning: {1000 / statistics.median(gaps):.0f} frames a second (median), slowest {max(gaps):.0f} ms")


if __name__ == "__main__":
    main()
