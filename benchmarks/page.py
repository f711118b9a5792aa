"""What the page costs, in bytes sent and in the time of the map and the tabs: python benchmarks/page.py

`map_frames.py` measures how the map moves.

Bytes are counted by the browser as they are sent, compressed, with an empty cache. An empty Gradio page is served for
comparison. The requirements are those of the tests.
"""

import tempfile
import time
from pathlib import Path

import common

from tests.app_server import running_app
from tests.visitor import open_browser, open_tab

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


if __name__ == "__main__":
    main()
