"""The Compare tab: two drawings, and whether they show the same symbol."""

from __future__ import annotations

from functools import lru_cache

import gradio as gr
import numpy as np

from siamese.matcher import Matcher
from siamese.ui import answers, components

# How far from the threshold an example of an error should lie, so that it stays one when the canvas redraws it.
CLEAR = (0.7, 1.25)
AT_ONCE = 20  # answers in the making: enough that no process of the crowd waits for the next
EXAMPLES = ("Two different 4s", "A 4 and a 9", "A 1 and a crossed 7", "Same, but missed", "Different, but fooled")


def build(matcher: Matcher) -> None:
    """Lay out the tab and wire it."""
    gr.Markdown(
        "Draw a symbol in each square, or upload two pictures. The answer follows each stroke.", elem_classes="lead"
    )
    with gr.Row(elem_classes="compare"):
        with gr.Column(min_width=120, elem_classes="compare-a"):
            first = components.Canvas("First symbol", elem_id="canvas-a")
            first_seen = components.seen()
        with gr.Column(min_width=120, elem_classes="compare-verdict"):
            verdict = components.verdict(matcher.bundle.metrics["validation distances"], matcher.threshold)
        with gr.Column(min_width=120, elem_classes="compare-b"):
            second = components.Canvas("Second symbol", elem_id="canvas-b")
            second_seen = components.seen()
    where = gr.Checkbox(False, label="Show where they differ", elem_id="where", container=False)
    gr.Markdown("Try one:", elem_classes="try")
    with gr.Row(elem_classes="examples"):
        buttons = [gr.Button(name, size="sm", variant="secondary", min_width=80) for name in EXAMPLES]

    def answer(a: bytes | None, b: bytes | None, marked: bool) -> tuple[dict, dict | None, dict | None]:
        return compare(matcher, a, b, marked)

    gr.on(
        [first.change, second.change, where.change],
        answer,
        [first, second, where],
        [verdict, first_seen, second_seen],
        trigger_mode="always_last",
        concurrency_limit=AT_ONCE,
        show_progress="hidden",
        api_visibility="private",
    )
    for number, button in enumerate(buttons):

        def show(marked: bool, number: int = number) -> tuple:
            a, b = example(matcher, number)
            return a, b, *compare(matcher, a, b, marked)

        button.click(
            show,
            [where],
            [first, second, verdict, first_seen, second_seen],
            show_progress="hidden",
            api_visibility="private",
        )


def compare(
    matcher: Matcher, a: bytes | np.ndarray | None, b: bytes | np.ndarray | None, marked: bool
) -> tuple[dict, dict | None, dict | None]:
    """(verdict, what was seen of the first, of the second), each as its component shows it."""
    (first, wrong_a), (second, wrong_b) = answers.read(matcher, a, b)
    seen = [answers.seen_value(matcher, symbol) for symbol in (first, second)]
    if wrong_a or wrong_b:
        return {"error": wrong_a or wrong_b}, *seen
    if first is None or second is None:
        return {"hint": "Draw a symbol in each square" if first is second else "Now draw the other one"}, *seen
    comparison = matcher.compare(first, second)
    if marked:
        for value, heat in zip(seen, matcher.differences(first, second), strict=True):
            value["heat"] = components.encoded(heat)
    return answers.api_comparison(matcher, comparison) | {"words": answers.in_words(comparison)}, *seen


@lru_cache(maxsize=2 * len(EXAMPLES))
def example(matcher: Matcher, number: int) -> tuple[np.ndarray, np.ndarray]:
    """The ink of an example pair, found in the gallery by what it is an example of."""
    gallery = matcher.gallery
    if number == 0:  # the two most unlike 4s that are still called the same
        a, b, d = _pairs(matcher, 4, 4)
        best = np.where(d < 0.9 * matcher.threshold, d, -1).argmax()
    elif number in (1, 2):  # typical ones; a crossed 7 has ink in the middle left of its stem
        a, b, d = _pairs(matcher, *((4, 9) if number == 1 else (1, 7)))
        typical = -np.abs(d - np.median(d))
        if number == 2:
            crossed = gallery.images[b][:, 13:17, 7:11].astype(np.float32).mean(axis=(1, 2))
            typical = crossed / 255 - np.abs(d - np.median(d))
        best = typical.argmax()
    elif number == 3:
        a, b, d = _pairs(matcher, 9, 9)
        best = np.where(d > matcher.threshold, -np.abs(d - CLEAR[1] * matcher.threshold), -9).argmax()
    else:
        a, b, d = _pairs(matcher, 4, 9)
        best = np.where(d < matcher.threshold, -np.abs(d - CLEAR[0] * matcher.threshold), -9).argmax()
    return gallery.images[a[best]], gallery.images[b[best]]


def _pairs(matcher: Matcher, first: int, second: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices and distances of all pairs of two labels, a picture with itself left out."""
    labels, embeddings = matcher.gallery.labels, matcher.gallery.embeddings
    a, b = np.flatnonzero(labels == first), np.flatnonzero(labels == second)
    distances = np.sqrt(np.maximum(2 - 2 * embeddings[a] @ embeddings[b].T, 0))
    rows, columns = np.nonzero(a[:, None] != b[None])
    return a[rows], b[columns], distances[rows, columns]
