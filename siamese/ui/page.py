"""The page as a whole: tabs, settings, launch."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import gradio as gr

from siamese.matcher import Matcher
from siamese.ui import about, api, batch, compare, components, learn, map, neighbours, symbols, theme
from siamese.ui.live_settings import SECONDS

TITLE = "Siamese digits"
MAX_BODY = 16_000_000  # bytes of a request; a canvas sends about ten thousand, a phone's photograph some million
STATUS_SECONDS = 5  # between two messages to those who wait


def build(
    matcher: Matcher, problem: str = "", retry: Callable[[], str] | None = None, learn_seconds: float = SECONDS
) -> gr.Blocks:
    """Lay out the page.

    Args:
        matcher: answers in all tabs; its folder holds the gallery's sprite sheet.
        problem: why another model is served than was asked for; empty if it is the one.
        retry: tries again to get the one that was asked for, and returns the problem, in one line, if it fails.
        learn_seconds: of processor time that a run in the Learn tab may take.
    """
    # A copy: a path in a cache would tell visitors about this machine, and not every path may be served.
    sprite = Path(tempfile.mkdtemp(prefix="siamese-")) / "gallery.png"
    shutil.copyfile(matcher.folder / "gallery.png", sprite)
    plotly = map.plotly_js()
    gr.set_static_paths([sprite, plotly])
    sprite_url, plotly_url = components.file_url(sprite), components.file_url(plotly)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, 3600)) as demo:
        api.build(matcher)  # first, so that its names are taken by none of the page's own events
        gr.Markdown(
            "# Same or different?\n"
            "A Siamese network looks at two handwritten symbols and says how likely they are the same.",
            elem_classes="title",
        )
        if problem:
            with gr.Row(elem_classes="problem"):
                message = gr.Markdown(problem, elem_id="problem")
                again = gr.Button(
                    "Try again", size="sm", scale=0, min_width=100, visible=retry is not None, elem_id="again"
                )
            if retry:
                again.click(retry, None, message, api_visibility="private", concurrency_limit=1)
        with gr.Tabs():
            with gr.Tab("Compare", id="compare"):
                compare.build(matcher)
            with gr.Tab("Neighbours", id="neighbours"):
                neighbours.build(matcher, sprite_url)
            with gr.Tab("Map", id="map"):
                map.build(matcher, sprite_url, plotly_url)
            with gr.Tab("New symbols", id="symbols"):
                symbols.build(matcher)
            with gr.Tab("Learn", id="learn"):
                learn.build(matcher, sprite_url, learn_seconds)
            with gr.Tab("Many at once", id="batch"):
                batch.build(matcher)
            with gr.Tab("About", id="about") as tab:
                plots = about.build(matcher, problem)
        tab.select(lambda: about.figures(matcher), None, plots, show_progress="hidden", api_visibility="private")
    # As Gradio comes, each event tells everybody who waits where they stand: with fifty, that costs more than an answer.
    return demo.queue(status_update_rate=STATUS_SECONDS, default_concurrency_limit=4, max_size=64)


def launch(demo: gr.Blocks, **options) -> tuple:
    """Serve the page with this project's settings; `options` go to Gradio's `launch`."""
    return demo.launch(
        theme=theme.theme(),
        css=theme.css(),
        head=components.head(),
        footer_links=["api"],
        run_history=False,
        max_file_size=MAX_BODY,
        app_kwargs={"max_body_size": MAX_BODY},
        state_session_capacity=500,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        **options,
    )
