"""What the tabs and the API say: a matcher's answers as plain values, and errors as one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

from siamese.matcher import Comparison, Matcher, Neighbour, Picture, Symbol, vote
from siamese.ui.components import encoded

VOTERS = 10  # neighbours that vote on how a drawing reads
REMEMBERED = 256  # drawings; a stroke changes one of those on the page, and the others need not be read again
LARGEST_REMEMBERED = 50_000  # bytes of a drawing's file; one takes about 6,000, a photograph more


def told(function: Callable) -> Callable:
    """Tell a visitor what is wrong with their input, in one line, without a trace in the log."""

    @wraps(function)
    def wrapper(*args: Any) -> Any:
        try:
            return function(*args)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return wrapper


def downloadable(name: str, text: str) -> str:
    """The path of a text that a visitor can download; Gradio deletes it with the rest of its cache."""
    return save_bytes_to_cache(text.encode("utf-8"), name, gr.utils.get_upload_folder())


def read(matcher: Matcher, picture: Picture | None) -> tuple[Symbol | None, str]:
    """(symbol, why there is none): a blank canvas, which is None, is no error."""
    if picture is None:
        return None, ""
    short = isinstance(picture, bytes) and len(picture) <= LARGEST_REMEMBERED
    try:
        return _read_again(matcher, picture) if short else matcher.read(picture), ""
    except ValueError as error:
        return None, str(error)


@lru_cache(maxsize=REMEMBERED)
def _read_again(matcher: Matcher, picture: bytes) -> Symbol:
    return matcher.read(picture)


def in_words(comparison: Comparison) -> str:
    """The verdict, as strong as the probability is."""
    if comparison.probability >= 0.97:
        return "The same symbol"
    if comparison.probability >= 0.8:
        return "Probably the same symbol"
    if comparison.same:
        return "More likely the same than not"
    if comparison.probability > 0.2:
        return "More likely different than not"
    if comparison.probability > 0.03:
        return "Probably different symbols"
    return "Different symbols"


def seen_value(matcher: Matcher, symbol: Symbol | None) -> dict | None:
    """What the network saw of a picture, and how its neighbours read it."""
    if symbol is None:
        return None
    neighbours = matcher.neighbours(symbol, VOTERS)
    label = vote(neighbours)
    count = sum(n.label == label for n in neighbours)
    name = matcher.bundle.labels[label]
    if matcher.is_novel(symbol):
        words = f"like nothing in the gallery; nearest to a {name}"
    elif count == VOTERS:
        words = f"reads as a {name}"
    else:
        words = f"reads as a {name} by {count} of {VOTERS} neighbours"
    return {"ink": encoded(symbol.ink), "words": words, "digit": name}


def item(neighbour: Neighbour, odd: bool = False) -> dict:
    return {**api_neighbour(neighbour), "odd": odd}


def api_neighbour(neighbour: Neighbour) -> dict:
    return {
        "index": neighbour.index,
        "label": neighbour.label,
        "distance": round(neighbour.distance, 6),
        "probability": round(neighbour.probability, 6),
    }


def api_comparison(matcher: Matcher, comparison: Comparison) -> dict:
    answer = {
        "probability": round(comparison.probability, 6),
        "distance": round(comparison.distance, 6),
        "same": comparison.same,
        "threshold": matcher.threshold,
    }
    return answer | ({"note": comparison.note} if comparison.note else {})


def votes_value(matcher: Matcher, neighbours: list[Neighbour], novel: bool) -> dict:
    """How the neighbours vote, for the bars."""
    counts = Counter(n.label for n in neighbours)
    winner = vote(neighbours)
    words = f"{counts[winner]} of {len(neighbours)} say {matcher.bundle.labels[winner]}"
    if novel:
        words += ", but it looks like nothing in the gallery"
    rows = [
        {"label": label, "count": count, "share": round(count / len(neighbours), 3)}
        for label, count in counts.most_common()
    ]
    return {"words": words, "rows": rows}
