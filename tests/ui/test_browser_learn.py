"""A visitor watches a network learn: goes through the snapshots, compares two runs, waits in the queue, leaves."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from siamese.cli import parse_training
from siamese.ui.live_training import STEPS_BETWEEN
from tests.app_server import running_app, tasks
from tests.axe import serious_faults
from tests.visitor import open_tab, visit

pytestmark = pytest.mark.browser

LONGEST = 600_000  # ms for a run on a machine that is busy with other things, too
# In the page, so that a slow test does not find the last snapshot reached before it pauses.
PLAY_AND_PAUSE = """async () => {
    const [play, root] = [document.querySelector('.learn-play'), document.querySelector('[data-live]')];
    play.click();
    while (root.dataset.head <= 4) await new Promise(requestAnimationFrame);
    if (play.textContent !== 'Pause') throw new Error('it does not play');
    play.click();
}"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app in which a run has all the time it needs."""
    log = tmp_path_factory.mktemp("app") / "log.txt"
    with running_app(log, script=Path(__file__).parent / "app_for_learning.py") as address:
        yield address


def open_learn(page) -> None:
    open_tab(page, "Learn")
    expect(train_button(page)).to_be_enabled(timeout=LONGEST)


def train_button(page):
    return page.locator(".learn-train")


def snapshots(page) -> int:
    return int(page.locator("[data-live]").get_attribute("data-snapshots") or 0)


def wait_for_snapshots(page, count: int) -> None:
    page.wait_for_function(
        "count => Number(document.querySelector('[data-live]').dataset.snapshots) >= count", arg=count, timeout=LONGEST
    )


def wait_for_the_end(page) -> None:
    page.wait_for_selector("[data-live=false]", timeout=LONGEST)


def at(page) -> int:
    return int(page.locator("[data-live]").get_attribute("data-head"))


def wait_until_at(page, snapshot: int) -> None:
    page.wait_for_function("at => document.querySelector('[data-live]').dataset.head == at", arg=snapshot)


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=lambda view: f"{view[0]}-{view[1]}")
def page(request, browser, url):
    with visit(browser, url, *request.param) as page:
        open_learn(page)
        yield page


def test_a_run_is_watched_to_its_end(browser, url):
    with visit(browser, url) as page:
        open_learn(page)
        train_button(page).click()
        wait_for_snapshots(page, 2)
        page.get_by_role("button", name="First snapshot").click()
        wait_until_at(page, 0)
        wait_for_the_end(page)
        assert at(page) == 0, "it stays where it is, whether the run goes on or has ended"
        page.get_by_role("button", name="One snapshot forward").click()
        wait_until_at(page, 1)
        page.evaluate(PLAY_AND_PAUSE)
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
        before = at(page)
        assert before > 4
        page.get_by_role("button", name="One snapshot back").click()
        wait_until_at(page, before - 1)
        page.get_by_role("button", name="Last snapshot").click()
        expect(page.locator(".learn-at")).to_have_text("step 225 of 225")
        accuracy = page.locator(".learn-curve", has_text="Held-out").locator(".learn-figure").inner_text()
        assert float(accuracy.removesuffix(" %")) > 95
        expect(page.locator(".learn-status")).to_contain_text("Done")
        page.locator(".learn-scrub").fill("3")
        expect(page.locator(".learn-at")).to_have_text(f"step {3 * STEPS_BETWEEN} of 225")
        page.get_by_role("button", name="Play", exact=True).click()
        page.wait_for_function("Number(document.querySelector('[data-live]').dataset.head) > 6")


def test_two_runs_beside_each_other(page):
    train_button(page).click()
    wait_for_snapshots(page, 3)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".learn-status")).to_contain_text("Stopped")
    stopped = snapshots(page)
    page.get_by_role("button", name="Keep beside the next").click()
    page.locator("select[name=loss]").select_option("semi-hard")
    expect(page.locator(".learn-strength span")).to_have_text("Margin")
    page.locator("select[name=dim]").select_option("3")
    page.get_by_role("button", name="Leave out digit 8").click()
    train_button(page).click()
    expect(page.locator(".learn-run")).to_have_count(2, timeout=LONGEST)
    wait_for_snapshots(page, stopped + 1)
    page.get_by_role("button", name="Stop").click()
    second = page.locator(".learn-run").nth(1)
    expect(second.locator("h3")).to_contain_text("semi-hard · margin 0.3 · 3 dimensions")
    expect(second.locator(".learn-caption")).to_contain_text("Of the digits never seen")
    page.get_by_label("Show what pulls and pushes").check()
    words = page.locator(".learn-lines-words")
    expect(words.nth(0)).to_contain_text("pairs of one digit are pulled")
    expect(words.nth(1)).to_contain_text("farther than its positive by the margin, 0.3")
    second.get_by_role("button", name="command").click()
    words = shlex.split(second.locator(".learn-command").inner_text())
    config, _ = parse_training(words[2:])
    assert config.data.exclude_classes == (8,)


