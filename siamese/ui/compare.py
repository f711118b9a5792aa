"""The Compare tab: two drawings, and whether they show the same symbol."""

from __future__ import annotations

from functools import lru_cache

import gradio as gr
import numpy as np

from siamese.matcher import Matcher, Picture
from siamese.retrieval.distances import distance_of
from siamese.ui import answers, components
from siamese.ui.examples import pictures_of, telling_pairs
from siamese.ui.glossary import linked
from siamese.ui.links import press, pressed
from siamese.ui.wording import wording_of

# How far from the threshold an example of an error should lie, so that it stays one when the canvas redraws it.
CLEAR = (0.7, 1.25)
CURVE = np.linspace(0, 2, 201)  # distances at which the page has the calibration curve
AT_ONCE = 20  # answers at the same time: enough to keep every process of the worker pool busy
EXAMPLES = ("Two different 4s", "A 4 and a 9", "A 1 and a crossed 7", "Same, but missed", "Different, but fooled")
EXAMPLE_DIGITS = "1479"  # that the examples are of


def build(matcher: Matcher) -> None:
    """Lay out the tab and wire it."""
    words = wording_of(matcher)
    gr.Markdown(linked(words.compare_lead), elem_classes="lead")
    with gr.Row(elem_classes="compare"):
        with gr.Column(min_width=120, elem_classes="compare-a"):
            first = components.canvas(words.pads[0], drawn=words.drawn, elem_id="canvas-a")
            first_seen = components.seen()
        with gr.Column(min_width=120, elem_classes="compare-verdict"):
            distances = matcher.bundle.measurements.curves.validation_distances
            verdict = components.verdict(distances, matcher.threshold, words)
        with gr.Column(min_width=120, elem_classes="compare-b"):
            second = components.canvas(words.pads[1], drawn=words.drawn, elem_id="canvas-b")
            second_seen = components.seen()
    decision = components.decision(matcher.calibration.probability(CURVE).tolist(), words)
    where = gr.Checkbox(False, label="Show where they differ", elem_id="where", container=False)
    names = examples(matcher)
    gr.Markdown("Try one:" if names else "", elem_classes="try")
    with gr.Row(elem_classes="examples"):
        buttons = [
            gr.Button(name, size="sm", variant="secondary", min_width=80, elem_id=f"example-{number}")
            for number, name in enumerate(names, start=1)
        ]
    press("example", {str(number): button for number, button in enumerate(buttons, start=1)})

    def answer(a: str | None, b: str | None, marked: bool) -> list[str | None]:
        picture_a, picture_b = components.picture_of(a), components.picture_of(b)
        return [components.to_json(value) for value in compare(matcher, picture_a, picture_b, marked)]

    gr.on(
        [first.input, second.input, where.input],
        answer,
        [first, second, where],
        [verdict, first_seen, second_seen, decision],
        trigger_mode="always_last",
        concurrency_limit=AT_ONCE,
        show_progress="hidden",
        api_visibility="private",
    )
    for number, button in enumerate(buttons):

        def show(marked: bool, number: int = number) -> tuple:
            a, b, *urls = shown_example(matcher, number)
            values = compare(matcher, a, b, marked)
            return *urls, *map(components.to_json, values)

        button.click(
            show,
            [where],
            [first, second, verdict, first_seen, second_seen, decision],
            js=pressed("example", str(number + 1)),
            show_progress="hidden",
            api_visibility="private",
        )


