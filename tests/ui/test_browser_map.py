"""The map as a visitor uses it: pictures on zooming in, search, only these, moves, and links, on a laptop and on phones."""

from __future__ import annotations

import csv

import pytest
from playwright.sync_api import Page, expect

from tests.visitor import ONE, draw, lasso, open_tab, visit

pytestmark = pytest.mark.browser

MAP = "document.querySelector('[data-drawn-ms]')"
PLOT = "document.querySelector('.map-plot')"
# Of all traces, the points that are shown in colour; and that are faded.
SHOWN = f"{PLOT}.data.reduce((n, trace) => n + (trace.customdata && trace.visible !== false ? trace.customdata.length : 0), 0)"
FADED = f"{PLOT}.data.find((trace) => trace.marker?.opacity === 0.3).x.length"
WIDTH = f"(({PLOT}.layout.xaxis.range[1]) - ({PLOT}.layout.xaxis.range[0]))"
# The contrast of each name's text with the box behind it, by WCAG's formula.
CONTRASTS = """() => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll(".map-name.is-own:not([hidden])")].map((name) => {
    const { color, backgroundColor, opacity } = getComputedStyle(name);
    const [a, b] = [luminance(color), luminance(backgroundColor)].sort((x, y) => y - x);
    const solid = opacity === "1" && !backgroundColor.startsWith("rgba");
    return { text: name.textContent, contrast: (a + 0.05) / (b + 0.05), solid };
  });
}"""


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=lambda view: f"{view[0]}-{view[1]}")
def page(request, browser, url):
    with visit(browser, url, *request.param) as page:
        open_map(page)
        yield page


@pytest.fixture
def laptop(browser, url):
    with visit(browser, url) as page:
        open_map(page)
        yield page


def open_map(page: Page) -> None:
    open_tab(page, "Map")
    wait_for_map(page)


def wait_for_map(page: Page) -> None:
    page.wait_for_selector("[data-drawn-ms]")
    page.locator(".map-frame").scroll_into_view_if_needed()


def go(page: Page, url: str, query: str) -> None:
    page.goto(f"{url}/?tab=map&{query}")
    wait_for_map(page)


def find(page: Page, text: str) -> None:
    page.locator(".map-find input").fill(text)
    page.locator(".map-find input").press("Enter")


def zoom_to_pictures(page: Page) -> None:
    for _ in range(8):
        page.locator(".map-in").click()
        page.wait_for_timeout(300)
        if int(page.evaluate(f"{MAP}.dataset.pictures")) > 0:
            return
    raise AssertionError("no pictures however near")


def test_zoomed_in_points_become_their_pictures(page):
    assert page.evaluate(f"{MAP}.dataset.pictures") == "0"
    zoom_to_pictures(page)
    assert 0 < int(page.evaluate(f"{MAP}.dataset.pictures")) <= 400
    drawn = "() => { const c = document.querySelector('.map-pictures'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0) }"
    assert page.evaluate(drawn)
    # They follow the map, and a click on one selects it, also beside the point below it.
    page.locator(".map-plot").focus()
    before = page.evaluate(f"{PLOT}.layout.xaxis.range[0]")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"{PLOT}.layout.xaxis.range[0] < {before}")
    page.locator(".map-whole").click()
    page.wait_for_function(f"{MAP}.dataset.pictures === '0'")


def test_a_click_on_a_picture_selects_it(laptop):
    find(laptop, "123")
    expect(laptop.locator(".map-status")).to_contain_text("Picture #123")
    laptop.locator(".map-only").click()  # thirteen points are few enough for pictures
    laptop.wait_for_function(f"{MAP}.dataset.pictures === '13'")
    laptop.locator(".map-clear").click()
    expect(laptop.locator(".map-status")).to_have_text("")
    laptop.locator(".map-frame").scroll_into_view_if_needed()
    laptop.wait_for_timeout(500)
    x, y = laptop.evaluate(
        f"""() => {{
          const plot = {PLOT};
          const trace = plot.data.find((t) => t.customdata?.includes(123));
          const [at, box] = [trace.customdata.indexOf(123), plot.getBoundingClientRect()];
          const share = (v, [low, high]) => (v - low) / (high - low);
          return [box.x + share(trace.x[at], plot.layout.xaxis.range) * box.width,
                  box.y + (1 - share(trace.y[at], plot.layout.yaxis.range)) * box.height];
        }}"""
    )
    laptop.mouse.move(x + 11, y + 11)
    expect(laptop.locator(".map-card")).to_be_visible()
    laptop.mouse.click(x + 11, y + 11)
    expect(laptop.locator(".map-status")).to_contain_text("Picture #")


