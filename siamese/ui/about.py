"""The About tab: what was measured, how, which model is served, and how to use it from code."""

from __future__ import annotations

import os

import gradio as gr

from siamese.bundle.folder_card import LIMITS, RESULTS, split_words
from siamese.bundle.folder_record import Folder
from siamese.bundle.locating import ships
from siamese.bundle.measurements import Measurements
from siamese.bundle.tables import both_tables
from siamese.matcher import Matcher
from siamese.ui.naming import escaped

USE = """
```python
import siamese

matcher = siamese.load()                              # or a folder, or "user/repo" on the Hub
matcher.compare("four.png", "nine.png")               # Comparison(distance, probability, same)
matcher.neighbours("four.png", k=10)                  # the nearest of the gallery
matcher.locate("four.png")                            # (x, y) on the map
```

```python
from gradio_client import Client, handle_file

client = Client("{url}")
client.predict(handle_file("four.png"), handle_file("nine.png"), api_name="/compare")
client.predict(handle_file("four.png"), 10, api_name="/neighbours")
client.predict(handle_file("four.png"), api_name="/locate")
client.predict([handle_file("alpha.png"), handle_file("beta.png")], ["alpha", "beta"], handle_file("query.png"), api_name="/recognise")
```
"""

USE_PICTURES = """
```python
import siamese

matcher = siamese.load("runs/things")                 # a folder, or "user/repo" on the Hub
matcher.compare("first.jpg", "second.jpg")            # Comparison(distance, probability, same)
matcher.neighbours("first.jpg", k=10)                 # the nearest of the gallery
matcher.locate("first.jpg")                           # (x, y) on the map
```

```python
from gradio_client import Client, handle_file

client = Client("{url}")
client.predict(handle_file("first.jpg"), handle_file("second.jpg"), api_name="/compare")
client.predict(handle_file("first.jpg"), 10, api_name="/neighbours")
client.predict(handle_file("first.jpg"), api_name="/locate")
client.predict([handle_file("tea.jpg"), handle_file("oats.jpg")], ["tea", "oats"], handle_file("query.jpg"), api_name="/recognise")
```
"""

DATA = """
- **MNIST**: Yann LeCun, Corinna Cortes and Christopher J. C. Burges, *The MNIST database of handwritten digits*.
  Licensed MIT according to its Hub card, CC BY-SA 3.0 according to other sources. The gallery shows its test pictures.
- **Pen strokes**: E. Alpaydin and F. Alimoglu, *Pen-Based Recognition of Handwritten Digits*, UCI Machine Learning
  Repository, 1998. CC BY 4.0.
- **Omniglot**: B. M. Lake, R. Salakhutdinov and J. B. Tenenbaum, *Human-level concept learning through probabilistic
  program induction*, Science 350, 2015. MIT.
"""


def build(matcher: Matcher, problem: str, prefix: str = "") -> list[gr.Plot]:
    """Lay out the tab; returns its plots, which are drawn when it is opened.

    Args:
        matcher: that answers.
        problem: why another model is served than was asked for.
        prefix: of the API's names, where the app has several models.
    """
    measurements, folder = matcher.bundle.measurements, matcher.bundle.measurements.folder
    gr.Markdown(served(matcher, problem), elem_id="served")
    if folder:
        gr.Markdown(LIMITS, elem_id="limits")
    results = of_folder(measurements, folder) if folder else measured(measurements)
    gr.Markdown("## Measured\n" + results, elem_classes="measured")
    with gr.Row():
        roc = gr.Plot(show_label=False, container=False)
        calibration = gr.Plot(show_label=False, container=False)
    with gr.Row():
        distances = gr.Plot(show_label=False, container=False)
        training = gr.Plot(show_label=False, container=False)
    url = os.environ.get("SPACE_ID", "http://127.0.0.1:7860")
    use = USE.format(url=url) if matcher.input.kind == "ink" else USE_PICTURES.format(url=url)
    gr.Markdown("## Use it from code\n" + use.replace('api_name="/', f'api_name="/{prefix}'))
    if not folder:
        gr.Markdown("## Data\n" + DATA)
    else:
        told = filter(None, (measurements.provenance, *folder.notes))  # whose pictures they are comes first
        lines = "\n".join(f"- {escaped(note)}" for note in told)
        gr.Markdown(f"## Pictures\n{lines}" if lines else "", elem_id="notes")
    return [roc, calibration, distances, training]


def figures(matcher: Matcher) -> tuple:
    """The four plots, made only when somebody opens the tab."""
    from siamese.evaluation import plots

    measurements = matcher.bundle.measurements
    return (
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
    return "\n\n".join(
        [
            f"On MNIST's {pictures.test:,} test pictures, scored once a run, at its end. "
            f"k-NN is fitted on the {pictures.fit:,} training pictures; verification is over all {pictures.pairs:,} "
            "pairs; threshold and calibration come from validation pictures that the network was not fitted to.",
            both_tables(measurements),
            made_by(measurements),
        ]
    )


def of_folder(measurements: Measurements, folder: Folder) -> str:
    """The tables of a model of somebody's own pictures, with how they were measured."""
    return "\n\n".join(
        [
            split_words(folder, escaped(folder.name)),
            RESULTS.format(pairs=measurements.pictures.pairs),
            both_tables(measurements),
            made_by(measurements),
        ]
    )


def made_by(measurements: Measurements) -> str:
    """How a model was made, in a sentence."""
    command = " ".join(measurements.command.replace("`", "'").split())
    minutes = measurements.seconds / 60
    return f"Trained with `{command}`, seed {measurements.seed}, in {minutes:.0f} minutes on {escaped(measurements.hardware)}."
