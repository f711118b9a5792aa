"""A visitor with a pointer, in headless Chromium: on a laptop and on a phone, in light and in dark."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.axe import serious_faults
from tests.visitor import FOUR, ONE, SEVEN, draw, lasso, open_tab, visit

pytestmark = pytest.mark.browser

VIEWS = [(1280, "light"), (390, "dark")]


@pytest.fixture(params=VIEWS, ids=lambda view: f"{view[0]}-{view[1]}")
def page(request, browser, url):
    with visit(browser, url, *request.param) as page:
        yield page


def verdict(page):
    return page.locator(".verdict")


def test_draw_two_digits_and_read_the_verdict(page):
    draw(page, "#canvas-a", FOUR)
    expect(page.locator(".verdict-words")).to_have_text("Now draw the other one")
    draw(page, "#canvas-b", SEVEN)
    expect(verdict(page)).to_have_attribute("data-state", "different")
    expect(page.locator(".seen-words").nth(0)).to_contain_text("reads as a 4")
    expect(page.locator(".seen-words").nth(1)).to_contain_text("reads as a 7")
    page.locator("#canvas-b").get_by_role("button", name="Clear").click()
    expect(verdict(page)).to_have_attribute("data-state", "empty")
    draw(page, "#canvas-b", FOUR)
    expect(verdict(page)).to_have_attribute("data-state", "same")
    expect(page.locator(".verdict-number")).to_contain_text("%")


def test_a_drawing_is_sent_as_large_as_it_takes(page):
    sizes = []

    def keep(request):
        if "queue/join" in request.url:
            first = json.loads(request.post_data)["data"][0]
            if first:
                sizes.append(Image.open(io.BytesIO(base64.b64decode(first.partition(",")[2]))).size)

    page.on("request", keep)
    draw(page, "#canvas-a", FOUR)
    expect(page.locator(".seen-words").first).to_contain_text("reads as a 4")
    assert sizes[0] == (280, 280), "its first stroke alone is short"
    assert sizes[-1] == (140, 140)
    page.locator("#canvas-a").get_by_role("button", name="Clear").click()
    expect(page.locator(".seen").first).to_be_hidden()
    sizes.clear()
    draw(page, "#canvas-a", [[(100 + x // 4, 100 + y // 4) for x, y in stroke] for stroke in FOUR])
    expect(page.locator(".seen-words").first).to_be_visible()
    assert set(sizes) == {(280, 280)}


def test_undo_takes_back_the_last_stroke(page):
    draw(page, "#canvas-a", FOUR)
    expect(page.locator(".seen-words").first).to_contain_text("4")
    undo = page.locator("#canvas-a").get_by_role("button", name="Undo")
    undo.click()
    undo.click()
    expect(page.locator(".seen").first).to_be_hidden()


def test_upload_pictures(page, matcher, tmp_path):
    for canvas, digit in (("#canvas-a", 3), ("#canvas-b", 3)):
        index = np.flatnonzero(matcher.gallery.labels == digit)[2 if canvas.endswith("a") else 5]
        path = tmp_path / f"{canvas[1:]}.png"
        Image.fromarray(255 - matcher.gallery.images[index]).resize((200, 200)).save(path)
        page.locator(f"{canvas} input[type=file]").set_input_files(path)
    expect(verdict(page)).to_have_attribute("data-state", "same")


def test_an_upload_that_is_no_picture_says_so(page, tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("no picture")
    page.locator("#canvas-a input[type=file]").set_input_files(path)
    expect(page.locator("#canvas-a .pad-message")).to_contain_text("no picture")


def test_examples_and_where_they_differ(page):
    page.get_by_role("button", name="A 4 and a 9").click()
    expect(page.locator(".seen-words").nth(0)).to_contain_text("4")
    expect(page.locator(".seen-words").nth(1)).to_contain_text("9")
    pixels = "canvas => canvas.getContext('2d').getImageData(0, 0, 28, 28).data.some((v, i, d) => i % 4 == 0 && v != d[i + 2])"
    assert not page.locator(".seen-ink").first.evaluate(pixels), "no colour before it is asked for"
    page.locator("#where input").check()
    page.wait_for_function(f"[...document.querySelectorAll('.seen-ink')].some({pixels})")


def test_walk_three_neighbours_and_back(page):
    open_tab(page, "Neighbours")
    draw(page, "#canvas-query", SEVEN)
    tiles = page.locator(".search-found .tile")
    expect(tiles).to_have_count(20)
    expect(page.locator(".votes-words")).to_contain_text("say 7")
    seen = page.locator(".search-query .seen-words")
    visited = []
    for step in (3, 5, 2):
        index = tiles.nth(step).get_attribute("aria-label").split(":")[0].removeprefix("Picture ")
        tiles.nth(step).click()
        expect(seen).to_contain_text(f"#{index} ")
        visited.append(index)
    back = page.get_by_role("button", name="← Back")
    for index in (visited[1], visited[0]):
        back.click()
        expect(seen).to_contain_text(f"#{index} ")
    back.click()
    expect(seen).to_contain_text("reads as a 7")
    expect(back).to_be_disabled()


def test_nearest_of_another_digit_shows_only_others(page):
    open_tab(page, "Neighbours")
    page.locator("#index input").fill("0")
    page.locator("#index input").press("Enter")
    expect(page.locator(".search-found .tile")).to_have_count(20)
    own = page.locator(".search-query .seen-words").inner_text()[-1]
    page.get_by_label("Nearest of another digit").check()
    expect(page.locator(".search-found .tile-label").first).not_to_have_text(own)
    assert own not in page.locator(".search-found .tile-label").all_inner_texts()


def test_the_map_shows_pictures_neighbours_and_your_drawing(page):
    open_tab(page, "Map")
    page.wait_for_selector("[data-drawn-ms]")
    view = page.locator(".map-plot")
    view.scroll_into_view_if_needed()
    # Where plotly has put a point of the 3s, in pixels of the plot.
    x, y = page.evaluate(
        """() => {
            const plot = document.querySelector('.map-plot');
            const {_fullLayout: layout, data} = plot;
            const trace = data[3];
            const i = Math.floor(trace.x.length / 2);
            const box = plot.getBoundingClientRect();
            return [box.x + layout.xaxis._offset + layout.xaxis.l2p(trace.x[i]),
                    box.y + layout.yaxis._offset + layout.yaxis.l2p(trace.y[i])];
        }"""
    )
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y, steps=3)
    card = page.locator(".map-card")
    expect(card).to_be_visible()
    expect(card).to_contain_text("#")
    assert "gallery.png" in card.locator(".sprite").evaluate("node => node.style.backgroundImage")
    page.mouse.click(x, y)
    expect(page.locator(".map-list .tile")).to_have_count(12)
    expect(page.locator(".map-status")).to_contain_text("nearest in the original space")

    component = page.locator("[data-drawn-ms]")
    axes = "() => JSON.stringify(document.querySelector('.map-plot')._fullLayout.xaxis.range)"
    before = page.evaluate(axes)
    draw(page, "#canvas-map", ONE)
    page.wait_for_function("document.querySelector('[data-drawn-ms]').dataset.own")
    first = component.get_attribute("data-own")
    draw(page, "#canvas-map", [[(140, 50), (230, 140), (140, 230), (60, 140), (140, 50)]])
    page.wait_for_function("first => document.querySelector('[data-drawn-ms]').dataset.own !== first", arg=first)
    assert page.evaluate(axes) == before, "the view stays where it was"


def test_map_find_hide_and_project(page):
    open_tab(page, "Map")
    page.wait_for_selector("[data-drawn-ms]")
    page.locator(".map-find input").fill("123")
    page.locator(".map-find input").press("Enter")
    expect(page.locator(".map-status")).to_contain_text("Picture #123")
    page.locator(".map-find input").fill("99999999")
    page.locator(".map-find input").press("Enter")
    expect(page.locator(".map-status")).to_contain_text("There is no picture 99999999")
    page.get_by_role("button", name="Show digit 5").click()
    assert page.evaluate("document.querySelector('.map-plot').data[5].visible") is False
    page.locator(".map-view button[value=pca]").click()
    page.wait_for_function("document.querySelector('.map-plot').layout.uirevision === 'pca'")
    page.locator(".map-view button[value=pca3]").click()
    page.wait_for_function("document.querySelector('.map-plot').data[0].type === 'scatter3d'")
    assert page.evaluate("document.querySelector('.map-plot').data[5].visible") is False


def test_teach_three_symbols_and_recognise_them(page):
    triangle = [[(140, 60), (60, 210), (225, 210), (140, 60)]]
    cross = [[(70, 70), (210, 210)], [(210, 70), (70, 210)]]
    omega = [[(60, 220), (110, 220), (70, 140), (100, 70), (180, 70), (210, 140), (170, 220), (222, 220)]]
    scribble = [[(60 + 40 * (i % 5), 60 + 27 * ((i * 3) % 7)) for i in range(24)]]
    open_tab(page, "New symbols")
    shapes = {"triangle": triangle, "cross": cross, "omega": omega}
    for number, (name, strokes) in enumerate(shapes.items()):
        draw(page, "#canvas-teach", strokes)
        page.locator("#name textarea, #name input").first.fill(name)
        page.locator("#teach").click()
        expect(page.locator(".symbol-name")).to_have_count(number + 1)
    words = page.locator(".symbols-words")
    for name, strokes in shapes.items():
        draw(page, "#canvas-unknown", strokes)
        expect(words).to_have_text(f"It is “{name}”")
        page.locator("#canvas-unknown").get_by_role("button", name="Clear").click()
        expect(words).to_contain_text("Now draw one")
    draw(page, "#canvas-unknown", scribble)
    expect(words).to_have_text("It is none of these")


def test_symbols_are_downloaded_and_loaded_again(page, tmp_path):
    open_tab(page, "New symbols")
    page.get_by_role("button", name="Korean").click()
    names = page.locator(".symbol-name")
    expect(names).to_have_count(8)
    expect(page.locator("#save-symbols")).to_be_enabled()
    with page.expect_download() as download:
        page.locator("#save-symbols").click()
    path = tmp_path / "symbols.json"
    download.value.save_as(path)
    page.get_by_role("button", name="Forget all").click()
    expect(names).to_have_count(0)
    with page.expect_file_chooser() as chooser:
        page.locator("#load-symbols").click()
    chooser.value.set_files(path)
    expect(names).to_have_count(8)
    page.get_by_role("button", name="Forget Korean 3").click()
    expect(names).to_have_count(7)


def test_lasso_lists_a_group(page):
    open_tab(page, "Map")
    page.wait_for_selector("[data-drawn-ms]")
    page.get_by_role("button", name="Lasso", exact=True).click()
    lasso(page, 0.05, 0.05, 0.95, 0.95)
    expect(page.locator(".map-status")).to_contain_text("pictures:")
    expect(page.locator(".map-list .tile")).to_have_count(120)
    expect(page.locator(".map-more")).to_contain_text("more")


def test_a_whole_set_at_once(page, matcher, tmp_path):
    paths = []
    for index in range(6):
        paths.append(tmp_path / f"{index}.png")
        Image.fromarray(255 - matcher.gallery.images[index]).resize((120, 120)).save(paths[-1])
    paths.append(tmp_path / "blank.png")
    Image.new("L", (100, 100), 255).save(paths[-1])
    open_tab(page, "Many at once")
    page.locator("#batch-files input[type=file]").set_input_files(paths)
    page.locator("#batch-start").click()
    expect(page.locator("#batch-summary")).to_contain_text("6 of 7 pictures were read")
    expect(page.locator("#batch-table")).to_contain_text("nothing drawn")
    expect(page.locator("#batch-matrix img")).to_be_visible()
    with page.expect_download() as download:
        page.locator("#batch-csv").click()
    download.value.save_as(tmp_path / "results.csv")
    assert len((tmp_path / "results.csv").read_text().splitlines()) == 8


@pytest.mark.parametrize("tab", ["Compare", "Neighbours", "Map", "New symbols", "Learn", "Many at once", "About"])
def test_no_serious_accessibility_fault_of_our_own(page, tab):
    page.add_style_tag(content="* { transition: none !important }")  # a colour on its way is not yet to be judged
    open_tab(page, tab)
    if tab == "Compare":
        draw(page, "#canvas-a", FOUR)
        draw(page, "#canvas-b", SEVEN)
        expect(verdict(page)).to_have_attribute("data-state", "different")
    elif tab == "Neighbours":
        draw(page, "#canvas-query", SEVEN)
        page.wait_for_selector(".search-found .tile")
    elif tab == "Map":
        page.wait_for_selector("[data-drawn-ms]")
    elif tab == "New symbols":
        page.get_by_role("button", name="Greek").click()
        page.wait_for_selector(".symbol")
        expect(page.locator("#save-symbols")).to_be_enabled()
    elif tab == "Learn":
        page.get_by_role("button", name="Train").click()
        page.wait_for_selector(".learn-run")
        page.get_by_role("button", name="Stop").click()
    assert serious_faults(page) == []


def test_about_tells_what_was_measured(page, matcher):
    open_tab(page, "About")
    expect(page.locator("#served")).to_contain_text("ships with the code")
    accuracy = f"{matcher.bundle.measurements.value('5-nn accuracy'):.2%}"
    expect(page.locator(".measured").last).to_contain_text(accuracy)
    page.wait_for_selector(".js-plotly-plot")
