"""What a stranger meets first: a pair that is drawn before their eyes, how it decides, words that explain themselves, and
addresses that open what was seen; on a laptop and on two phones, in light and in dark.
"""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.axe import serious_faults
from tests.visitor import FOUR, PATIENCE, SEVEN, draw, open_tab, visit

pytestmark = pytest.mark.browser

VIEWS = [(1280, "light"), (390, "dark"), (360, "light")]
OTHER_FOUR = [[(120, 55), (85, 150), (200, 150)], [(180, 90), (165, 230)]]
TABS = ("Compare", "Neighbours", "Map", "New symbols", "Learn", "Many at once", "About")

# A picture in the first square as soon as that is there, before the second one is.
BRING_AT_ONCE = """
let siamese, canvas;
const bring = (element) => {
  const picture = Uint8Array.from(atob("DIGIT"), (c) => c.charCodeAt(0));
  const brought = new DataTransfer();
  brought.items.add(new File([picture], "digit.png", { type: "image/png" }));
  const input = element.querySelector("input[type=file]");
  input.files = brought.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
};
Object.defineProperty(window, "siamese", {
  get: () => siamese,
  set(value) {
    siamese = value;
    Object.defineProperty(siamese, "canvas", {
      get: () => (element, ...rest) => {
        canvas(element, ...rest);
        if (element.closest("#canvas-a")) bring(element);
      },
      set: (value) => { canvas = value; },
    });
  },
});
"""


@pytest.fixture(params=VIEWS, ids=lambda view: f"{view[0]}-{view[1]}")
def view(request) -> tuple[int, str]:
    return request.param


@pytest.fixture
def page(view, browser, url):
    with visit(browser, url, *view) as page:
        yield page


def opened_again(page, address: str | None = None):
    """The same address, or another, in a new window of the browser. Reloading breaks off streams, of which Gradio complains."""
    other = page.context.new_page()
    other.set_default_timeout(PATIENCE)
    other.goto(address or page.url)
    other.wait_for_selector("#canvas-a canvas", state="attached")
    return other


@pytest.fixture
def laptop(browser, url):
    with visit(browser, url) as page:
        yield page


# --- the first visit ----------------------------------------------------------------------------------


def test_a_first_visit_finds_a_pair_and_the_first_stroke_clears_it(view, browser, url):
    with visit(browser, url, *view, motion=True) as page:
        expect(page.locator(".pad-hint", has_text="now yours")).to_have_count(2)
        expect(page.locator(".verdict")).to_have_attribute("data-state", "same")
        expect(page.locator(".seen-words").first).to_contain_text("reads as a 4")
        live = page.locator(".verdict-words")
        assert live.get_attribute("aria-live") == "off", "what the page does by itself is not read out"
        draw(page, "#canvas-b", SEVEN)
        expect(live).to_have_text("Now draw the other one")
        assert live.get_attribute("aria-live") == "polite"
        expect(page.locator(".pad-hint", has_text="now yours")).to_have_count(0)
        expect(page.locator(".compare-a .seen")).to_be_hidden()
        expect(page.locator(".compare-b .seen-words")).to_contain_text("a 7")
        page = opened_again(page)
        expect(page.locator(".pad-hint", has_text="draw here").first).to_be_visible()
        page.wait_for_timeout(1500)
        assert page.locator(".is-example").count() == 0, "only the first visit finds it"


def test_a_visitor_who_is_quicker_than_the_pair_is_not_disturbed(browser, url, tmp_path, matcher):
    Image.fromarray(255 - matcher.gallery.images[0]).save(tmp_path / "digit.png")
    with visit(browser, url, motion=True) as page:
        page.locator("#canvas-a input[type=file]").set_input_files(tmp_path / "digit.png")
        expect(page.locator(".compare-a .seen-words")).to_be_visible()
        page.wait_for_timeout(1500)
        expect(page.locator(".verdict-words")).to_have_text("Now draw the other one")
        assert page.locator(".is-example").count() == 0


def test_a_picture_that_is_brought_before_the_second_square_is_there_stays(browser, url, tmp_path, matcher):
    Image.fromarray(255 - matcher.gallery.images[0]).save(tmp_path / "digit.png")
    digit = base64.b64encode((tmp_path / "digit.png").read_bytes()).decode()
    with visit(browser, url, motion=True, query="&tab=about") as page:
        page.context.add_init_script(BRING_AT_ONCE.replace("DIGIT", digit))
        page = opened_again(page, url)
        expect(page.locator(".compare-a .seen-words")).to_be_visible()
        page.wait_for_timeout(1500)
        expect(page.locator(".verdict-words")).to_have_text("Now draw the other one")
        assert page.locator("#canvas-a canvas").get_attribute("aria-label") == "First symbol, with a drawing"
        assert page.locator(".is-example").count() == 0


