"""The page as a whole: tabs, settings, launch."""

from __future__ import annotations

import gradio as gr

from siamese.matcher import PRETRAINED, Matcher
from siamese.ui import about, api, compare, components, map, neighbours, theme

TITLE = "Siamese digits"
MAX_BODY = 4_000_000  # bytes of a request; a canvas sends about ten thousand


def build(matcher: Matcher, folder=PRETRAINED, problem: str = "") -> gr.Blocks:
    """Lay out the page for a matcher.

    Args:
        folder: of the bundle, whose `gallery.png` the page shows.
        problem: why another model is served than was asked for; empty if it is the one.
    """
    sprite, plotly = folder / "gallery.png", map.plotly_js()
    gr.set_static_paths([sprite, plotly])
    sprite_url, plotly_url = components.file_url(sprite), components.file_url(plotly)
    with gr.Blocks(title=TITLE, analytics_enabled=False) as demo:
        gr.Markdown(
            "# Same or different?\nA Siamese network looks at two handwritten symbols and says how likely they are the same.",
            elem_classes="title",
        )
        if problem:
            gr.Markdown(problem, elem_classes="problem")
        with gr.Tabs():
            with gr.Tab("Compare", id="compare"):
                compare.build(matcher)
            with gr.Tab("Neighbours", id="neighbours"):
                neighbours.build(matcher, sprite_url)
            with gr.Tab("Map", id="map"):
                map.build(matcher, sprite_url, plotly_url)
            with gr.Tab("About", id="about") as tab:
                plots = about.build(matcher, problem)
        tab.select(lambda: about.figures(matcher), None, list(plots), show_progress="hidden", api_visibility="private")
        api.build(matcher)
    return demo.queue(default_concurrency_limit=4, max_size=64)


def launch(demo: gr.Blocks, **options) -> tuple:
    """Serve the page with this project's settings; `options` go to Gradio's `launch`."""
    return demo.launch(
        theme=theme.theme(),
        css=theme.css(),
        head=components.head(),
        footer_links=["api"],
        run_history=False,
        app_kwargs={"max_body_size": MAX_BODY},
        state_session_capacity=500,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        **options,
    )
