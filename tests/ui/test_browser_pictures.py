"""The page on a bundle of photographs, as a visitor meets it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from siamese.bundle.locating import PRETRAINED_GROCERIES
from siamese.matcher import load
from tests.app_server import running_app
from tests.visitor import chromium, open_browser, open_tab, visit

pytestmark = [
    pytest.mark.skipif(not PRETRAINED_GROCERIES.is_dir(), reason="the bundle of groceries is not there"),
    pytest.mark.skipif(chromium() is None, reason="needs Chromium"),
]

# Where the first point of the map stands, in pixels of the plot.
POINT = """() => {
  const plot = document.querySelector("#map .map-plot");
  const { xaxis, yaxis } = plot._fullLayout;
  const { x, y } = plot._fullData[0];
  return [xaxis._offset + xaxis.l2p(x[0]), yaxis._offset + yaxis.l2p(y[0])];
}"""


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with running_app(tmp_path_factory.mktemp("app") / "log", SIAMESE_MODEL=str(PRETRAINED_GROCERIES)) as url:
        yield url


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Files of four pictures of the gallery: two of a class, two of another."""
    gallery = load(PRETRAINED_GROCERIES).gallery
    labels = np.unique(gallery.labels)[:2]
    chosen = np.concatenate([np.flatnonzero(gallery.labels == label)[:2] for label in labels])
    folder = tmp_path_factory.mktemp("pictures")
    for number, index in enumerate(chosen):
        Image.fromarray(gallery.images[index]).save(folder / f"{number}.png")
    return [folder / f"{number}.png" for number in range(len(chosen))]


def bring(page, pad, picture):
    page.locator(f"{pad} input[type=file]").set_input_files(picture)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_visitor_compares_walks_looks_and_teaches(url, pictures, width):
    with open_browser() as browser, visit(browser, url, width) as page:
        bring(page, "#canvas-a", pictures[0])
        bring(page, "#canvas-b", pictures[0])
        page.wait_for_selector(".verdict[data-state=same]")
        page.locator(".verdict-moving summary").click()
        assert "validation pairs" in page.locator(".verdict-accepts").inner_text()
        box = page.locator("#canvas-a .crop")
        before = box.bounding_box()["width"]
        box.press("Shift+ArrowLeft")
        assert box.bounding_box()["width"] < before

        open_tab(page, "Neighbours")
        bring(page, "#canvas-query", pictures[0])
        tiles = page.locator(".search-found .tile")
        tiles.nth(1).click()
        page.locator("#back:not([disabled])").click()

        open_tab(page, "Map")
        page.wait_for_selector("#map [data-drawn-ms], #map[data-drawn-ms]", state="attached")
        point = page.evaluate(POINT)
        page.locator("#map .map-frame").scroll_into_view_if_needed()
        frame = page.locator("#map .map-plot").bounding_box()
        page.mouse.move(frame["x"] + point[0] - 3, frame["y"] + point[1] - 3)
        page.mouse.move(frame["x"] + point[0], frame["y"] + point[1])
        page.wait_for_selector("#map .map-card:not([hidden])")
        page.mouse.click(frame["x"] + point[0], frame["y"] + point[1])
        page.locator(".map-status", has_text="Picture #").wait_for()
        bring(page, "#canvas-map", pictures[2])
        page.locator(".map-status", has_text="Your picture").wait_for()
        page.locator(".map-list .tile").first.click()
        page.locator(".map-status", has_text="Picture #").wait_for()

        open_tab(page, "New things")
        for count, (name, picture) in enumerate((("this", pictures[0]), ("that", pictures[2])), 1):
            bring(page, "#canvas-teach", picture)
            page.locator("#name input, #name textarea").first.fill(name)
            page.locator("#teach").click()
            page.wait_for_function(f"document.querySelectorAll('.symbol').length === {count}")
        bring(page, "#canvas-unknown", pictures[0])
        page.locator(".symbols-words", has_text="“this”").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_set_is_shown_on_the_map(url, pictures):
    with open_browser() as browser, visit(browser, url, 1280) as page:
        open_tab(page, "Many at once")
        page.locator("#batch-files input[type=file]").set_input_files(pictures)
        page.locator("#batch-start").click()
        page.wait_for_selector("#batch-map:not([disabled])")
        page.locator("#batch-map").click()
        page.wait_for_selector(f"[data-own='{len(pictures)}.0000']")
        assert f"{len(pictures)} pictures of your set" in page.locator(".map-status").inner_text()
