"""The Neighbours tab: a query, and what lies nearest to it in the gallery."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from siamese.matcher import Matcher, Query
from siamese.retrieval.results import Neighbour
from siamese.ui import answers, components
from siamese.ui.glossary import linked
from siamese.ui.label_colours import colours_of
from siamese.ui.links import follow
from siamese.ui.requests import sent
from siamese.ui.wording import Wording, wording_of

NEAREST, OTHER, FARTHEST = range(3)  # modes
ANY = -1  # in place of a label
LONGEST_WALK = 200
KEYS = "Keys: ← and → go from picture to picture, Enter walks on from one, Backspace goes back."


def build(matcher: Matcher, sheet: dict) -> None:
    """Lay out the tab and wire it; `sheet` tells where the gallery's pictures are."""
    gallery, words = matcher.gallery, wording_of(matcher)
    colours = colours_of(gallery.xy, gallery.labels, len(matcher.labels))
    gr.Markdown(linked(words.search_lead), elem_classes="lead")
    with gr.Row(elem_classes="search"):
        with gr.Column(min_width=240, scale=0, elem_classes="search-query"):
            canvas = components.canvas("Query", drawn=words.drawn, elem_id="canvas-query")
            seen = components.seen()
            with gr.Row(elem_classes="tight"):
                surprise = gr.Button("Surprise me", size="sm", min_width=60, elem_id="surprise")
                back = gr.Button("← Back", size="sm", min_width=60, interactive=False, elem_id="back")
            index = gr.Number(
                None, label="Gallery index", minimum=0, maximum=len(gallery) - 1, precision=0, elem_id="index"
            )
        with gr.Column(min_width=280, elem_classes="search-found"):
            with gr.Row(elem_classes="tight"):
                k = gr.Slider(1, 50, 20, step=1, label="How many", elem_id="k")
                only = gr.Dropdown(choices(matcher, words), value=ANY, label="Only", elem_id="only", min_width=110)
            modes = list(zip(words.modes, (NEAREST, OTHER, FARTHEST), strict=True))
            mode = gr.Radio(modes, value=NEAREST, show_label=False, container=False, elem_id="mode")
            votes = components.votes(colours)
            grid = components.grid(sheet, words, colours, len(gallery))
            gr.Markdown(KEYS, elem_classes="fine keys")
    follow({"show": k, "mode": mode, "only": only})
    walk = gr.State([])  # gallery indices that were walked over, the present one last; -1 is the drawing

    outputs = [grid, votes, seen, index]

    def answered(drawing: str | None, path: list[int], k: float, mode: int, only: int) -> tuple:
        values = search(matcher, components.picture_of(drawing), path, k, mode, only)
        return *map(components.to_json, values), path[-1] if path and path[-1] >= 0 else None

    asked = [canvas, walk, k, mode, only]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def drawn(drawing: str | None, k: float, mode: int, only: int) -> tuple:
        path = [-1] if drawing else []
        return path, gr.update(interactive=False), *answered(drawing, path, k, mode, only)

    canvas.input(drawn, [canvas, k, mode, only], [walk, back, *outputs], trigger_mode="always_last", **quiet)
    gr.on([k.input, mode.input, only.input], answered, asked, outputs, trigger_mode="always_last", **quiet)

    def step(to: int, drawing: str | None, path: list[int], k: float, mode: int, only: int) -> tuple:
        path = [*path, to][-LONGEST_WALK:]
        return path, gr.update(interactive=len(path) > 1), *answered(drawing, path, k, mode, only)

    def selected(event: gr.EventData, *state) -> tuple:
        return picked(sent(event, "index"), *state)

    def surprised(*state) -> tuple:
        return step(int(np.random.default_rng().integers(len(gallery))), *state)

    def picked(number: object, *state) -> tuple:
        if not isinstance(number, int | float) or not 0 <= number < len(gallery):
            raise gr.Error(f"The gallery's pictures go from 0 to {len(gallery) - 1}.", print_exception=False)
        return step(int(number), *state)

    def returned(drawing: str | None, path: list[int], k: float, mode: int, only: int) -> tuple:
        path = path[:-1]
        return path, gr.update(interactive=len(path) > 1), *answered(drawing, path, k, mode, only)

    grid.select(selected, asked, [walk, back, *outputs], **quiet)
    surprise.click(surprised, asked, [walk, back, *outputs], **quiet)
    index.submit(picked, [index, *asked], [walk, back, *outputs], **quiet)
    back.click(returned, asked, [walk, back, *outputs], **quiet)