def test_search_finds_by_name_and_by_index(page):
    field = page.locator(".map-find input")
    field.fill("5")
    answers = page.locator(".map-answers button")
    expect(answers).to_have_count(2)
    expect(answers.nth(0)).to_contain_text("picture #5")
    field.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".map-status")).to_have_text("892 pictures of digit 5, and no others")
    page.wait_for_function(f"{SHOWN} === 892")
    assert page.evaluate(FADED) == 10_000 - 892
    assert "label=5" in page.url
    page.locator(".map-all").click()
    page.wait_for_function(f"{SHOWN} === 10000")
    assert "label=" not in page.url
    find(page, "#123")
    expect(page.locator(".map-status")).to_contain_text("Picture #123")
    find(page, "99999999")
    expect(page.locator(".map-status")).to_contain_text("There is no picture 99999999")


def test_one_to_fifty_neighbours(page):
    find(page, "123")
    tiles = page.locator(".map-list .tile")
    expect(tiles).to_have_count(12)
    slider = page.get_by_label("Neighbours", exact=False).and_(page.locator(".map-k input"))
    slider.fill("50")
    expect(tiles).to_have_count(50)
    assert "near=50" in page.url
    slider.press("Home")
    expect(tiles).to_have_count(1)
    expect(page.locator(".map-k output")).to_have_text("1")


def test_only_what_a_lasso_holds_and_back(page, tmp_path):
    page.get_by_role("button", name="Lasso", exact=True).click()
    lasso(page, 0.3, 0.03, 0.75, 0.45)
    expect(page.locator(".map-status")).to_contain_text("pictures:")
    told = int(page.locator(".map-status").inner_text().split()[0])
    page.locator(".map-only").click()
    page.wait_for_function(f"{SHOWN} === {told}")
    assert page.evaluate(FADED) == 10_000 - told
    with page.expect_download() as download:
        page.locator(".map-csv").click()
    download.value.save_as(tmp_path / "map.csv")
    rows = list(csv.DictReader((tmp_path / "map.csv").open(encoding="utf-8-sig")))
    assert len(rows) == told and list(rows[0]) == ["index", "label", "name", "x", "y"]
    assert all(-1.5 < float(row["x"]) < 1.5 and row["label"] == row["name"] for row in rows)
    page.locator(".map-all").click()
    page.wait_for_function(f"{SHOWN} === 10000")
    expect(page.locator(".map-all")).to_be_hidden()


def test_hidden_labels_stay_hidden_in_every_projection(page):
    page.get_by_role("button", name="Show digit 5").click()
    page.wait_for_function(f"{PLOT}.data[5].visible === false")
    for view in ("pca", "pca3", "tsne"):
        page.locator(f".map-view button[value={view}]").click()
        page.wait_for_function(f"{PLOT}.layout.uirevision === '{view}'")
        page.wait_for_selector(".map-plot:not(.is-moving)")
        assert page.evaluate(f"{PLOT}.data[0].type") == ("scatter3d" if view == "pca3" else "scattergl")
        assert page.evaluate(f"{PLOT}.data[5].visible") is False
        expect(page.locator(".map-name:not([hidden])").first).to_be_visible()
        assert (f"view={view}" in page.url) == (view != "tsne")


def test_points_move_and_do_not_jump(laptop):
    laptop.evaluate(
        f"""() => {{
            window.moves = 0;
            const look = () => {{ window.moves += {PLOT}.classList.contains("is-moving"); }};
            new MutationObserver(look).observe({PLOT}, {{ attributes: true, attributeFilter: ["class"] }});
        }}"""
    )
    laptop.emulate_media(reduced_motion="no-preference")
    laptop.locator(".map-view button[value=pca]").click()
    laptop.wait_for_function(f"window.moves && !{PLOT}.classList.contains('is-moving')")
    laptop.emulate_media(reduced_motion="reduce")
    laptop.locator(".map-view button[value=tsne]").click()
    laptop.wait_for_function(f"{PLOT}.layout.uirevision === 'tsne'")
    laptop.wait_for_selector(".map-plot:not(.is-moving)")


def test_cluster_names_can_be_switched_off(page):
    names = page.locator(".map-name:not([hidden])")
    expect(names).to_have_count(10)
    assert sorted(names.all_inner_texts()) == list("0123456789")
    page.get_by_role("button", name="Names", exact=True).click()
    expect(names).to_have_count(0)


