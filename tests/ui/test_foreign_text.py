"""What a bundle says is text on the page: nothing of it is fetched, and no markup in it is followed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from siamese.bundle.format import load, save
from tests.app_server import running_app
from tests.picture_bundle import save_picture_bundle
from tests.visitor import open_tab, visit

MARKUP = '![a](http://example.org/a.png) <img src="http://example.org/b.png"> `|` [c](http://example.org/c) $$x$$'


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Path:
    """A bundle with markup wherever it has text of its own."""
    folder = save_picture_bundle(tmp_path_factory.mktemp("bundles") / "told")
    whole = load(folder)
    measured = whole.measurements
    notes = replace(measured.folder, name=MARKUP, notes=(MARKUP, f"{MARKUP}\n\n# {MARKUP}"))
    measured = replace(measured, command=MARKUP, provenance=MARKUP, hardware=MARKUP, folder=notes)
    save(replace(whole, measurements=measured, labels=tuple(f"{MARKUP} {name}" for name in whole.labels)), folder)
    return folder


@pytest.fixture(scope="module")
def refused(told, tmp_path_factory) -> Path:
    """A bundle that is refused with a message that quotes it."""
    folder = tmp_path_factory.mktemp("bundles") / "refused"
    save(load(told), folder)
    config = json.loads((folder / "config.json").read_text())
    config["labels"] = [MARKUP] * 2
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_the_browser_shows_text_and_fetches_nothing(told, refused, browser, tmp_path):
    with running_app(tmp_path / "log.txt", SIAMESE_MODEL=f"{told},{refused}") as url, visit(browser, url) as visitor:
        assert "![a](http://example.org/a.png)" in visitor.locator("#problem").inner_text()
        for name in ("Neighbours", "Map", "New things", "Learn", "Many at once", "About"):
            open_tab(visitor, name)
        visitor.wait_for_selector("#notes li")
        about = visitor.locator("body").inner_text()
        assert about.count("![a](http://example.org/a.png)") >= 4
        assert visitor.locator('a[href*="example.org"], img[src*="example.org"]').count() == 0


def test_a_title_with_markup_is_refused(told, tmp_path):
    whole = load(told)
    with pytest.raises(ValueError, match="title must be plain text"):
        replace(whole.measurements.test[0], title=MARKUP)
