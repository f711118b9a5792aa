"""What a visitor does: open the browser, open a tab, draw with the pointer."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE = 60_000  # milliseconds that anything may take, on a machine that is busy with other things
expect.set_options(timeout=PATIENCE)

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader"
).split()
FOUR = [[(150, 50), (90, 160), (205, 160)], [(165, 110), (160, 235)]]
SEVEN = [[(80, 65), (195, 65), (130, 225)]]
ONE = [[(140, 50), (140, 230)]]


def chromium() -> str | None:
    """The path of this machine's Chromium."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@contextlib.contextmanager
def visit(
    browser: Browser, url: str, width: int = 1280, theme: str = "light", query: str = "", motion: bool = False
) -> Iterator[Page]:
    """A fresh visit, which must end without a console error and without a request to another host.

    Args:
        browser: that goes there.
        url: of the app, or of one of its pages.
        width: of the window, in pixels.
        theme: "light" or "dark".
        query: of the address, as "&tab=map".
        motion: else the visitor has asked for less of it, and finds blank squares in the Compare tab.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        has_touch=width < 600,
        reduced_motion="no-preference" if motion else "reduce",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith((url, "data:", "blob:")) else None)
    page.goto(f"{url}/?__theme={theme}{query}")
    page.wait_for_selector("#canvas-a canvas", state="attached")
    yield page
    context.close()
    assert complaints == [], complaints


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def draw(page: Page, canvas: str, strokes: list[list[tuple[int, int]]]) -> None:
    """Draw with the pointer; points are on a 280 x 280 canvas."""
    target = page.locator(f"{canvas} canvas").first
    target.scroll_into_view_if_needed()
    for stroke in strokes:
        box = target.bounding_box()
        scale = box["width"] / 280
        drag(page, [(box["x"] + x * scale, box["y"] + y * scale) for x, y in stroke])


def drag(page: Page, points: list[tuple[float, float]]) -> None:
    """Press at the first of some points of the window, go along the others, and let go at the last."""
    (x, y), *rest = points
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y, steps=8)
    page.mouse.up()


def lasso(page: Page, left: float, top: float, right: float, bottom: float) -> None:
    """Draw around a part of the map; numbers are shares of its width and height."""
    plot = page.locator(".map-plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top + 0.02)]
    drag(page, [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners])