def compare(
    matcher: Matcher, a: Picture | None, b: Picture | None, marked: bool
) -> tuple[dict, dict | None, dict | None, dict]:
    """Compare two pictures.

    Args:
        matcher: compares them.
        a: the first picture: a file, a picture, or None while the canvas is blank.
        b: the second picture, likewise.
        marked: whether to show where the two differ.

    Returns:
        The values of `verdict`, of `seen` for the first and the second picture, and of `decision`.
    """
    words = wording_of(matcher)
    (first, problem_a), (second, problem_b) = answers.encode(matcher, a, b)
    seen_a = None if first is None else answers.seen_value(matcher, first)
    seen_b = None if second is None else answers.seen_value(matcher, second)
    if problem_a or problem_b:
        return {"error": problem_a or problem_b}, seen_a, seen_b, answers.decision_value(first, second)
    if first is None or second is None:
        hint = words.both if first is second else words.other
        return {"hint": hint}, seen_a, seen_b, answers.decision_value(first, second)
    comparison = matcher.compare(first, second)
    if marked and seen_a and seen_b:
        seen_a["heat"], seen_b["heat"] = map(components.base64_of, matcher.differences(first, second))
    verdict = answers.comparison_value(matcher, comparison) | {"words": answers.verdict_words(comparison, words)}
    return verdict, seen_a, seen_b, answers.decision_value(first, second, comparison)


def has_digits(matcher: Matcher) -> bool:
    """Whether a gallery has what `EXAMPLES` show: two pictures of each of their digits. One of other symbols has not."""
    counts = dict(zip(matcher.labels, np.bincount(matcher.gallery.labels, minlength=len(matcher.labels)), strict=True))
    return matcher.input.kind == "ink" and all(counts.get(digit, 0) > 1 for digit in EXAMPLE_DIGITS)


def examples(matcher: Matcher) -> tuple[str, ...]:
    """The words of the examples' buttons."""
    return EXAMPLES if has_digits(matcher) else tuple(telling_pairs(matcher))


def shown_example(matcher: Matcher, number: int) -> tuple[Picture, Picture, str, str]:
    """The pair of an example's button: both pictures, and what the pads show of them."""
    a: Picture
    b: Picture
    if has_digits(matcher):
        a, b = shown = example(matcher, number)
    else:
        i, j = list(telling_pairs(matcher).values())[number]
        a, b = matcher.gallery_query(i), matcher.gallery_query(j)
        shown = matcher.gallery.images[i], matcher.gallery.images[j]
    first, second = (components.picture_url(pixels, matcher.input) for pixels in shown)
    return a, b, first, second


@lru_cache(maxsize=2 * len(EXAMPLES))
def example(matcher: Matcher, number: int) -> tuple[np.ndarray, np.ndarray]:
    """The pair of gallery pictures, each (28, 28) uint8, that is the best example of `EXAMPLES[number]`."""
    gallery = matcher.gallery
    if number == 0:  # the two most unlike 4s that are still called the same
        a, b, d = _pairs(matcher, "4", "4")
        best = np.where(d < 0.9 * matcher.threshold, d, -1).argmax()
    elif number in (1, 2):  # typical ones; a crossed 7 has ink in the middle left of its stem
        a, b, d = _pairs(matcher, *(("4", "9") if number == 1 else ("1", "7")))
        typical = -np.abs(d - np.median(d))
        if number == 2:
            sevens, of_pair = np.unique(b, return_inverse=True)
            crossed = gallery.images[sevens][:, 13:17, 7:11].astype(np.float32).mean(axis=(1, 2))
            typical = crossed[of_pair] / 255 - np.abs(d - np.median(d))
        best = typical.argmax()
    elif number == 3:
        a, b, d = _pairs(matcher, "9", "9")
        best = np.where(d > matcher.threshold, -np.abs(d - CLEAR[1] * matcher.threshold), -9).argmax()
    else:
        a, b, d = _pairs(matcher, "4", "9")
        best = np.where(d < matcher.threshold, -np.abs(d - CLEAR[0] * matcher.threshold), -9).argmax()
    return gallery.images[a[best]], gallery.images[b[best]]


def _pairs(matcher: Matcher, first: str, second: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(first index, second index, distance) of the pairs of two label names, a picture with itself left out."""
    a, b = (pictures_of(matcher, matcher.labels.index(name)) for name in (first, second))
    distances = distance_of(matcher.gallery.rows(a) @ matcher.gallery.rows(b).T)
    rows, columns = np.nonzero(a[:, None] != b[None])
    return a[rows], b[columns], distances[rows, columns]