# What of a run's figures lies over another, and what is wider than the screen.
CROWDED = """() => {
    const crowded = [];
    for (const row of document.querySelectorAll('.learn-xs, .learn-ys, .learn-told, .learn-curve-head')) {
        const boxes = [...row.children].map(node => [node.textContent, node.getBoundingClientRect()]);
        for (const [i, [a, one]] of boxes.entries())
            for (const [b, two] of boxes.slice(i + 1))
                if (one.left < two.right && two.left < one.right && one.top < two.bottom - 2 && two.top < one.bottom - 2)
                    crowded.push([a, b]);
        for (const [text, box] of boxes) if (box.left < 0 || box.right > innerWidth) crowded.push([text]);
    }
    if (document.documentElement.scrollWidth > innerWidth) crowded.push(['page']);
    return crowded;
}"""
PAINTED = """() => {
    const canvas = document.querySelector('.learn-stage canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const ink = name => {
        const probe = document.createElement('canvas').getContext('2d');
        probe.fillStyle = getComputedStyle(document.body).getPropertyValue(name);
        probe.fillRect(0, 0, 1, 1);
        return probe.getImageData(0, 0, 1, 1).data;
    };
    return ['--same', '--different'].map(name => {
        const [r, g, b] = ink(name);
        let count = 0;
        for (let i = 0; i < data.length; i += 4)
            count += data[i] === r && data[i + 1] === g && data[i + 2] === b;
        return count;
    });
}"""


@pytest.mark.parametrize("view", [(1280, "light"), (390, "dark"), (360, "light")], ids=str)
@pytest.mark.parametrize("chosen", ["contrastive_d2", "semi-hard_d3", "supcon"])
def test_curves_have_scales_and_what_pulls_and_pushes_is_drawn_on_request(browser, url, view, chosen):
    with visit(browser, url, *view) as page:
        page.goto(f"{url}/?__theme={view[1]}&tab=learn&learn={chosen}")
        expect(train_button(page)).to_be_enabled(timeout=LONGEST)
        train_button(page).click()
        wait_for_snapshots(page, 4)
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("button", name="Last snapshot").click()
        loss, _, accuracy, distances = page.locator(".learn-curve").all()
        assert loss.locator(".learn-ys span").first.inner_text() == "0"
        assert accuracy.locator(".learn-ys span").all_inner_texts() == ["0 %", "50 %", "100 %"]
        assert accuracy.locator(".learn-xs span").all_inner_texts() == ["0", "50", "100", "150", "225 steps"]
        assert distances.locator(".learn-xs span").all_inner_texts() == ["0 · alike", "0.5", "1", "1.5", "unlike · 2"]
        told = loss.locator(".learn-told")
        expect(told).to_contain_text(f"last {loss.locator('.learn-figure').inner_text()} at step ")
        expect(told).to_contain_text("lowest")
        expect(accuracy.locator(".learn-told")).to_contain_text("highest")
        expect(accuracy.locator(".is-best.learn-mark")).to_be_visible()
        assert page.evaluate(CROWDED) == []

        words, asked = page.locator(".learn-lines-words"), page.get_by_label("Show what pulls and pushes")
        expect(words).to_be_hidden()
        assert page.evaluate(PAINTED) == [0, 0]
        asked.check()
        expect(words).to_contain_text("Pulled together")
        step = page.locator(".learn-at").inner_text().split()[1]
        expect(words).to_contain_text(f"In the batch of step {step}")
        page.wait_for_function(f"({PAINTED})().every(count => count > 20)")
        page.get_by_role("button", name="First snapshot").click()
        expect(words).to_contain_text("In the first batch")
        word = words.get_by_role("button").first
        word.scroll_into_view_if_needed()  # scrolling closes the note, and is told of a frame later
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        word.click()
        expect(page.locator("#term-note")).to_be_visible()
        assert page.evaluate(CROWDED) == []
        page.add_style_tag(content="* { transition: none !important }")
        assert serious_faults(page) == []
        asked.uncheck()
        expect(words).to_be_hidden()
        page.wait_for_function(f"({PAINTED})().every(count => count === 0)")


def values(page) -> list[str]:
    """The settings that the form shows: loss, margin or temperature, dimensions, learning rate, seed; and what is left out."""
    names = ("select[name=loss]", "input[name=strength]", "select[name=dim]", "select[name=learning_rate]")
    shown = [page.locator(name).input_value() for name in (*names, "input[name=seed]")]
    pressed = page.locator(".learn-excluded [aria-pressed=true]").all_inner_texts()
    return [*shown, "".join(pressed)]