# --- questions and answers ----------------------------------------------------------------------------


QUESTION = re.compile(r"/queue/join")


def questions(page) -> list[list[bool]]:
    """What the page asks from now on: which of the squares hold a picture, and whether to show where they differ."""
    asked: list[list[bool]] = []

    def note(request) -> None:
        if QUESTION.search(request.url):
            asked.append([bool(value) for value in request.post_data_json["data"]])

    page.on("request", note)
    return asked


def test_a_stroke_asks_once(laptop):
    asked = questions(laptop)
    draw(laptop, "#canvas-a", SEVEN)
    expect(laptop.locator(".verdict-words")).to_have_text("Now draw the other one")
    laptop.wait_for_timeout(500)
    assert asked == [[True, False, False]]


def test_of_two_questions_in_one_moment_the_second_waits_for_the_answer_to_the_first(laptop):
    draw(laptop, "#canvas-a", FOUR)
    draw(laptop, "#canvas-b", SEVEN)
    expect(laptop.locator(".verdict")).to_have_attribute("data-state", "different")
    asked, held = questions(laptop), []
    laptop.route(QUESTION, lambda route: route.continue_() if held else held.append(route))
    with laptop.expect_request(QUESTION):
        laptop.evaluate("for (const clear of document.querySelectorAll('.compare [data-do=clear]')) clear.click()")
    laptop.wait_for_timeout(500)
    assert asked == [[False, False, False]], "the second was sent before the first was answered"
    with laptop.expect_request(QUESTION):
        held[0].continue_()
    expect(laptop.locator(".verdict")).to_have_attribute("data-state", "empty")
    assert asked == [[False, False, False]] * 2


def test_nothing_moves_for_those_who_asked_for_that_nor_where_an_address_leads_elsewhere(browser, url):
    for options in ({"motion": False}, {"motion": True, "query": "&tab=about"}):
        with visit(browser, url, **options) as page:
            page.wait_for_timeout(1500)
            open_tab(page, "Compare")
            expect(page.locator("#canvas-a .is-blank")).to_be_visible()
            expect(page.locator(".verdict")).to_have_attribute("data-state", "empty")


# --- the number, and how it comes about ---------------------------------------------------------------


def test_the_number_says_what_it_is_and_strikes_nothing_through(page):
    draw(page, "#canvas-a", FOUR)
    draw(page, "#canvas-b", SEVEN)
    expect(page.locator(".verdict")).to_have_attribute("data-state", "different")
    assert re.fullmatch(
        r"(< )?[\d.]+ % likely the same", page.locator(".verdict-number").inner_text().replace("\n", " ")
    )
    mark, words = page.locator(".verdict-plot .mark line"), page.locator(".verdict-plot .threshold + text")
    assert mark.bounding_box()["y"] >= words.bounding_box()["y"] + words.bounding_box()["height"] - 2


def test_how_it_decides_is_unfolded_once_and_follows_each_stroke(page):
    page.get_by_text("How it decides").click()
    told = page.locator(".decision-told")
    expect(told).to_have_text("Draw both, and it shows how they compare.")
    draw(page, "#canvas-a", FOUR)
    expect(page.locator(".strip:visible")).to_have_count(1)
    draw(page, "#canvas-b", OTHER_FOUR)
    expect(page.locator(".strip:visible")).to_have_count(3)
    expect(told).to_have_text(re.compile(r"Of pairs this far apart, .*99 in 100 are the same\."))
    distance = float(page.locator(".verdict-distance").inner_text().split()[-1])
    summed, root = map(float, re.findall(r"\d\.\d\d", page.locator(".decision-sum").inner_text()))
    assert root == distance and summed == pytest.approx(distance**2, abs=0.01)
    assert page.locator(".decision-point").get_attribute("visibility") == "visible"
    painted = "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size > 2"
    for canvas in page.locator(".decision canvas").all():
        assert canvas.evaluate(painted)
    assert page.locator(".strip").first.evaluate("canvas => canvas.width") == 128, "a cell for each number"
    before = page.locator(".decision-sum").inner_text()
    page.locator("#canvas-b").get_by_role("button", name="Clear").click()
    draw(page, "#canvas-b", SEVEN)
    expect(told).to_have_text(re.compile("Of pairs this far apart, (fewer than 1|1|2) in 100 (is|are) the same."))
    assert page.locator(".decision-sum").inner_text() != before
    page = opened_again(page)
    expect(page.locator(".decision")).to_have_attribute("open", "")