def choices(matcher: Matcher, words: Wording) -> list[tuple[str, int]]:
    """The filter's choices: a label's name, and the label."""
    return [(words.any_label, ANY), *((name, label) for label, name in enumerate(matcher.labels))]


def search(
    matcher: Matcher, picture: bytes | None, path: list[int], k: float, mode: int, only: int
) -> tuple[dict, dict | None, dict | None]:
    """The neighbours of the query at the end of a walk.

    Args:
        matcher: finds them.
        picture: the drawing's file, or None while the canvas is blank.
        path: gallery indices that were walked over, the present one last; -1 is the drawing.
        k: how many to show.
        mode: one of NEAREST, OTHER and FARTHEST.
        only: the only label to show, or `ANY`.

    Returns:
        The values of `grid`, `votes` and `seen`.
    """
    at = path[-1] if path else -1
    if at >= 0:
        query = matcher.gallery_query(at)
        own = int(matcher.gallery.labels[at])
        words = {"words": f"picture #{at} of the gallery, {wording_of(matcher).named.format(matcher.labels[own])}"}
    else:
        ((drawing, problem),) = answers.encode(matcher, picture)
        if drawing is None:
            return {"items": [], "hint": problem or wording_of(matcher).search_hint, "at": None}, None, None
        query, words = drawing, {}
        own = answers.majority(matcher.neighbours(query, answers.VOTERS))
    seen = answers.seen_value(matcher, query) | words
    shown = found(matcher, query, own, int(k), mode, only, at)
    if not shown:
        return (
            {"items": [], "hint": "No picture of the gallery fits this filter", "at": at if at >= 0 else None},
            None,
            seen,
        )
    items = [answers.neighbour_value(matcher, n) | {"odd": n.label != own} for n in shown]
    # A vote among pictures that were filtered by their label would only repeat the filter.
    open_vote = mode == NEAREST and only == ANY
    votes = answers.votes_value(matcher, shown, matcher.is_novel(query)) if open_vote else None
    return {"items": items, "at": at if at >= 0 else None}, votes, seen


def found(matcher: Matcher, query: Query, own: int, k: int, mode: int, only: int, at: int = -1) -> list[Neighbour]:
    """The k pictures that a mode and a filter by label leave, in the order of the mode.

    Args:
        matcher: finds them.
        query: whose neighbours they are.
        own: its label.
        k: how many, at most.
        mode: one of NEAREST, OTHER and FARTHEST.
        only: the only label to show, or `ANY`.
        at: the query's gallery index, which is left out; -1 if it has none.
    """
    among = candidates(matcher.gallery.labels, own, mode, only)
    search = matcher.farthest if mode == FARTHEST else matcher.neighbours
    nearest = search(query, k + (at >= 0), among) if among is None or len(among) else []
    return [neighbour for neighbour in nearest if neighbour.index != at][:k]


def candidates(labels: np.ndarray, own: int, mode: int, only: int) -> np.ndarray | None:
    """The gallery indices that a mode and a filter by label leave; None where they leave all."""
    if mode == NEAREST and only == ANY:
        return None
    if mode == OTHER:
        return np.flatnonzero((labels != own) if only == ANY else (labels == only) & (labels != own))
    if mode == FARTHEST and only not in (ANY, own):
        return np.zeros(0, np.int64)
    return np.flatnonzero(labels == (own if mode == FARTHEST else only))