USUAL = ["contrastive", "1", "16", "0.02", "0", ""]


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ("semi-hard_m0.5_d3_r0.1_x89_s7", ["semi-hard", "0.5", "3", "0.1", "7", "89"], "Your own settings."),
        ("supcon_m0.05", ["supcon", "0.05", "16", "0.02", "0", ""], "Your own settings."),
        ("collapse", ["contrastive", "1", "2", "30", "0", ""], "onto one point"),
        ("2", ["contrastive", "1", "2", "30", "0", ""], "onto one point"),
        ("hard-from-the-start", ["batch-hard", "0.3", "16", "0.02", "0", ""], "hardest triplets"),
        ("contrastive_m99_d5_rNaN_xabc_s-1", USUAL, "Your own settings."),
        ("%3Cimg%20src=x%20onerror=alert(1)%3E", USUAL, "pulled together"),
        ("__proto__", USUAL, "pulled together"),
    ],
)
def test_a_link_opens_the_tab_with_its_settings_and_starts_nothing(browser, url, text, expected, words):
    with visit(browser, url) as page:
        page.goto(f"{url}/?tab=learn&learn={text}")
        expect(train_button(page)).to_be_enabled(timeout=LONGEST)
        assert values(page) == expected
        expect(page.locator(".learn-words")).to_contain_text(words)
        expect(train_button(page)).to_have_text("Train both" if text.startswith("hard") else "Train")
        expect(page.locator(".learn-run")).to_have_count(0)
        expect(page.locator("[data-live]")).to_have_attribute("data-live", "false")


def test_the_address_follows_the_settings(browser, url):
    with visit(browser, url) as page:
        open_learn(page)
        asked = lambda: page.evaluate("new URLSearchParams(location.search).get('learn')")  # noqa: E731
        assert asked() is None, "the usual settings need no mention"
        page.get_by_role("button", name="A margin too small").click()
        assert asked() == "a-margin-too-small"
        page.locator("select[name=loss]").select_option("semi-hard")
        page.get_by_role("button", name="Leave out digit 8").click()
        page.locator("input[name=seed]").fill("12")
        assert asked() == "semi-hard_x8_s12"
        page.locator("input[name=seed]").fill("")
        assert asked() == "semi-hard_x8_s12", "what cannot be trained is not kept"
        page.locator("input[name=seed]").fill("3")
        before = values(page)
        page.reload()
        expect(train_button(page)).to_be_enabled(timeout=LONGEST)
        assert values(page) == before
        page.get_by_role("button", name="Pull and push").click()
        assert asked() is None


def test_hovering_shows_the_picture(page):
    train_button(page).click()
    wait_for_snapshots(page, 2)
    page.get_by_role("button", name="Stop").click()
    stage = page.locator(".learn-stage canvas")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 - 4, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)
    card = page.locator(".learn-stage .map-card")
    expect(card).to_be_visible()
    expect(card).to_contain_text("#")
    assert "gallery.png" in card.locator(".sprite").evaluate("node => node.style.backgroundImage")


def test_a_setting_that_cannot_be_is_told(page):
    page.locator("input[name=strength]").evaluate("node => { node.removeAttribute('max'); node.value = 3; }")
    page.locator("select[name=dim]").select_option("8")
    train_button(page).click()
    expect(page.locator(".learn-status")).to_contain_text("margin must lie between 0 and 2", timeout=LONGEST)
    expect(train_button(page)).to_be_enabled()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
def test_one_of_two_visitors_leaves_and_the_other_sees_a_whole_run(browser, url):
    with visit(browser, url) as staying:
        open_learn(staying)
        with visit(browser, url) as leaving:
            open_learn(leaving)
            before = tasks(url)
            train_button(leaving).click()
            wait_for_snapshots(leaving, 2)
            train_button(staying).click()
            if (os.cpu_count() or 2) < 4:
                expect(staying.locator(".learn-status")).to_contain_text("You are next", timeout=LONGEST)
            wait_for_snapshots(leaving, 4)
        wait_for_snapshots(staying, 5)
        wait_for_the_end(staying)
        expect(staying.locator(".learn-status")).to_contain_text("Done")
        steps = staying.evaluate("JSON.parse(document.querySelector('[data-live]').dataset.steps)")
        assert steps == [*range(0, 225, STEPS_BETWEEN), 225]
        for _ in range(60):  # the server's own idle threads end after ten seconds
            after = tasks(url)
            if np.less_equal(after, before).all():
                break
            staying.wait_for_timeout(500)
        assert np.less_equal(after, before).all(), f"{after} threads and children, {before} before"
