"""The page as a whole: tabs, settings, launch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import gradio as gr
from gradio.routes import INTERNAL_ROUTES
from starlette.middleware import Middleware

from siamese.matcher import Matcher
from siamese.ui import about, api, batch, compare, components, learn, map, naming, neighbours, symbols, theme
from siamese.ui import gallery_pictures as pictures
from siamese.ui.full_disk import no_room
from siamese.ui.line import Line
from siamese.ui.listeners import StreamWatch
from siamese.ui.live_settings import SECONDS
from siamese.ui.request_limits import RequestLimits
from siamese.ui.requests import Page
from siamese.ui.static_files import file_url, head
from siamese.ui.wording import wording_of

TITLE = "Siamese digits"
MAX_BODY = 16_000_000  # bytes of a request; a canvas sends about ten thousand, a phone's photograph some million
STATUS_SECONDS = 5  # between two messages to those who wait


def build(
    matcher: Matcher,
    problem: str = "",
    retry: Callable[[], str] | None = None,
    learn_seconds: float = SECONDS,
    others: Sequence[Matcher] = (),
) -> Page:
    """Lay out the app: a page for each model, with a bar between them where there are several.

    Args:
        matcher: answers in all tabs of the main page.
        problem: why other models are served than were asked for; empty if it is those.
        retry: tries again to get the ones that were asked for, and returns the problem, in one line, if it fails.
        learn_seconds: of processor time that a run in the Learn tab may take.
        others: answer on the further pages, each at an address of its own.
    """
    (name, _), *further = naming.pages((matcher, *others), INTERNAL_ROUTES)
    with Page(title=TITLE, analytics_enabled=False, delete_cache=(3600, 3600)) as demo:
        if others:
            gr.Navbar(main_page_name=name)
        # Shared by all pages: so many runs and sets at a time are what the machine has room for.
        lines = Lines(Line(demo.listeners, learn.MAX_RUNS), Line(demo.listeners))
        sheet = pictures.sheet_of(matcher, demo.pictures)
        lay_out(matcher, sheet, problem, retry, learn_seconds, lines, model=name if others else "")
    for other, (title, slug) in zip(others, further, strict=True):
        with demo.route(title, f"/{slug}"):
            gr.Navbar(main_page_name=name)
            lay_out(other, pictures.sheet_of(other, demo.pictures), "", None, learn_seconds, lines, slug, title)
    # As Gradio comes, each event tells everybody who waits where they stand: with fifty, that costs more than an answer.
    demo.queue(status_update_rate=STATUS_SECONDS, default_concurrency_limit=16, max_size=64, api_open=False)
    return demo


class Lines(NamedTuple):
    """Where long work waits: runs of the Learn tab, and sets of Many at once."""

    learn: Line
    batch: Line


def lay_out(
    matcher: Matcher,
    sheet: dict,
    problem: str,
    retry: Callable[[], str] | None,
    learn_seconds: float,
    lines: Lines,
    slug: str = "",
    model: str = "",
) -> None:
    """Lay out the page of one model, within Gradio's context.

    Args:
        matcher: answers in all tabs.
        sheet: the gallery's pictures, as `gallery_pictures.sheet_of` tells of them.
        problem: as `build` takes it.
        retry: likewise.
        learn_seconds: likewise.
        lines: that long work waits in.
        slug: of the page's address, which the API's names begin with; empty for the main page.
        model: that the API's documentation names, where there are several.
    """
    plotly = map.plotly_js()
    gr.set_static_paths(plotly)
    api.build(matcher, f"{slug}_" if slug else "", model)  # first, so that no event of the page takes its names
    with gr.Row(elem_classes="head"):
        gr.Markdown(heading(matcher), elem_classes="title")
        components.copy_link()
    if problem:
        with gr.Row(elem_classes="problem"):
            message = gr.Markdown(naming.escaped(problem), elem_id="problem")
            again = gr.Button(
                "Try again", size="sm", scale=0, min_width=100, visible=retry is not None, elem_id="again"
            )
        if retry:
            again.click(lambda: naming.escaped(retry()), None, message, api_visibility="private", concurrency_limit=1)
    with gr.Tabs(overflow_behavior="wrap") as tabs:
        with gr.Tab("Compare", id="compare"):
            compare.build(matcher)
        with gr.Tab("Neighbours", id="neighbours"):
            neighbours.build(matcher, sheet)
        with gr.Tab("Map", id="map"):
            on_map = map.build(matcher, sheet, file_url(plotly))
        with gr.Tab(wording_of(matcher).teach_tab, id="symbols"):
            look_at_symbols, taught = symbols.build(matcher)
        if learn.possible(matcher):
            with gr.Tab("Learn", id="learn"):
                learn.build(matcher, sheet, learn_seconds, lines.learn)
        with gr.Tab("Many at once", id="batch"):
            look, places = batch.build(matcher, lines.batch)
        with gr.Tab("About", id="about") as tab:
            plots = about.build(matcher, problem, f"{slug}_" if slug else "")
    on_look: dict[str, Any] = {"outputs": [on_map, tabs], "show_progress": "hidden", "api_visibility": "private"}
    look.click(lambda value: (value, gr.Tabs(selected="map")), places, **on_look)

    def shown(value: symbols.Taught) -> tuple:
        return components.to_json(symbols.places(matcher, value)), gr.Tabs(selected="map")

    look_at_symbols.click(shown, taught, **on_look)
    tab.select(lambda: about.figures(matcher), None, plots, show_progress="hidden", api_visibility="private")


def heading(matcher: Matcher) -> str:
    """The page's title and its first line."""
    if matcher.input.kind == "ink":
        return (
            "# Same or different?\n"
            "A Siamese network looks at two handwritten symbols and says how likely they are the same."
        )
    return (
        f"# Same or different? {naming.escaped(naming.name_of(matcher))}\n"
        "A Siamese network looks at two pictures and says how likely they show the same thing."
    )


def launch(demo: Page, **options) -> tuple:
    """Serve the page with this project's settings; `options` go to Gradio's `launch`."""
    return demo.launch(
        theme=theme.theme(),
        css=theme.css(),
        head=head(),
        footer_links=["api"],
        run_history=False,
        max_file_size=MAX_BODY,
        app_kwargs={
            "max_body_size": MAX_BODY,
            "routes": [pictures.route(demo.pictures)],
            "exception_handlers": {OSError: no_room},
            "middleware": [
                Middleware(RequestLimits, folder=gr.utils.get_upload_folder),
                Middleware(StreamWatch, listeners=demo.listeners),
            ],
        },
        state_session_capacity=500,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        **options,
    )
