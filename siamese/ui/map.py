"""The Map tab: every picture of the gallery as a point, and the visitor's drawing among them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import gradio as gr
import numpy as np

from siamese.matcher import Matcher, Query
from siamese.retrieval.projection import place, principal_components
from siamese.retrieval.search import leave_one_out_vote
from siamese.ui import answers, components
from siamese.ui.label_colours import colours_of
from siamese.ui.theme import DIGITS
from siamese.ui.wording import wording_of

MOST_TRACES = 40  # labels with a trace of their own; more would draw slowly
LINKED = 12  # neighbours that lines are drawn to

PLOT = """
<div class="map-controls">
  <div class="segmented map-view" role="group" aria-label="Projection">
    <button type="button" value="tsne" aria-pressed="true">t-SNE</button>
    <button type="button" value="pca" aria-pressed="false">PCA</button>
    <button type="button" value="pca3" aria-pressed="false">3-D</button>
  </div>
  <div class="segmented map-colour" role="group" aria-label="Colour">
    <button type="button" value="digit" aria-pressed="true">by digit</button>
    <button type="button" value="wrong" aria-pressed="false">right / wrong</button>
  </div>
  <div class="map-digits" role="group" aria-label="Digits shown"></div>
  <button type="button" class="chip map-lasso" aria-pressed="false" title="Draw around points to list them">Lasso</button>
  <button type="button" class="chip map-clear">Clear</button>
  <form class="map-find"><label>Find <input type="number" min="0" inputmode="numeric" placeholder="index"></label></form>
</div>
<div class="map-frame">
  <div class="map-plot" role="group" aria-label="Map of the gallery: each point is a picture, near ones look alike"></div>
  <div class="map-card" hidden aria-hidden="true"><span class="sprite"></span><span class="map-card-text"></span></div>
</div>
<p class="map-status" aria-live="polite"></p>
<ol class="map-list grid"></ol>
"""


def build(matcher: Matcher, sprite_url: str, plotly_url: str) -> gr.HTML:
    """Lay out the tab and wire it; returns the map, whose value are the visitor's own points."""

    words = wording_of(matcher)

    def figure(_: None) -> dict:  # Gradio passes one argument, always
        return json.loads(map_json(matcher))

    def neighbours(index: int) -> list[dict]:
        if not isinstance(index, int) or not 0 <= index < len(matcher.gallery):
            return []
        return [answers.neighbour_value(matcher, n) for n in matcher.neighbours_of(index, LINKED)]

    with gr.Row(elem_classes="mapping"):
        with gr.Column(min_width=200, scale=0, elem_classes="map-side"):
            canvas = components.canvas(words.own, drawn=words.drawn, elem_id="canvas-map")
            seen = components.seen()
        with gr.Column(min_width=280, elem_classes="map-main"):
            # Its value is the visitor's own point, or a hint while there is none.
            view = components.json_html(
                PLOT if words.drawn else PLOT.replace("digit</button>", "class</button>").replace("Digits", "Classes"),
                "siamese.map(element, props, trigger, watch, server)",
                elem_id="map",
                sprite=components.sheet(sprite_url, matcher.input),
                label=words.label,
                named=words.named,
                plotly=plotly_url,
                server_functions=[figure, neighbours],
            )
    gr.Markdown(
        "t-SNE keeps neighbourhoods, not distances: points that lie together are alike, but how far apart two "
        "clusters lie, or how wide one is, means nothing.",
        elem_classes="fine",
    )

    def locate(drawing: str | None) -> tuple:
        return tuple(map(components.to_json, own_point(matcher, components.picture_of(drawing))))

    canvas.change(
        locate, canvas, [view, seen], trigger_mode="always_last", show_progress="hidden", api_visibility="private"
    )
    return view


def own_point(matcher: Matcher, picture: bytes | None) -> tuple[dict, dict | None]:
    """A drawing's values of the map (its place in each projection, and its neighbours) and of `seen`."""
    ((query, problem),) = answers.encode(matcher, picture)
    if query is None:
        return {"hint": problem}, None
    found = matcher.neighbours(query, LINKED)
    value = place_of(matcher, query) | {
        "neighbours": [answers.neighbour_value(matcher, neighbour) for neighbour in found],
        "words": f"{wording_of(matcher).own}: its nearest in the original space",
    }
    return value, answers.seen_value(matcher, query)


def own_points(matcher: Matcher, named: Sequence[tuple[str, Query]]) -> dict:
    """A whole set's value of the map: the place of each picture in each projection, and its name."""
    points = [{"name": name} | place_of(matcher, query) for name, query in named]
    return {"points": points, "words": f"{len(points)} pictures of your set"}


def place_of(matcher: Matcher, query: Query) -> dict:
    """The place of a picture in each projection: "xy" by t-SNE, "pca" by principal components."""
    found = matcher.neighbours(query, LINKED)
    distances = np.array([neighbour.distance for neighbour in found])
    pca = place(components_of(matcher)[[neighbour.index for neighbour in found]], distances)
    return {"xy": matcher.locate(query), "pca": pca}


@lru_cache(maxsize=8)
def components_of(matcher: Matcher) -> np.ndarray:
    """(N, 3) the gallery's first three principal components."""
    return principal_components(matcher.gallery.embeddings)


@lru_cache(maxsize=8)
def map_json(matcher: Matcher) -> str:
    """The figure as plotly's JSON: one trace for each label (one for all where there are many), and in `layout.meta` what the page needs besides."""
    import plotly.graph_objects as go

    gallery = matcher.gallery
    figure = go.Figure()
    colours = colours_of(gallery.xy, gallery.labels, len(matcher.labels))
    apart = len(matcher.labels) <= MOST_TRACES
    groups = [np.flatnonzero(gallery.labels == label) for label in range(len(matcher.labels))]
    for label, members in enumerate(groups if apart else [np.arange(len(gallery))]):
        figure.add_scattergl(
            x=gallery.xy[members, 0],
            y=gallery.xy[members, 1],
            customdata=members.astype(np.uint16),
            name=matcher.labels[label] if apart else "",
            mode="markers",
            marker={"size": 4.5, "opacity": 0.8, "color": DIGITS[colours[label]]},
            hoverinfo="none",
        )
    pca = components_of(matcher)
    figure.update_layout(
        template="none",
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=False,
        hovermode="closest",
        hoverdistance=12,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, sans-serif"},
        meta={
            "count": len(gallery),
            "names": matcher.labels,
            "labels": gallery.labels.astype(np.int32),
            "colours": colours,
            "px": pca[:, 0],
            "py": pca[:, 1],
            "pz": pca[:, 2],
            "wrong": misread(matcher).astype(np.uint8),
        },
    )
    return figure.to_json()


def misread(matcher: Matcher, k: int = 5) -> np.ndarray:
    """(N,) whether each gallery picture's k nearest others vote for another label than its own."""
    labels = matcher.gallery.labels
    return leave_one_out_vote(matcher.gallery.embeddings, labels, k) != labels


def plotly_js() -> Path:
    """plotly.js as the `plotly` package brings it."""
    import plotly

    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
