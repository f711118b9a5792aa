"""The Neighbours tab: a query, and what lies nearest to it in the gallery."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from siamese.matcher import Matcher
from siamese.ui import answers, components

NEAREST = "Nearest"
OTHER = "Nearest of another digit"
FARTHEST = "Farthest of the same digit"
MODES = (NEAREST, OTHER, FARTHEST)
ANY = "any digit"
LONGEST_WALK = 200


def build(matcher: Matcher, sprite_url: str) -> None:
    """Lay out the tab and wire it."""
    gallery = matcher.gallery
    gr.Markdown("Draw a query or pick one. Click a neighbour to walk on from it.", elem_classes="lead")
    with gr.Row(elem_classes="search"):
        with gr.Column(min_width=240, scale=0, elem_classes="search-query"):
            canvas = components.canvas("Query", elem_id="canvas-query")
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
                digit = gr.Dropdown([ANY, *matcher.labels], value=ANY, label="Only", elem_id="only", min_width=110)
            mode = gr.Radio(list(MODES), value=NEAREST, show_label=False, container=False, elem_id="mode")
            votes = components.votes()
            grid = components.grid(sprite_url)
    walk = gr.State([])  # gallery indices that were walked over, the present one last; -1 is the drawing

    outputs = [grid, votes, seen]

    def found(drawing: str | None, path: list[int], k: float, mode: str, digit: str) -> tuple:
        values = search(matcher, components.picture_of(drawing), path, k, mode, digit)
        return tuple(map(components.to_json, values))

    asked = [canvas, walk, k, mode, digit]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def drawn(drawing: str | None, k: float, mode: str, digit: str) -> tuple:
        path = [-1] if drawing else []
        return path, gr.update(interactive=False), *found(drawing, path, k, mode, digit)

    canvas.change(drawn, [canvas, k, mode, digit], [walk, back, *outputs], trigger_mode="always_last", **quiet)
    gr.on([k.input, mode.input, digit.input], found, asked, outputs, trigger_mode="always_last", **quiet)

    def step(to: int, drawing: str | None, path: list[int], k: float, mode: str, digit: str) -> tuple:
        path = [*path, to][-LONGEST_WALK:]
        return path, gr.update(interactive=len(path) > 1), *found(drawing, path, k, mode, digit)

    def selected(event: gr.SelectData, *state) -> tuple:
        return step(int(event.index), *state)

    def surprised(*state) -> tuple:
        return step(int(np.random.default_rng().integers(len(gallery))), *state)

    def picked(number: float | None, *state) -> tuple:
        if number is None or not 0 <= number < len(gallery):
            raise gr.Error(f"The gallery's pictures go from 0 to {len(gallery) - 1}.", print_exception=False)
        return step(int(number), *state)

    def returned(drawing: str | None, path: list[int], k: float, mode: str, digit: str) -> tuple:
        path = path[:-1]
        return path, gr.update(interactive=len(path) > 1), *found(drawing, path, k, mode, digit)

    grid.select(selected, asked, [walk, back, *outputs], **quiet)
    surprise.click(surprised, asked, [walk, back, *outputs], **quiet)
    index.submit(picked, [index, *asked], [walk, back, *outputs], **quiet)
    back.click(returned, asked, [walk, back, *outputs], **quiet)


def search(
    matcher: Matcher, picture: bytes | None, path: list[int], k: float, mode: str, digit: str
) -> tuple[dict, dict | None, dict | None]:
    """The neighbours of the query at the end of a walk.

    Args:
        matcher: finds them.
        picture: the drawing's file, or None while the canvas is blank.
        path: gallery indices that were walked over, the present one last; -1 is the drawing.
        k: how many to show.
        mode: one of `MODES`.
        digit: the name of the only label to show, or `ANY`.

    Returns:
        The values of `grid`, `votes` and `seen`.
    """
    at = path[-1] if path else -1
    if at >= 0:
        query = matcher.gallery_query(at)
        own = int(matcher.gallery.labels[at])
        words = {"words": f"picture #{at} of the gallery, a {matcher.labels[own]}"}
    else:
        ((drawing, problem),) = answers.encode(matcher, picture)
        if drawing is None:
            return {"items": [], "hint": problem or "Draw something on the left, or press “Surprise me”"}, None, None
        query, words = drawing, {}
        own = answers.majority(matcher.neighbours(query, answers.VOTERS))
    seen = answers.seen_value(matcher, query) | words
    among = candidates(matcher, own, mode, digit)
    among = among[among != at]
    if not len(among):
        return {"items": [], "hint": "No picture of the gallery fits this filter"}, None, seen
    if mode == FARTHEST:
        shown = matcher.neighbours(query, len(among), among)[::-1][: int(k)]
    else:
        shown = matcher.neighbours(query, int(k), among)
    items = [answers.neighbour_value(matcher, n) | {"odd": n.label != own} for n in shown]
    # A vote among pictures that were filtered by their label would only repeat the filter.
    open_vote = mode == NEAREST and digit == ANY
    votes = answers.votes_value(matcher, shown, matcher.is_novel(query)) if open_vote else None
    return {"items": items}, votes, seen


def candidates(matcher: Matcher, own: int, mode: str, digit: str) -> np.ndarray:
    """The gallery indices that a mode and a filter by digit leave."""
    labels = matcher.gallery.labels
    keep = np.ones(len(labels), dtype=bool)
    if digit != ANY:
        keep &= labels == matcher.labels.index(digit)
    if mode == OTHER:
        keep &= labels != own
    if mode == FARTHEST:
        keep &= labels == own
    return np.flatnonzero(keep)
