"""The Map tab: every picture of the gallery as a point, and the visitor's drawing among them."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from siamese.matcher import Matcher
from siamese.ui import answers, components, glossary, map_points
from siamese.ui.markup import MAP
from siamese.ui.static_files import on_demand
from siamese.ui.wording import wording_of

FILES = (
    "map_camera.js",
    "map_controls.js",
    "map_csv.js",
    "map_data.js",
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
READ = "PCA shows the directions in which the embeddings vary most."
READ_TSNE = (
    "t-SNE keeps neighbourhoods, not distances: points that lie together are alike, but how far apart two clusters lie, or "
    "how wide one is, means nothing. "
)
TSNE_BUTTON = ">t-SNE<"


def build(matcher: Matcher, sheet: dict, plotly_url: str) -> gr.HTML:
    """Lay out the tab and wire it.

    Args:
        matcher: has the gallery.
        sheet: where the gallery's pictures are, as `gallery_pictures.sheet_of` tells.
        plotly_url: of plotly's script.

    Returns:
        the map, whose value are the visitor's own points.
    """
    words, tsne = wording_of(matcher), matcher.bundle.measurements.layout != "pca"
    # Where the gallery was laid out by principal components, the first view is no t-SNE.
    markup = MAP if tsne else MAP.replace(TSNE_BUTTON, ">Map<")

    def figure(_: None) -> dict:  # Gradio passes one argument, always
        return json.loads(map_points.map_json(matcher))

    def neighbours(asked: list) -> list[dict]:
        return map_points.neighbours_value(matcher, asked)

    def points(asked: list) -> list[dict]:
        return map_points.points_value(matcher, asked)

    def wrong(_: None) -> list[int]:
        return map_points.misread(matcher).astype(int).tolist()

    with gr.Row(elem_classes="mapping"):
        with gr.Column(min_width=280, elem_classes="map-main"):
            # Its value is the visitor's own point, or a hint while there is none.
            view = components.json_html(
                markup.replace("LABELS", words.labels).replace("LABEL", words.label),
                "siamese.map(element, props, trigger, watch, server)",
                head=on_demand(*FILES),
                elem_id="map",
                sprite=sheet,
                label=words.label,
                named=words.named,
                plotly=plotly_url,
                server_functions=[figure, neighbours, points, wrong],
            )
        with gr.Column(min_width=200, scale=0, elem_classes="map-side"):
            canvas = components.canvas(words.own, drawn=words.drawn, elem_id="canvas-map")
            seen = components.seen()
    explained = (
        "Each point is a picture of the gallery, placed by its embedding.",
        map_points.sample_words(matcher),
        READ_TSNE * tsne + READ,
    )
    gr.Markdown(glossary.linked(" ".join(filter(None, explained))), elem_classes="fine")

    def locate(drawing: str | None) -> tuple:
        return tuple(map(components.to_json, own_point(matcher, components.picture_of(drawing))))

    canvas.input(
        locate, canvas, [view, seen], trigger_mode="always_last", show_progress="hidden", api_visibility="private"
    )
    return view


def own_point(matcher: Matcher, picture: bytes | None) -> tuple[dict, dict | None]:
    """A drawing's values of the map (its place in each projection, and its neighbours) and of `seen`."""
    ((query, problem),) = answers.encode(matcher, picture)
    if query is None:
        return {"hint": problem}, None
    found = matcher.neighbours(query, map_points.MOST_NEIGHBOURS)
    value = map_points.place_of(matcher, query) | {
        "neighbours": [answers.neighbour_value(matcher, neighbour) for neighbour in found],
        "words": f"{wording_of(matcher).own}: its nearest in the original space",
    }
    return value, answers.seen_value(matcher, query)


def plotly_js() -> Path:
    """plotly.js as the `plotly` package brings it."""
    import plotly

    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
