"""What the tabs and the API return: a matcher's answers as plain values for JSON, and errors as one line."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache

from siamese.matcher import Matcher, Picture
from siamese.retrieval.results import Comparison, Neighbour, Query
from siamese.retrieval.search import vote
from siamese.ui.components import base64_of, pixels_value
from siamese.ui.wording import Wording, wording_of

log = logging.getLogger(__name__)

VOTERS = 10  # neighbours that vote on what a drawing shows


def show_errors(function: Callable) -> Callable:
    """Tell a visitor in one line what is wrong with their input, without a trace in the log."""

    @wraps(function)
    def wrapper(*args: Any) -> Any:
        try:
            return function(*args)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return wrapper


def downloadable(name: str, text: str) -> str:
    """The path of a text that a visitor can download; Gradio deletes it with the rest of its cache.

    Raises:
        gr.Error: the disk is full.
    """
    try:
        return save_bytes_to_cache(text.encode("utf-8"), name, gr.utils.get_upload_folder())
    except OSError as error:
        log.warning("A file for a visitor could not be written: %s", error)
        raise gr.Error("There is no room for files just now. Try again in an hour.", print_exception=False) from error


def encode(matcher: Matcher, *pictures: Picture | None) -> list[tuple[Query | None, str]]:
    """Encode the pictures of a tab. All further answers are computed from the queries.

    They are encoded together, which is faster, and one by one only if one of them cannot be encoded.

    Args:
        matcher: encodes them.
        pictures: None is a blank canvas, which is no error.

    Returns:
        (query, problem) of each picture. A query is None where the picture is blank or cannot be encoded; the
        problem says why it cannot, and is empty otherwise.
    """
    given = [picture for picture in pictures if picture is not None]
    encoded = iter(_encode_given(matcher, given))
    return [(None, "") if picture is None else next(encoded) for picture in pictures]


def _encode_given(matcher: Matcher, pictures: list[Picture]) -> list[tuple[Query | None, str]]:
    if not pictures:
        return []
    try:
        return [(query, "") for query in matcher.encode_all(pictures)]
    except ValueError as error:
        if len(pictures) == 1:
            return [(None, str(error))]
        return [answer for picture in pictures for answer in _encode_given(matcher, [picture])]


def majority(neighbours: Sequence[Neighbour]) -> int:
    """The label that most neighbours have; of several, the one that stands nearest."""
    return int(vote([neighbour.label for neighbour in neighbours]))


def verdict_words(comparison: Comparison, words: Wording) -> str:
    """The verdict in words, which are the stronger the further the probability is from one half."""
    if comparison.probability >= 0.97:
        return words.verdicts[0]
    if comparison.probability >= 0.8:
        return words.verdicts[1]
    if comparison.same:
        return words.verdicts[2]
    if comparison.probability > 0.2:
        return words.verdicts[3]
    if comparison.probability > 0.03:
        return words.verdicts[4]
    return words.verdicts[5]


def seen_value(matcher: Matcher, query: Query) -> dict:
    """The pixels that the network sees of a picture, and how its neighbours classify it."""
    neighbours = matcher.neighbours(query, VOTERS)
    label = majority(neighbours)
    count = sum(neighbour.label == label for neighbour in neighbours)
    name, wording = matcher.labels[label], wording_of(matcher)
    reads = wording.reads_as.format(name)
    if matcher.is_novel(query):
        words = f"like nothing in the gallery; nearest to {wording.named.format(name)}"
    elif count == len(neighbours):
        words = reads
    else:
        words = f"{reads} by {count} of {len(neighbours)} neighbours"
    return pixels_value(query.pixels, matcher.input) | {"words": words, "name": name}


def neighbour_value(matcher: Matcher, neighbour: Neighbour) -> dict:
    """A neighbour as the page and the API get it."""
    return {
        "index": neighbour.index,
        "label": neighbour.label,
        "name": matcher.labels[neighbour.label],
        "distance": round(neighbour.distance, 6),
        "probability": round(neighbour.probability, 6),
    }


def comparison_value(matcher: Matcher, comparison: Comparison) -> dict:
    """A comparison as the page and the API get it; "note" is there only if there is one."""
    answer = {
        "probability": round(comparison.probability, 6),
        "distance": round(comparison.distance, 6),
        "same": comparison.same,
        "threshold": matcher.threshold,
    }
    return answer | ({"note": comparison.note} if comparison.note else {})


def decision_value(first: Query | None, second: Query | None, comparison: Comparison | None = None) -> dict:
    """What "How it decides" shows of a pair: embeddings as shares of the largest number in them, in 8 bits each."""
    embeddings = [query.embedding for query in (first, second) if query]
    largest = max((float(np.abs(embedding).max()) for embedding in embeddings), default=1.0)
    value: dict = {"largest": largest}
    for name, query in (("first", first), ("second", second)):
        if query:
            value[name] = base64_of(np.rint(query.embedding / largest * 127).astype(np.int8))
    if comparison:
        value |= {"distance": comparison.distance, "probability": comparison.probability}
    return value


def votes_value(matcher: Matcher, neighbours: Sequence[Neighbour], novel: bool) -> dict:
    """How the neighbours vote, for the bars.

    Args:
        matcher: has the labels' names.
        neighbours: that vote, nearest first; at least one.
        novel: whether the query looks like nothing in the gallery; the words then say so.

    Returns:
        "words", and "rows": {label, name, count, share} of each label that got a vote, most votes first.
    """
    counts = Counter(neighbour.label for neighbour in neighbours)
    winner = majority(neighbours)
    words = f"{counts[winner]} of {len(neighbours)} say {matcher.labels[winner]}"
    if novel:
        words += ", but it looks like nothing in the gallery"
    rows = [
        {"label": label, "name": matcher.labels[label], "count": count, "share": round(count / len(neighbours), 3)}
        for label, count in counts.most_common()
    ]
    return {"words": words, "rows": rows}
