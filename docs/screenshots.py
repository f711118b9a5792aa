"""Take the pictures of README.md from the real app: python docs/screenshots.py"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from siamese.bundle.locating import PRETRAINED_GROCERIES
from siamese.matcher import load
from tests.app_server import running_app
from tests.visitor import FOUR, SEVEN, draw, open_browser, open_tab

DOCS = Path(__file__).parent

NINE = [[(195, 95), (150, 60), (100, 90), (105, 140), (155, 150), (190, 110), (192, 80), (186, 150), (165, 235)]]


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "log.txt") as url,
        open_browser() as browser,
    ):
        page = browser.new_page(viewport={"width": 1180, "height": 780}, reduced_motion="reduce")
        page.goto(f"{url}/?__theme=light")
        page.wait_for_selector("#canvas-a canvas")
        draw(page, "#canvas-a", FOUR)
        draw(page, "#canvas-b", NINE)
        page.wait_for_selector(".verdict[data-state=different]")
        shoot(page, "compare")
        open_tab(page, "Neighbours")
        draw(page, "#canvas-query", SEVEN)
        page.wait_for_selector(".search-found .tile")
        shoot(page, "neighbours")
        open_tab(page, "Map")
        page.wait_for_selector("[data-drawn-ms]")
        draw(page, "#canvas-map", FOUR)
        page.wait_for_function("document.querySelector('[data-drawn-ms]').dataset.own")
        shoot(page, "map")
        open_tab(page, "New symbols")
        page.get_by_role("button", name="Aramaic").click()
        page.wait_for_selector(".symbol")
        draw(page, "#canvas-unknown", [[(60, 70), (220, 75)], [(140, 75), (145, 220)], [(60, 220), (225, 215)]])
        page.wait_for_selector(".symbol-none")
        shoot(page, "symbols")
        page.goto(f"{url}/groceries?__theme=light")
        for pad, picture in zip(("#canvas-a", "#canvas-b"), pair_of_groceries(Path(folder)), strict=True):
            page.locator(f"{pad} input[type=file]").set_input_files(picture)
        page.wait_for_selector(".verdict[data-state=same], .verdict[data-state=different]")
        page.locator("#where input").check()
        shoot(page, "own-pictures")


def pair_of_groceries(folder: Path) -> tuple[Path, Path]:
    """Files of two pictures of the gallery: one kind, photographed in two places."""
    matcher = load(PRETRAINED_GROCERIES)
    members = np.flatnonzero(
        matcher.gallery.labels == matcher.labels.index("Packages_Yoghurt_Yoggi-Strawberry-Yoghurt")
    )
    distances = np.linalg.norm(matcher.gallery.embeddings[members] - matcher.gallery.embeddings[members[0]], axis=1)
    paths = folder / "first.png", folder / "second.png"
    for path, index in zip(paths, (members[0], members[np.argsort(distances)[len(members) // 2]]), strict=True):
        Image.fromarray(matcher.gallery.images[index]).save(path)
    return paths


def shoot(page, name: str) -> None:
    page.mouse.move(5, 5)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_timeout(700)  # for the marks to come to rest
    page.screenshot(path=DOCS / f"{name}.png")


if __name__ == "__main__":
    main()
