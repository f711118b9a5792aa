"""What the tabs and the API say: a matcher's answers as plain values, and errors as one line."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
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


class Memory:
    """The drawings that were read last, each by its matcher and its file."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._symbols: OrderedDict[tuple[Matcher, bytes], Symbol] = OrderedDict()
        self._lock = Lock()

    def get(self, matcher: Matcher, picture: Picture | None) -> Symbol | None:
        with self._lock:
            if not _is_short(picture) or (matcher, picture) not in self._symbols:
                return None
            self._symbols.move_to_end((matcher, picture))
            return self._symbols[matcher, picture]

    def put(self, matcher: Matcher, picture: Picture, symbol: Symbol) -> None:
        if _is_short(picture):
            with self._lock:
                self._symbols[matcher, picture] = symbol
                self._symbols.move_to_end((matcher, picture))
                if len(self._symbols) > self.size:
                    self._symbols.popitem(last=False)


def _is_short(picture: Picture | None) -> bool:
    return isinstance(picture, bytes) and len(picture) <= LARGEST_REMEMBERED


memory = Memory(REMEMBERED)


def read(matcher: Matcher, *pictures: Picture | None) -> list[tuple[Symbol | None, str]]:
    """(symbol, why there is none) of each: a blank canvas, which is None, is no error.

    What is not remembered is read together, which takes less, and if one of them cannot be read, one by one.
    """
    found = [(memory.get(matcher, picture), "") for picture in pictures]
    unread = [at for at, (symbol, _) in enumerate(found) if symbol is None and pictures[at] is not None]
    for at, answer in zip(unread, _read_now(matcher, [pictures[at] for at in unread]), strict=True):
        found[at] = answer
        if answer[0]:
            memory.put(matcher, pictures[at], answer[0])
    return found


def _read_now(matcher: Matcher, pictures: list[Picture]) -> list[tuple[Symbol | None, str]]:
    try:
        return [(symbol, "") for symbol in matcher.read_all(pictures)]
    except ValueError as error:
        if len(pictures) == 1:
            return [(None, str(error))]
        return [answer for picture in pictures for answer in _read_now(matcher, [picture])]


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