def test_your_own_mark_can_be_read_on_any_colour(page):
    draw(page, "#canvas-map", ONE)
    page.wait_for_function(f"{MAP}.dataset.own")
    page.wait_for_selector(".map-name.is-own:not([hidden])")
    (mark,) = page.evaluate(CONTRASTS)
    assert mark["text"] == "you" and mark["solid"] and mark["contrast"] >= 4.5
    expect(page.locator(".map-list .tile")).to_have_count(12)
    page.locator(".map-k input").fill("30")
    expect(page.locator(".map-list .tile")).to_have_count(30)
    assert "index" not in page.url and "at" not in page.url.replace("tab=map", ""), "a drawing is in no address"


def test_taught_symbols_stand_on_the_map(page):
    open_tab(page, "New symbols")
    expect(page.locator("#symbols-map")).to_be_disabled()
    page.get_by_role("button", name="Korean").click()
    expect(page.locator(".symbol-name")).to_have_count(8)
    page.locator("#symbols-map").click()
    expect(page.locator(".map-status")).to_contain_text("examples of your symbols")
    page.wait_for_selector(".map-name.is-own:not([hidden])")
    marks = page.evaluate(CONTRASTS)
    assert all(mark["text"].startswith("Korean") and mark["contrast"] >= 4.5 for mark in marks)
    page.locator(".map-clear").click()
    expect(page.locator(".map-name.is-own:not([hidden])")).to_have_count(0)


def test_an_address_opens_what_was_seen(browser, url):
    with visit(browser, url) as page:
        go(page, url, "index=1234&near=7")
        expect(page.locator(".map-status")).to_contain_text("Picture #1234")
        expect(page.locator(".map-list .tile")).to_have_count(7)
        go(page, url, "view=pca&colour=wrong&at=0.1_0.2_0.5")
        expect(page.locator(".map-view button[value=pca]")).to_have_attribute("aria-pressed", "true")
        page.wait_for_function(f"Array.isArray({PLOT}.data[0].marker.color)")
        assert page.evaluate(WIDTH) == pytest.approx(0.5)
        page.locator(".map-in").click()
        page.wait_for_function("location.search.includes('at=0.1_0.2_0.333')")
        page.locator(".map-whole").click()
        page.wait_for_function("!location.search.includes('at=')")
        go(page, url, "label=3")
        page.wait_for_function(f"{SHOWN} === 1010")


@pytest.mark.parametrize(
    "query", ["index=10000&near=51", "index=-1&near=0", "view=cube&at=1_2", "label=%3Cb%3E&at=NaN_0_1", "index=1e3x"]
)
def test_an_address_that_makes_no_sense_opens_the_map(browser, url, query):
    with visit(browser, url) as page:
        go(page, url, query)
        expect(page.locator(".map-status")).to_have_text("")
        assert page.evaluate(SHOWN) == 10_000
        expect(page.locator(".map-k output")).to_have_text("12")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark"), (360, "light")])
def test_the_map_comes_first_and_nothing_is_wider_than_the_screen(browser, url, width, theme):
    with visit(browser, url, width, theme) as page:
        open_map(page)
        frame, pad = page.locator(".map-frame").bounding_box(), page.locator("#canvas-map").bounding_box()
        if width < 760:
            assert frame["y"] + frame["height"] <= pad["y"], "the canvas lies below the map"
        else:
            assert frame["x"] + frame["width"] <= pad["x"], "the canvas lies beside the map"
        find(page, "123")
        page.locator(".map-k input").fill("50")
        expect(page.locator(".map-list .tile")).to_have_count(50)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if width < 760:
            for button in page.locator("#map button.chip:visible, #map .segmented button:visible").all():
                box = button.bounding_box()
                assert min(box["width"], box["height"]) >= 36, button.inner_text()


def test_everything_is_reached_by_keyboard(laptop):
    names = set()
    laptop.locator(".map-view button").first.focus()
    laptop.keyboard.press("Tab")  # a focus by script is not always shown
    for _ in range(40):
        name = laptop.evaluate(
            "(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent).trim()"
        )
        names.add(name)
        if laptop.evaluate("!document.activeElement.closest('#map')"):
            break
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert laptop.evaluate(outline) != "none", f"the focus is seen on {name}"
        laptop.keyboard.press("Tab")
    assert {
        "PCA",
        "3-D",
        "Find a digit or an index",
        "Zoom in",
        "Fit",
        "Lasso",
        "Names",
        "Show digit 9",
        "Clear",
    } <= names
