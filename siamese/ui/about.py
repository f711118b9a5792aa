"""The About tab: what was measured, how, which model is served, and how to use it from code."""

from __future__ import annotations

import os

import gradio as gr

from siamese.bundle import card
from siamese.bundle.folder_card import LIMITS, RESULTS, split_words
from siamese.bundle.folder_record import Folder
from siamese.bundle.locating import ships
from siamese.bundle.measurements import Measurements
from siamese.bundle.tables import generalisation_table, results_table
from siamese.matcher import Matcher
from siamese.ui import about_words as words
from siamese.ui import branches, learn
from siamese.ui.glossary import linked
from siamese.ui.naming import escaped

# What to see in each plot, in a line below it.
CAPTIONS = (
    "The farther up on the left, the better: same pairs are accepted while hardly any different ones are.",
    "The nearer to the dotted line, the truer the probabilities.",
    "Same pairs left of the threshold and different ones right of it are told rightly.",
    "Loss and error fall; the active share says how much is left to learn from.",
)


def build(matcher: Matcher, problem: str, prefix: str = "") -> list[gr.HTML | gr.Plot]:
    """Lay out the tab; returns its drawing and its plots, which are made when it is opened.

    Args:
        matcher: that answers.
        problem: why another model is served than was asked for.
        prefix: of the API's names, where the app has several models.
    """
    measurements, folder = matcher.bundle.measurements, matcher.bundle.measurements.folder
    gr.Markdown(served(matcher, problem), elem_id="served")
    with gr.Row(elem_classes="how"):
        gr.Markdown("## How it works\n" + linked(words.how_it_works(matcher, learn.possible(matcher))), elem_id="how")
        drawing = gr.HTML(apply_default_css=False, elem_id="branches")
        with gr.Column():
            gr.Markdown("## What it is not for\n" + linked(words.not_for(matcher)), elem_id="not-for")
            gr.Markdown(LIMITS if folder else card.LIMITS, elem_id="limits")
    results = of_folder(measurements, folder) if folder else measured(measurements)
    gr.Markdown("## Measured\n" + results, elem_classes="measured")
    figures: list[gr.HTML | gr.Plot] = [drawing]
    for pair in (CAPTIONS[:2], CAPTIONS[2:]):
        with gr.Row(elem_classes="plots"):
            for caption in pair:
                with gr.Column(min_width=320):
                    figures.append(gr.Plot(show_label=False, container=False))
                    gr.Markdown(linked(caption), elem_classes="fine")
    if not folder:
        gr.Markdown("## Data\n" + words.data(matcher), elem_id="data")
    else:
        told = filter(None, (measurements.provenance, *folder.notes))  # whose pictures they are comes first
        lines = "\n".join(f"- {escaped(note)}" for note in told)
        gr.Markdown(f"## Data\n{lines}" if lines else "", elem_id="notes")
    url = os.environ.get("SPACE_ID", "http://127.0.0.1:7860")
    gr.Markdown("## Use it from code\n" + words.use(matcher, url, prefix))
    return figures


def figures(matcher: Matcher) -> tuple:
    """The drawing and the four plots, made only when somebody opens the tab: a start reads no picture of the gallery."""
    from siamese.evaluation import plots

    measurements = matcher.bundle.measurements
    return (
        branches.drawing(matcher),
        plots.roc_figure(measurements),
        plots.calibration_figure(measurements),
        plots.distance_figure(measurements, matcher.threshold),
        plots.training_figure(measurements),
    )


def served(matcher: Matcher, problem: str) -> str:
    """Which model answers here, and why, if it is not the one that was asked for."""
    name = "the one that ships with the code" if ships(matcher.folder) else f"`{matcher.source}`"
    lines = f"**Model served:** {name}."
    return lines + (f"\n\n> {escaped(problem)}" if problem else "")


def measured(measurements: Measurements) -> str:
    """The tables of results, with how they were measured."""
    pictures = measurements.pictures
    how = (
        f"On MNIST's {pictures.test:,} test pictures, scored once a run, at its end. "
        f"k-NN is fitted on {pictures.fit:,} training pictures; verification is over all {pictures.pairs:,} "
        "pairs; threshold and calibration come from validation pictures that the network was not fitted to."
    )
    return "\n\n".join([linked(how), tables(measurements), made_by(measurements)])


def of_folder(measurements: Measurements, folder: Folder) -> str:
    """The tables of a model of somebody's own pictures, with how they were measured."""
    return "\n\n".join(
        [
            split_words(folder, escaped(folder.name)),
            linked(RESULTS.format(pairs=measurements.pictures.pairs)),
            tables(measurements),
            made_by(measurements),
        ]
    )


def tables(measurements: Measurements) -> str:
    """The tables of results as the model card has them, with words that can be looked up; a figure and its error stay
    on one line each."""
    both = (linked(table) for table in (results_table(measurements), generalisation_table(measurements)) if table)
    return "\n\n".join(both).replace("± ", "±\u00a0")


def made_by(measurements: Measurements) -> str:
    """How a model was made, in a sentence."""
    command = " ".join(measurements.command.replace("`", "'").split())
    minutes = measurements.seconds / 60
    return f"Trained with `{command}`, seed {measurements.seed}, in {minutes:.0f} minutes on {escaped(measurements.hardware)}."
