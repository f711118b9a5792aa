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
    second.get_by_role("button", name="command").click()
    words = shlex.split(second.locator(".learn-command").inner_text())
    config, _ = parse_training(words[2:])
    assert config.data.exclude_classes == (8,)


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
