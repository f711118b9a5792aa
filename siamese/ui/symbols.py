"""The New symbols tab: few-shot classification of symbols that the network never trained on, from one example each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from siamese.config import InputConfig
from siamese.inputs.preparing import resized
from siamese.matcher import Matcher
from siamese.retrieval.results import Query
from siamese.ui import answers, components
from siamese.ui.glossary import linked
from siamese.ui.links import press, pressed
from siamese.ui.map_points import own_points
from siamese.ui.requests import sent
from siamese.ui.symbol_files import (
    INK,
    MAX_EXAMPLES,
    MAX_NAME,
    MAX_SYMBOLS,
    READY_SETS,
    Drawings,
    named,
    read_file,
    read_set,
    write_file,
)
from siamese.ui.wording import wording_of

MIN_SYMBOLS = 2  # fewer leave no choice
SHOWN = 72  # pixels of an example on the board

BOARD = """
<p class="symbols-words" aria-live="polite"></p>
<p class="grid-empty"></p>
<ul class="symbols"></ul>
"""

# A visitor's symbols: name -> examples, made by `Matcher.examples`. They live in the session and nowhere else. Each keeps
# its embedding by the few-shot head, so that a stroke embeds the new drawing alone.
Taught = dict[str, list[Query]]


def build(matcher: Matcher) -> tuple[gr.Button, gr.State]:
    """Lay out the tab and wire it; returns the button that shows the symbols on the map, and the symbols."""
    words = wording_of(matcher)
    sets = READY_SETS if words.drawn else ()
    gr.Markdown(linked(words.teach_lead), elem_classes="lead")
    taught = gr.State({})
    with gr.Row(elem_classes="teaching"):
        with gr.Column(min_width=220, elem_classes="teach"):
            gr.Markdown("### 1 · Teach")
            canvas = components.canvas("Example", drawn=words.drawn, elem_id="canvas-teach")
            with gr.Row(elem_classes="tight"):
                name = gr.Textbox(
                    placeholder=words.teach_name,
                    show_label=False,
                    max_length=MAX_NAME,
                    min_width=120,
                    elem_id="name",
                )
                teach = gr.Button("Teach", variant="primary", min_width=80, scale=0, elem_id="teach")
            with gr.Row(elem_classes="examples"):
                ready = [gr.Button(path.stem, size="sm", min_width=70, elem_id=f"set-{path.stem}") for path in sets]
            with gr.Row(elem_classes="tight"):
                save = gr.DownloadButton("Download", size="sm", min_width=70, interactive=False, elem_id="save-symbols")
                load = gr.UploadButton("Load", file_types=[".json"], size="sm", min_width=70, elem_id="load-symbols")
                forget = gr.Button("Forget all", size="sm", min_width=70)
        with gr.Column(min_width=220, elem_classes="query"):
            gr.Markdown(words.teach_again)
            query = components.canvas(words.teach_unknown, drawn=words.drawn, elem_id="canvas-unknown")
        with gr.Column(min_width=280, elem_classes="board"):
            gr.Markdown("### 3 · What it takes it for")
            board = components.json_html(
                BOARD, "siamese.symbols(element, props, trigger, watch)", elem_id="symbols", hint=words.teach_empty
            )
            look = gr.Button("Show them on the map", size="sm", interactive=False, elem_id="symbols-map")
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def shown(symbols: Taught, drawing: str | None) -> str | None:
        return components.to_json(board_value(matcher, symbols, components.picture_of(drawing)))

    def taught_one(symbols: Taught, title: str, example: str | None, drawing: str | None) -> tuple:
        symbols = add(matcher, symbols, title, components.picture_of(example))
        return symbols, None, "", shown(symbols, drawing)

    def forgotten(event: gr.EventData, symbols: Taught, drawing: str | None) -> tuple:
        symbols = {name: examples for name, examples in symbols.items() if name != sent(event, "value")}
        return symbols, shown(symbols, drawing)

    def loaded(file: str | None, drawing: str | None) -> tuple:
        symbols = examples_of(matcher, read_file(file, matcher.input))
        return symbols, shown(symbols, drawing)

    gr.on([teach.click, name.submit], taught_one, [taught, name, canvas, query], [taught, canvas, name, board], **quiet)
    query.input(shown, [taught, query], board, trigger_mode="always_last", **quiet)
    board.select(forgotten, [taught, query], [taught, board], **quiet)
    forget.click(lambda: ({}, shown({}, None), None), None, [taught, board, query], js=pressed("set", None), **quiet)
    for button, path in zip(ready, sets, strict=True):

        def chosen(drawing: str | None, path: Path = path) -> tuple:
            symbols = examples_of(matcher, read_set(path))
            return symbols, shown(symbols, drawing)

        button.click(chosen, query, [taught, board], js=pressed("set", path.stem), **quiet)
    press("set", {path.stem: button for button, path in zip(ready, sets, strict=True)})
    # A click downloads the file that the button holds already, so the file is made before.
    taught.change(lambda symbols: offered(symbols, matcher.input), taught, save, **quiet)
    taught.change(lambda symbols: gr.update(interactive=bool(symbols)), taught, look, **quiet)
    load.upload(loaded, [load, query], [taught, board], **quiet)
    return look, taught


@answers.show_errors
def add(matcher: Matcher, symbols: Taught, name: str, picture: bytes | None) -> Taught:
    """The symbols with one more example.

    Raises:
        gr.Error: it has no name or no ink, or there is no room for it.
    """
    words = wording_of(matcher)
    name = named(name)
    if picture is None:
        raise ValueError(words.teach_first)
    if not name:
        raise ValueError(words.teach_no_name)
    if name not in symbols and len(symbols) >= MAX_SYMBOLS:
        raise ValueError(f"There is room for {MAX_SYMBOLS} {words.teach_things}. Forget one first.")
    if len(symbols.get(name, ())) >= MAX_EXAMPLES:
        raise ValueError(f"{name!r} has {MAX_EXAMPLES} examples already, and more are not needed.")
    return symbols | {name: [*symbols.get(name, []), *matcher.examples([picture])]}


def examples_of(matcher: Matcher, drawings: Drawings) -> Taught:
    """The symbols of a file or a ready set, embedded together. Their pixels are ink already, and stay as they are.

    Where some are finer than the gallery's, all come to what the network for few-shot classification sees.
    """
    pixels = [pixels for examples in drawings.values() for pixels in examples]
    if any(picture.shape[:2] != matcher.input.size for picture in pixels):
        pixels = [resized(picture, matcher.few_shot_net.input) for picture in pixels]
    made = iter(matcher.examples(np.stack(pixels)))
    return {name: [next(made) for _ in examples] for name, examples in drawings.items()}


def places(matcher: Matcher, symbols: Taught) -> dict | None:
    """The examples as the map's value, each with its symbol's name; None if there are none.

    An example has its embedding by the few-shot head only. The map is by the head that the gallery is embedded by.
    """
    examples = [(name, example.pixels) for name, examples in symbols.items() for example in examples]
    if not examples:
        return None
    pixels = np.stack([drawing for _, drawing in examples])
    queries = matcher.queries(pixels, matcher.embed(pixels))
    named = [(name, query) for (name, _), query in zip(examples, queries, strict=True)]
    return own_points(matcher, named, f"{{}} examples of your {wording_of(matcher).teach_things}")


def offered(symbols: Taught, input: InputConfig = INK) -> dict:
    """The download button, with the symbols' file if there are any."""
    if not symbols:
        return gr.update(value=None, interactive=False)
    drawings = {name: [example.finest for example in examples] for name, examples in symbols.items()}
    return gr.update(value=write_file(drawings, input), interactive=True)


