"""The HTTP endpoints: plain picture files in, plain JSON out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import gradio as gr

from siamese.inputs.decode import pixels_of
from siamese.matcher import Matcher
from siamese.ui import answers

MOST_NEIGHBOURS = 100
MOST_EXAMPLES = 100
MOST_PIXELS = 100_000_000  # of a request's examples together


def build(matcher: Matcher, prefix: str = "", model: str = "") -> None:
    """Register /compare, /neighbours, /locate and /recognise. Their components are not shown.

    Args:
        matcher: that answers.
        prefix: of the names, where an app has several models: "groceries_" for /groceries_compare.
        model: that the documentation names; empty where there is but one.
    """

    @answers.show_errors
    def compare(first: str, second: str) -> dict:
        """Whether two pictures show the same thing.

        Returns probability (calibrated), distance (of the embeddings, 0 to 2), same (whether the distance is at most
        the threshold) and threshold; also note, if a picture looks like nothing in the gallery.
        """
        return answers.comparison_value(matcher, matcher.compare(given(first), given(second)))

    @answers.show_errors
    def neighbours(picture: str, k: float = 10) -> list[dict]:
        """The k pictures of the gallery that are nearest to a picture, nearest first (k from 1 to 100).

        Returns a list with, for each, index (of the gallery picture), label (its number), name (of the label),
        distance (of the embeddings, 0 to 2) and probability (calibrated, that both show the same thing).
        """
        count = whole(k)
        return [answers.neighbour_value(matcher, n) for n in matcher.neighbours(given(picture), count)]

    @answers.show_errors
    def locate(picture: str) -> dict:
        """Where a picture stands on the map: x and y, from -1 to 1."""
        x, y = matcher.locate(given(picture))
        return {"x": x, "y": y}

    @answers.show_errors
    def recognise(support: list[str], labels: list[str], query: str) -> dict:
        """Name a picture from labelled examples, one file and one label each, in the same order.

        Returns label (the most probable one, null for none of them), probabilities (of each label), none (the
        probability of none of them), support (index of the most probable label's nearest example) and distance (to
        that example).
        """
        if not isinstance(labels, list) or len(labels) != len(support or []) or not labels:
            raise ValueError("Send one label for each support picture, in the same order.")
        if len(labels) > MOST_EXAMPLES:
            raise ValueError(f"At most {MOST_EXAMPLES} support pictures can be sent.")
        examples = [given(picture) for picture in support]
        pixels = sum(map(pixels_of, examples))
        if pixels > MOST_PIXELS:
            raise ValueError(
                f"The support pictures have {pixels / 10**6:.0f} million pixels together; at most "
                f"{MOST_PIXELS // 10**6} million can be sent. Send smaller ones."
            )
        try:
            found = matcher.recognise(list(zip(map(str, labels), examples, strict=True)), given(query))
        except ValueError as error:
            raise ValueError(f"{failing(matcher, labels, examples) or 'The query'}: {error}") from error
        return asdict(found)

    with gr.Row(visible=False):
        support, labels = gr.File(label="support pictures", file_count="multiple"), gr.JSON(label="labels")
        first, second = gr.File(label="first picture"), gr.File(label="second picture")
        k = gr.Number(10, label="k")
        answer, trigger = gr.JSON(label="answer"), gr.Button()

    def register(function: Callable, inputs: list, limit: int | Literal["default"] = "default") -> None:
        description = f"Model: {model}. {function.__doc__}" if model else None
        name = f"{prefix}{function.__name__}"
        trigger.click(function, inputs, answer, api_name=name, api_description=description, concurrency_limit=limit)

    for function, inputs in ((compare, [first, second]), (neighbours, [first, k]), (locate, [first])):
        register(function, inputs)
    register(recognise, [support, labels, first], limit=2)  # one request may hold a hundred pictures


def whole(k: object) -> int:
    """The number of neighbours that was asked for.

    Raises:
        ValueError: it is no whole number from 1 to `MOST_NEIGHBOURS`.
    """
    if isinstance(k, bool) or not isinstance(k, int | float) or k != k // 1:
        raise ValueError(f"k must be a whole number, got {str(k)[:40]}.")
    if not 1 <= k <= MOST_NEIGHBOURS:
        raise ValueError(f"k goes from 1 to {MOST_NEIGHBOURS}, got {k:g}.")
    return int(k)


def failing(matcher: Matcher, labels: list, support: list[Path]) -> str:
    """Which example cannot be read or is blank, by its number and label; empty where all can be read."""
    for number, (label, picture) in enumerate(zip(labels, support, strict=True), start=1):
        try:
            matcher.examples([picture])
        except ValueError:
            return f"Support picture {number} ({str(label)[:60]!r})"
    return ""


def given(path: str | None) -> Path:
    """The path of a picture that was sent; no longer of Gradio's own type, which a worker process would import it all for.

    Raises:
        ValueError: none was, or it was deleted since.
    """
    if not path:
        raise ValueError("No picture was sent. Send an image file.")
    if not Path(path).is_file():
        raise ValueError("The picture is no longer here. Upload it again.")
    return Path(path)
