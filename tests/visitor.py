"""What a visitor does: open the browser, open a tab, draw with the pointer."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, Page, sync_playwright

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
def visit(browser: Browser, url: str, width: int = 1280, theme: str = "light") -> Iterator[Page]:
    """A fresh visit, which must end without a console error and without a request to another host."""
    context = browser.new_context(viewport={"width": width, "height": 900}, has_touch=width < 600)
    page = context.new_page()
    page.set_default_timeout(60_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith((url, "data:", "blob:")) else None)
    page.goto(f"{url}/?__theme={theme}")
    page.wait_for_selector("#canvas-a canvas")
    yield page
    context.close()
    assert complaints == []


def open_tab(page: Page, name: str) -> None:
    tab = page.get_by_role("tab", name=name, exact=True)
    if not tab.is_visible():
        page.locator(".overflow-menu > button").click()
        page.locator(".overflow-dropdown button", has_text=name).click()
    else:
        tab.click()


def draw(page: Page, canvas: str, strokes: list[list[tuple[int, int]]]) -> None:
    """Draw with the pointer; points are on a 280 x 280 canvas."""
    target = page.locator(f"{canvas} canvas").first
    target.scroll_into_view_if_needed()
    for stroke in strokes:
        box = target.bounding_box()
        scale = box["width"] / 280
        (x, y), *rest = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in stroke]
        page.mouse.move(x, y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(x, y, steps=8)
        page.mouse.up()