def board_value(matcher: Matcher, symbols: Taught, picture: bytes | None) -> dict:
    """What the board shows: the symbols, and how a drawing scores against them.

    Args:
        picture: the drawing's file, or None while the canvas is blank.
    """
    words = wording_of(matcher)
    at, rows = 0, []
    for name, examples in symbols.items():
        shown = [
            components.pixels_value(example.finest, matcher.input, SHOWN) | {"at": at + i}
            for i, example in enumerate(examples)
        ]
        rows.append({"name": name, "examples": shown})
        at += len(examples)
    value: dict[str, Any] = {"symbols": rows}
    ((query, problem),) = answers.encode(matcher, picture)
    if problem:
        value["words"] = problem
    elif symbols and query is None:
        value["words"] = words.teach_ask
    elif symbols and len(symbols) < MIN_SYMBOLS:
        value["words"] = words.teach_more
    elif symbols and query is not None:
        support = [(name, example) for name, examples in symbols.items() for example in examples]
        found = matcher.recognise(support, query)
        best = list(found.probabilities).index(found.label) if found.label is not None else -1
        value["words"] = f"It is “{found.label}”" if best >= 0 else "It is none of these"
        value["answer"] = {
            "probabilities": [round(p, 4) for p in found.probabilities.values()],
            "none": round(found.none, 4),
            "best": best,
            "support": found.support if best >= 0 else -1,
        }
    return value
