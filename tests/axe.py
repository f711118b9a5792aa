"""Accessibility faults of the page's own, as axe finds them."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Gradio's own: its footer, its slider's scale, its file box, its empty image, its coloured code.
NOT_OURS = (".show-api", ".max_value", ".min_value", ".or", ".empty", ".token", "pre")


def serious_faults(page: Page) -> list[tuple[str, object]]:
    """(rule, place) of each serious or critical fault that is not Gradio's own."""
    return [
        (violation["id"], node["target"])
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if not any(name in str(node["target"][-1]).split(" > ")[-1] for name in NOT_OURS)
    ]
