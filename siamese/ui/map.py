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
from siamese.ui import answers, components, glossary
from siamese.ui.label_colours import colours_of
from siamese.ui.markup import MAP
from siamese.ui.static_files import on_demand
from siamese.ui.theme import DIGITS
from siamese.ui.wording import wording_of

MOST_TRACES = 40  # labels with a trace of their own; more would draw slowly
PLACED = 12  # neighbours that place a picture among the principal components
MOST_NEIGHBOURS = 50  # that the page can ask for
FILES = (
    "map_camera.js",
    "map_controls.js",
    "map_csv.js",
    "map_figure.js",
    "map_geometry.js",
    "map_list.js",
    "map_moves.js",
    "map_names.js",
    "map_overlay.js",
    "map_pictures.js",
    "map_pointer.js",
    "map_search.js",
    "map_state.js",
    "map.js",
)
SMALL = 65_536  # pictures, whose indices two bytes hold


def build(matcher: Matcher, sprite_url: str, plotly_url: str) -> gr.HTML:
    """Lay out the tab and wire it; returns the map, whose value are the visitor's own points."""

    words = wording_of(matcher)

    def figure(_: None) -> dict:  # Gradio passes one argument, always
        return json.loads(map_json(matcher))

    def neighbours(asked: list) -> list[dict]:
        return neighbours_value(matcher, asked)

    def wrong(_: None) -> list[int]:
        return misread(matcher).astype(int).tolist()

    with gr.Row(elem_classes="mapping"):
        with gr.Column(min_width=280, elem_classes="map-main"):
            # Its value is the visitor's own point, or a hint while there is none.
            view = components.json_html(
                MAP.replace("LABELS", words.labels).replace("LABEL", words.label),
                "siamese.map(element, props, trigger, watch, server)",
                head=on_demand(*FILES),
                elem_id="map",
                sprite=components.sheet(sprite_url, matcher.input),
                label=words.label,
                named=words.named,
                plotly=plotly_url,
                server_functions=[figure, neighbours, wrong],
            )
        with gr.Column(min_width=200, scale=0, elem_classes="map-side"):
            canvas = components.canvas(words.own, drawn=words.drawn, elem_id="canvas-map")
            seen = components.seen()
    gr.Markdown(
        glossary.linked(
            "Each point is a picture of the gallery, placed by its embedding. t-SNE keeps neighbourhoods, not distances: "
            "points that lie together are alike, but how far apart two clusters lie, or how wide one is, means nothing. "
            "PCA shows the directions in which the embeddings vary most."
        ),
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
    found = matcher.neighbours(query, MOST_NEIGHBOURS)
    value = place_of(matcher, query) | {
        "neighbours": [answers.neighbour_value(matcher, neighbour) for neighbour in found],
        "words": f"{wording_of(matcher).own}: its nearest in the original space",
    }
    return value, answers.seen_value(matcher, query)


def own_points(matcher: Matcher, named: Sequence[tuple[str, Query]], words: str = "{} pictures of your set") -> dict:
    """A whole set's value of the map: the place of each picture in each projection, and its name; `words` tell how many."""
    points = [{"name": name} | place_of(matcher, query) for name, query in named]
    return {"points": points, "words": words.format(len(points))}


def neighbours_value(matcher: Matcher, asked: object) -> list[dict]:
    """The neighbours of a picture of the gallery, nearest first.

    Args:
        matcher: finds them.
        asked: what the page sends: the picture's index, and how many neighbours, from 1 to `MOST_NEIGHBOURS`. What is no such
            pair gets none.
    """
    if not isinstance(asked, list) or len(asked) != 2 or not all(type(number) is int for number in asked):
        return []
    index, k = asked
    if not 0 <= index < len(matcher.gallery) or not 1 <= k <= MOST_NEIGHBOURS:
        return []
    return [answers.neighbour_value(matcher, neighbour) for neighbour in matcher.neighbours_of(index, k)]


def place_of(matcher: Matcher, query: Query) -> dict:
    """The place of a picture in each projection: "xy" by t-SNE, "pca" by principal components."""
    found = matcher.neighbours(query, PLACED)
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
            customdata=members.astype(np.uint16 if len(gallery) <= SMALL else np.uint32),
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
        },
    )
    return figure.to_json()


@lru_cache(maxsize=8)
def misread(matcher: Matcher, k: int = 5) -> np.ndarray:
    """(N,) whether each gallery picture's k nearest others vote for another label than its own."""
    labels = matcher.gallery.labels
    return leave_one_out_vote(matcher.gallery.embeddings, labels, k) != labels


def plotly_js() -> Path:
    """plotly.js as the `plotly` package brings it."""
    import plotly

    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