def test_a_word_explains_itself_on_hover_focus_or_tap(page):
    page.get_by_text("How it decides").click()
    word, note = page.locator(".decision .term", has_text="embedding"), page.get_by_role("tooltip")
    word.scroll_into_view_if_needed()
    for show, hide in (
        (word.hover, lambda: page.mouse.move(2, 2)),
        (word.focus, lambda: page.keyboard.press("Escape")),
        (word.click, word.blur),
    ):
        show()
        expect(note).to_contain_text("The vector of numbers that the network turns a picture into")
        assert word.get_attribute("aria-describedby") == note.get_attribute("id")
        box, width = note.bounding_box(), page.viewport_size["width"]
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        hide()
        expect(note).to_be_hidden()


# --- addresses ----------------------------------------------------------------------------------------


def test_an_address_opens_the_neighbours_that_were_seen(browser, url, matcher):
    with visit(browser, url, query="&tab=neighbours&query=1234&show=7&mode=1") as page:
        expect(page.get_by_role("tab", name="Neighbours")).to_have_attribute("aria-selected", "true")
        expect(page.locator(".search-query .seen-words")).to_contain_text("picture #1234 of the gallery")
        expect(page.locator(".search-found .tile")).to_have_count(7)
        expect(page.get_by_label("Nearest of another digit")).to_be_checked()
        expect(page.locator("#index input")).to_have_value("1234")
        page.locator(".search-found .tile").nth(2).click()
        expect(page.locator(".search-query .seen-words")).not_to_contain_text("#1234 ")
        index = re.search(r"#(\d+)", page.locator(".search-query .seen-words").inner_text())[1]
        page.wait_for_function(f"new URLSearchParams(location.search).get('query') === '{index}'")
        draw(page, "#canvas-query", FOUR)
        expect(page.locator(".search-query .seen-words")).to_contain_text("reads as a 4")
        page.wait_for_function("!new URLSearchParams(location.search).has('query')")
        expect(page.locator("#index input")).to_have_value("")
        open_tab(page, "Compare")
        page.wait_for_function("!new URLSearchParams(location.search).has('tab')")
        assert "data:" not in page.url and len(page.url) < 200, "what is drawn never goes into an address"


def test_an_address_that_makes_no_sense_opens_the_page_all_the_same(browser, url):
    with visit(
        browser, url, query="&tab=%3Cimg%3E&query=-1&show=1e9&mode=7&only=x&threshold=nan&index=x&learn=%7B"
    ) as page:
        expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")
        expect(page.locator(".verdict-plot .threshold + text")).to_contain_text("threshold 0.")
        open_tab(page, "Neighbours")
        expect(page.locator(".grid-empty").first).to_be_visible()
        expect(page.locator("#k input[type=number]")).to_have_value("20")


def test_a_threshold_stands_in_the_address(laptop):
    laptop.get_by_text("Move the threshold").click()
    laptop.locator(".verdict-moving input").fill("1.1")
    laptop.wait_for_function("new URLSearchParams(location.search).get('threshold') === '1.1'")
    laptop = opened_again(laptop)
    expect(laptop.locator(".verdict-plot .threshold + text")).to_have_text("threshold 1.10")
    laptop.get_by_role("button", name="Reset").click()
    laptop.wait_for_function("!new URLSearchParams(location.search).has('threshold')")


def test_addresses_of_an_example_and_of_a_ready_set(browser, url):
    with visit(browser, url, query="&example=2", motion=True) as page:
        expect(page.locator(".seen-words").nth(0)).to_contain_text("4")
        expect(page.locator(".seen-words").nth(1)).to_contain_text("9")
        draw(page, "#canvas-b", FOUR)
        page.wait_for_function("!new URLSearchParams(location.search).has('example')")
        page.get_by_role("button", name="A 1 and a crossed 7").click()
        page.wait_for_function("new URLSearchParams(location.search).get('example') === '3'")
        open_tab(page, "New symbols")
        page.get_by_role("button", name="Korean").click()
        expect(page.locator(".symbol").first).to_be_visible()
        page.wait_for_function("new URLSearchParams(location.search).get('set') === 'Korean'")
        page = opened_again(page)
        expect(page.locator(".symbol").first).to_be_visible()
        page.get_by_role("button", name="Forget all").click()
        page.wait_for_function("!new URLSearchParams(location.search).has('set')")


