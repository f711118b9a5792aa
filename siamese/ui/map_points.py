"""The points of the map: a sample of the gallery, what a visitor selects besides, and pictures of their own.

Up to `MAP_POINTS` pictures the sample is the whole gallery. All indices are those of the gallery.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeGuard

import numpy as np

from siamese.matcher import Matcher, Query
from siamese.retrieval.projection import place, principal_components
from siamese.retrieval.search import leave_one_out_vote, vote
from siamese.ui import answers
from siamese.ui.label_colours import colours_of
from siamese.ui.theme import DIGITS
from siamese.ui.wording import wording_of

MOST_TRACES = 40  # labels with a trace of their own; more would draw slowly
PLACED = 12  # neighbours that place a picture among the principal components
VOTERS = 5  # neighbours that say whether a picture is misread
MOST_NEIGHBOURS = 50  # that the page can ask for
SMALL = 65_536  # pictures, whose indices two bytes hold


@lru_cache(maxsize=8)
def map_json(matcher: Matcher) -> str:
    """The figure as plotly's JSON: one trace for each label (one for all where there are many), and in `layout.meta` what the page needs besides."""
    import plotly.graph_objects as go

    gallery, names = matcher.gallery, matcher.labels
    sample = gallery.sample
    labels, xy = gallery.labels[sample], gallery.xy[sample]
    figure = go.Figure()
    colours = colours_of(xy, labels, len(names))
    apart = len(names) <= MOST_TRACES
    groups = [np.flatnonzero(labels == label) for label in range(len(names))] if apart else [np.arange(len(sample))]
    for label, members in enumerate(groups):
        figure.add_scattergl(
            x=xy[members, 0],
            y=xy[members, 1],
            customdata=sample[members].astype(np.uint16 if len(gallery) <= SMALL else np.uint32),
            name=names[label] if apart else "",
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
        meta={  # arrays are of the sample, in the order of its indices
            "count": len(gallery),
            "names": names,
            "counts": np.bincount(gallery.labels, minlength=len(names)).tolist(),
            "labels": labels.astype(np.int32),
            "colours": colours,
            "px": pca[:, 0],
            "py": pca[:, 1],
            "pz": pca[:, 2],
        },
    )
    return figure.to_json()


@lru_cache(maxsize=8)
def components_of(matcher: Matcher) -> np.ndarray:
    """(S, 3) the first three principal components of the sample."""
    return principal_components(matcher.gallery.rows(matcher.gallery.sample))


@lru_cache(maxsize=8)
def misread(matcher: Matcher) -> np.ndarray:
    """(S,) whether the nearest others in the sample of each of its pictures vote for another label than its own."""
    gallery = matcher.gallery
    labels = gallery.labels[gallery.sample]
    return leave_one_out_vote(gallery.rows(gallery.sample), labels, VOTERS) != labels


def own_points(matcher: Matcher, named: Sequence[tuple[str, Query]], words: str = "{} pictures of your set") -> dict:
    """A whole set's value of the map: the place of each picture in each projection, and its name; `words` tell how many."""
    points = [{"name": name} | place_of(matcher, query) for name, query in named]
    return {"points": points, "words": words.format(len(points))}


def place_of(matcher: Matcher, query: Query) -> dict:
    """The place of a picture in each projection: "xy" by t-SNE, "pca" by principal components."""
    sample = matcher.gallery.sample
    found = matcher.neighbours(query, PLACED, sample if len(sample) < len(matcher.gallery) else None)
    indices, distances = (np.array([getattr(neighbour, name) for neighbour in found]) for name in ("index", "distance"))
    return {"xy": matcher.locate(query), "pca": _component_place(matcher, indices, distances)}


def neighbours_value(matcher: Matcher, asked: object) -> list[dict]:
    """The neighbours of a picture of the gallery, nearest first.

    Args:
        matcher: finds them.
        asked: what the page sends: the picture's index, and how many neighbours, from 1 to `MOST_NEIGHBOURS`. What is no such
            pair gets none.
    """
    if not _indices(asked, 2):
        return []
    index, k = asked
    if not 0 <= index < len(matcher.gallery) or not 1 <= k <= MOST_NEIGHBOURS:
        return []
    return [answers.neighbour_value(matcher, neighbour) for neighbour in matcher.neighbours_of(index, k)]


def points_value(matcher: Matcher, asked: object) -> list[dict]:
    """Pictures of the gallery that the sample leaves out, as points: index, label, "xy" and "pca" places, and "wrong",
    whether their nearest in the sample vote for another label.

    Args:
        matcher: has the gallery.
        asked: what the page sends: their indices, at most `MOST_NEIGHBOURS` + 1. Anything else gets none.
    """
    gallery = matcher.gallery
    if not _indices(asked) or not all(0 <= index < len(gallery) for index in asked):
        return []
    distances, found = gallery.search(gallery.rows(asked), PLACED, gallery.sample)
    wrong = vote(gallery.labels[found[:, :VOTERS]]) != gallery.labels[asked]
    return [
        {
            "index": index,
            "label": int(gallery.labels[index]),
            "xy": gallery.xy[index].tolist(),
            "pca": _component_place(matcher, found[row], distances[row]),
            "wrong": bool(wrong[row]),
        }
        for row, index in enumerate(asked)
    ]


def sample_words(matcher: Matcher) -> str:
    """How much of the gallery the map shows; empty where it shows all of it."""
    shown, count = len(matcher.gallery.sample), len(matcher.gallery)
    if shown == count:
        return ""
    label = wording_of(matcher).label
    return (
        f"It shows {shown:,} of {count:,} pictures, of each {label} its share, and whatever you select besides. Any of them is "
        "found by its index."
    )


def _component_place(matcher: Matcher, indices: np.ndarray, distances: np.ndarray) -> tuple[float, ...]:
    """A place among the principal components, by neighbours in the sample: their indices and distances, nearest first."""
    return place(components_of(matcher)[np.searchsorted(matcher.gallery.sample, indices)], distances)


def _indices(asked: object, count: int | None = None) -> TypeGuard[list[int]]:
    """Whether the page sent a list of whole numbers: so many, or else 1 to `MOST_NEIGHBOURS` + 1."""
    if not isinstance(asked, list) or not all(type(number) is int for number in asked):
        return False
    return len(asked) == count if count else 1 <= len(asked) <= MOST_NEIGHBOURS + 1
