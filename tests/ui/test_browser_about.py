"""The About tab in headless Chromium, of a model for digits and of one for pictures, on wide and on narrow screens."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from siamese.bundle.locating import PRETRAINED
from siamese.matcher import Matcher, load
from tests.axe import serious_faults
from tests.visitor import visit

pytestmark = pytest.mark.browser

VIEWS = [(1280, "light"), (390, "dark"), (360, "light")]
PAGES = {"digits": "", "groceries": "groceries"}

# Boxes of the words of each plot, by what they are.
WORDS = """() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => {
    const boxes = selector => [...plot.querySelectorAll(selector)].map(node => {
        const { left, right, top, bottom } = node.getBoundingClientRect();
        return { left, right, top, bottom };
    }).filter(({ left, right }) => right > left);
    return { title: boxes('.gtitle'), legend: boxes('g.legend .bg'), axis: boxes('.xtitle'), sides: boxes('.ytitle, .y2title'),
             ticks: boxes('.xtick text'), levels: boxes('.ytick text, .y2tick text'), edge: plot.getBoundingClientRect().right };
})"""
# The lowest contrast of the words in a plot with what lies behind them.
CONTRAST = """() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const light = colour => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(part => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const ground = node => {
        const colour = getComputedStyle(node).backgroundColor;
        return /, 0\\)$|transparent/.test(colour) ? ground(node.parentElement) : colour;
    };
    const behind = light(ground(document.querySelector('.branches').parentElement));
    const words = [...document.querySelectorAll('.js-plotly-plot text, svg.branches text')];
    return Math.min(...words.filter(node => node.textContent && !node.closest('.hoverlayer')).map(node => {
        const ink = light(getComputedStyle(node).fill);
        return (Math.max(ink, behind) + 0.05) / (Math.min(ink, behind) + 0.05);
    }));
}"""
OVERLAPS = """selector => {
    const boxes = [...document.querySelectorAll(selector)].map(node => [node.textContent, node.getBoundingClientRect()]);
    return boxes.flatMap(([a, one], i) => boxes.slice(i + 1).filter(([, two]) =>
        one.left < two.right && two.left < one.right && one.top < two.bottom - 2 && two.top < one.bottom - 2
    ).map(([b]) => [a, b]));
}"""


@pytest.fixture(scope="module")
def matchers(matcher) -> dict[str, Matcher]:
    return {"digits": matcher, "groceries": load(PRETRAINED.with_name("pretrained_groceries"))}


@pytest.fixture(params=VIEWS, ids=lambda view: f"{view[0]}-{view[1]}")
def view(request):
    return request.param


@pytest.fixture(params=PAGES)
def name(request):
    return request.param


@pytest.fixture
def page(browser, url, view, name):
    """About of a model's page, with its plots drawn."""
    with visit(browser, url, *view) as page:
        page.goto(f"{url}/{PAGES[name]}?__theme={view[1]}&tab=about")
        expect(page.locator(".js-plotly-plot .gtitle")).to_have_count(4, timeout=60_000)
        yield page


def apart(one: dict, two: dict) -> bool:
    return (
        one["right"] <= two["left"]
        or two["right"] <= one["left"]
        or one["bottom"] <= two["top"]
        or two["bottom"] <= one["top"]
    )


def test_nothing_lies_over_a_title_and_nothing_is_too_wide(page):
    page.locator(".js-plotly-plot").first.hover()
    expect(page.locator(".js-plotly-plot .modebar-container").first).to_be_hidden()
    plots = page.evaluate(WORDS)
    assert [len(plot["legend"]) for plot in plots] == [0, 0, 1, 1]
    for plot in plots:
        (title,), (axis,) = plot["title"], plot["axis"]
        for box in (axis, *plot["ticks"], *plot["legend"]):
            assert apart(title, box)
        for box in plot["legend"]:
            assert apart(axis, box) and all(apart(tick, box) for tick in plot["ticks"])
        assert all(apart(axis, tick) for tick in plot["ticks"])
        assert len(plot["sides"]) >= 1 and all(apart(side, level) for side in plot["sides"] for level in plot["levels"])
        assert title["right"] <= plot["edge"] + 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CONTRAST) >= 4.5


def test_the_tables_fit_and_their_numbers_stand_below_each_other(page, view):
    tables = page.locator(".measured table")
    assert tables.count() >= 1
    for table in tables.all():
        assert table.evaluate("node => node.getBoundingClientRect().right") <= view[0]
        assert table.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
        aligned = table.evaluate(
            "node => [...node.querySelectorAll('td')].map(cell => getComputedStyle(cell).textAlign)"
        )
        columns = table.locator("th").count()
        assert all(align == ("right" if i % columns else "left") for i, align in enumerate(aligned))
    style = tables.first.locator("td").nth(1).evaluate("node => ({ ...getComputedStyle(node) })")
    assert "tabular-nums" in tables.first.evaluate("node => getComputedStyle(node).fontVariantNumeric")
    assert style["borderLeftWidth"] == style["borderRightWidth"] == "0px"
    # No word is broken: each is on one line.
    assert page.evaluate(
        """() => {
            const texts = document.createTreeWalker(document.querySelector('.measured table'), NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
                for (const { 0: word, index } of texts.currentNode.data.matchAll(/[A-Za-z0-9.%@±\\u00a0]+/g)) {
                    const range = document.createRange();
                    range.setStart(texts.currentNode, index);
                    range.setEnd(texts.currentNode, index + word.length);
                    if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) return word;
                }
            }
            return '';
        }"""
    ) == ("")


def test_each_page_tells_of_its_own_model(page, name, matchers):
    matcher = matchers[name]
    drawing = page.get_by_role("img", name="go through the same network")
    told = drawing.get_attribute("aria-label")
    height, width = matcher.input.size
    dim, threshold = matcher.gallery.embeddings.shape[1], f"{matcher.threshold:.2f}"
    assert f"{width} by {height} pixels" in told and f"{dim} numbers" in told and threshold in told
    assert page.evaluate(OVERLAPS, "svg.branches text") == []
    assert (
        drawing.locator("text").evaluate_all("all => Math.min(...all.map(one => one.getBoundingClientRect().height))")
        > 11
    )
    how = page.locator("#how")
    for words in (f"{width} × {height} pixels", f"{dim} numbers", f"threshold, {threshold}"):
        expect(how).to_contain_text(words)
    expect(page.locator("#not-for")).to_contain_text("no identity check, no legal or forensic decision")
    expect(page.locator("#not-for")).to_contain_text("Outliers")
    metrics = {metric.key: metric for metric in matcher.bundle.measurements.test}
    row = page.locator(".measured tr", has_text="Equal error rate").first
    expect(row.locator("td").nth(1)).to_have_text(metrics["equal error rate"].text)
    expect(page.locator("#notes" if name == "groceries" else "#data")).to_contain_text(
        "Grocery Store Dataset" if name == "groceries" else "MNIST"
    )
    expect(page.locator("#limits")).to_contain_text("promise" if name == "groceries" else "cheques")


def test_words_of_the_tables_explain_themselves(page, view):
    word = page.locator(".measured table").first.get_by_text("Equal error rate", exact=True)
    word.scroll_into_view_if_needed()
    word.tap() if view[0] < 600 else word.hover()
    note = page.locator("#term-note")
    expect(note).to_contain_text("the share of wrong answers")
    box = note.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= view[0]
    assert not re.search("#term", page.url)


def test_no_serious_accessibility_fault(page):
    page.add_style_tag(content="* { transition: none !important }")
    assert serious_faults(page) == []