def test_the_link_is_copied(laptop):
    laptop.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_tab(laptop, "About")
    laptop.get_by_role("button", name="Copy link").click()
    expect(laptop.get_by_role("button", name="Copied")).to_be_visible()
    assert laptop.evaluate("navigator.clipboard.readText()") == laptop.url
    assert "tab=about" in laptop.url


# --- the page as a whole ------------------------------------------------------------------------------


def test_every_tab_is_reached_and_nothing_is_wider_than_the_screen(page):
    width = page.viewport_size["width"]
    for name in TABS:
        tab = page.get_by_role("tab", name=name, exact=True)
        box = tab.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, name
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert page.locator("footer .divider").is_hidden()


def test_compare_and_neighbours_by_keyboard_alone(browser, url):
    with visit(browser, url) as page:
        page.get_by_role("button", name="A 4 and a 9").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".verdict")).to_have_attribute("data-state", "different")
        page.locator(".decision summary").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".decision-told")).to_contain_text("Of pairs this far apart")
        page.locator("#canvas-a canvas").focus()
        page.keyboard.press("Delete")
        expect(page.locator(".verdict")).to_have_attribute("data-state", "empty")
        page.get_by_role("tab", name="Neighbours").focus()
        page.keyboard.press("Enter")
        page.locator("#surprise").focus()
        page.keyboard.press("Enter")
        tiles = page.locator(".search-found .tile")
        expect(tiles).to_have_count(20)
        seen = page.locator(".search-query .seen-words")
        first = seen.inner_text()
        tiles.first.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        expect(tiles.nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        expect(seen).not_to_have_text(first)
        expect(tiles.first).to_be_focused()
        page.keyboard.press("Backspace")
        expect(seen).to_have_text(first)


def test_new_symbols_by_keyboard_alone(browser, url, matcher, tmp_path):
    """Who cannot draw brings pictures: the square's upload is a button among others."""
    four, seven = (int(np.flatnonzero(matcher.gallery.labels == digit)[0]) for digit in (4, 7))
    for name, index in (("four", four), ("seven", seven)):
        Image.fromarray(255 - matcher.gallery.images[index]).save(tmp_path / f"{name}.png")
    with visit(browser, url) as page:
        page.get_by_role("tab", name="New symbols").focus()
        page.keyboard.press("Enter")
        for name in ("four", "seven"):
            page.locator("#canvas-teach input[type=file]").set_input_files(tmp_path / f"{name}.png")
            page.locator("#name input, #name textarea").first.focus()
            page.keyboard.type(name)
            page.keyboard.press("Enter")
            expect(page.locator(".symbol-name", has_text=name)).to_be_visible()
        page.locator("#canvas-unknown input[type=file]").set_input_files(tmp_path / "seven.png")
        expect(page.locator(".symbols-words")).to_contain_text("seven")
        page.get_by_role("button", name="Forget four").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".symbol-name", has_text="four")).to_have_count(0)


def test_long_names_of_symbols_hold(page):
    open_tab(page, "New symbols")
    names = ("Donaudampfschifffahrtsge", "السلام عليكم ورحمة الله")
    for name, strokes in zip(names, (FOUR, SEVEN), strict=True):
        draw(page, "#canvas-teach", strokes)
        page.locator("#name input, #name textarea").first.fill(name)
        page.locator("#teach").click()
        expect(page.locator(".symbol-name", has_text=name)).to_be_visible()
    draw(page, "#canvas-unknown", SEVEN)
    expect(page.locator(".symbols-words")).to_contain_text(names[1])
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    for row in page.locator(".symbol").all():
        boxes = [part.bounding_box() for part in row.locator("> *").all()]
        boxes = [box for box in boxes if box["width"] and box["height"]]
        for i, one in enumerate(boxes):
            for other in boxes[i + 1 :]:
                apart = (
                    one["x"] + one["width"] <= other["x"] + 1
                    or other["x"] + other["width"] <= one["x"] + 1
                    or one["y"] + one["height"] <= other["y"] + 1
                    or other["y"] + other["height"] <= one["y"] + 1
                )
                assert apart, row.inner_text()
        share = row.locator(".symbol-share")
        assert share.evaluate("node => node.scrollWidth <= node.clientWidth + 1")


def test_no_barriers_while_it_is_explained(page):
    page.get_by_text("How it decides").click()
    page.get_by_role("button", name="A 4 and a 9").click()
    expect(page.locator(".decision-told")).to_contain_text("Of pairs this far apart")
    assert serious_faults(page) == []
