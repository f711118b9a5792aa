"""A large gallery in the browser: pictures that are fetched one by one, and a map of a sample with what is selected."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

import siamese
from tests.app_server import running_app
from tests.large_gallery import COUNT, save_large_gallery
from tests.ui import app_for_large_gallery
from tests.visitor import open_tab, visit

pytestmark = pytest.mark.browser

SHOWN = app_for_large_gallery.SHOWN
PLOT = "document.querySelector('.map-plot')"
INDICES = f"{PLOT}.data.flatMap((trace) => trace.customdata ?? [])"
RING = f"{PLOT}.data.at(-2)"
# The addresses of the pictures that this visit has fetched.
FETCHED = (
    "performance.getEntriesByType('resource').map((e) => e.name).filter((n) => /[/]gallery[/][0-9a-f]{16}[/]/.test(n))"
)


@pytest.fixture(scope="module")
def folder(matcher, tmp_path_factory):
    return save_large_gallery(matcher, tmp_path_factory.mktemp("large"))


@pytest.fixture(scope="module")
def url(folder, tmp_path_factory):
    log = tmp_path_factory.mktemp("app") / "log.txt"
    with running_app(log, script=Path(app_for_large_gallery.__file__), SIAMESE_MODEL=str(folder)) as url:
        yield url


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_neighbours_are_fetched_when_they_are_shown(browser, url, width, theme):
    with visit(browser, url, width, theme) as page:
        assert page.evaluate(FETCHED) == []
        open_tab(page, "Neighbours")
        page.locator("#index input").fill("123")
        page.locator("#index input").press("Enter")
        expect(page.locator(".search-found .tile")).to_have_count(20)
        page.wait_for_function(f"new Set({FETCHED}).size === 20")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_the_map_has_a_sample_and_whatever_is_selected(browser, folder, url, width, theme):
    gallery = siamese.load(folder).gallery
    with visit(browser, url, width, theme, "&tab=map") as page:
        page.wait_for_selector("[data-drawn-ms]")
        expect(page.get_by_text(f"It shows {SHOWN} of {COUNT} pictures")).to_be_visible()
        sample = page.evaluate(INDICES)
        assert len(sample) == SHOWN
        index = int(np.setdiff1d(np.arange(COUNT), sample)[3])
        page.locator(".map-find input").fill(str(index))
        page.locator(".map-find input").press("Enter")
        expect(page.locator(".map-status")).to_contain_text(f"Picture #{index}, ")
        expect(page.locator(".map-list .tile")).to_have_count(12)
        assert index in page.evaluate(INDICES)
        assert page.evaluate(f"[{RING}.x[0], {RING}.y[0]]") == pytest.approx(gallery.xy[index].tolist(), abs=1e-6)
        page.goto(f"{url}/?__theme={theme}&tab=map&index={index}")  # the link that the address is
        expect(page.locator(".map-status")).to_contain_text(f"Picture #{index}, ")
        page.locator(".map-colour button[value=wrong]").click()
        page.locator(".map-only").click()
        page.wait_for_function("Number(document.querySelector('[data-drawn-ms]').dataset.pictures) > 0")
        assert page.evaluate(FETCHED)
