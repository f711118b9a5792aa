"""The New symbols tab: teach the network symbols that it never trained on, by one look at each."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from siamese.inputs.ink import SIDE
from siamese.matcher import Matcher, Symbol
from siamese.ui import answers, components

FEWEST, MOST, EXAMPLES = 2, 20, 5
LONGEST_NAME = 24
FORMAT = "siamese symbols 1"
SETS = components.STATIC.parent / "symbol_sets"

BOARD = """
<p class="symbols-words" aria-live="polite"></p>
<p class="grid-empty">Draw a symbol, give it a name, press “Teach”. Two symbols are enough to begin.</p>
<ul class="symbols"></ul>
"""

# A visitor's symbols: name -> examples, each (28, 28) ink. It lives in the session and nowhere else.
Taught = dict[str, list[np.ndarray]]


def build(matcher: Matcher) -> None:
    """Lay out the tab and wire it."""
    gr.Markdown(
        "Teach it two symbols or more, one drawing each (up to five), then draw one of them again. "
        "The network is not trained any further: it only compares. Of the ready sets, it never saw Aramaic before.",
        elem_classes="lead",
    )
    taught = gr.State({})
    with gr.Row(elem_classes="teaching"):
        with gr.Column(min_width=220, elem_classes="teach"):
            gr.Markdown("### 1 · Teach")
            canvas = components.Canvas("Example", elem_id="canvas-teach")
            with gr.Row(elem_classes="tight"):
                name = gr.Textbox(
                    placeholder="name of this symbol",
                    show_label=False,
                    max_length=LONGEST_NAME,
                    min_width=120,
                    elem_id="name",
                )
                teach = gr.Button("Teach", variant="primary", min_width=80, scale=0, elem_id="teach")
            with gr.Row(elem_classes="examples"):
                ready = [gr.Button(path.stem, size="sm", min_width=70) for path in sorted(SETS.glob("*.png"))]
            with gr.Row(elem_classes="tight"):
                save = gr.DownloadButton("Download", size="sm", min_width=70, interactive=False, elem_id="save-symbols")
                load = gr.UploadButton("Load", file_types=[".json"], size="sm", min_width=70, elem_id="load-symbols")
                forget = gr.Button("Forget all", size="sm", min_width=70)
        with gr.Column(min_width=220, elem_classes="query"):
            gr.Markdown("### 2 · Draw one again")
            query = components.Canvas("Symbol to recognise", elem_id="canvas-unknown")
        with gr.Column(min_width=280, elem_classes="board"):
            gr.Markdown("### 3 · What it takes it for")
            board = components.JsonHTML(
                None,
                html_template=BOARD,
                js_on_load="siamese.symbols(element, props, trigger, watch)",
                apply_default_css=False,
                elem_id="symbols",
            )
    quiet = {"show_progress": "hidden", "api_visibility": "private"}

    def shown(symbols: Taught, picture: bytes | None) -> dict:
        return board_value(matcher, symbols, picture)

    def taught_one(symbols: Taught, title: str, example: bytes | None, picture: bytes | None) -> tuple:
        symbols = add(matcher, symbols, title, example)
        return symbols, None, "", shown(symbols, picture)

    def forgotten(event: gr.SelectData, symbols: Taught, picture: bytes | None) -> tuple:
        symbols = {key: value for key, value in symbols.items() if key != event.value}
        return symbols, shown(symbols, picture)

    gr.on([teach.click, name.submit], taught_one, [taught, name, canvas, query], [taught, canvas, name, board], **quiet)
    query.change(shown, [taught, query], board, trigger_mode="always_last", **quiet)
    board.select(forgotten, [taught, query], [taught, board], **quiet)
    forget.click(lambda: ({}, shown({}, None), None), None, [taught, board, query], **quiet)
    for button, path in zip(ready, sorted(SETS.glob("*.png")), strict=True):
        button.click(
            lambda picture, path=path: _with_board(matcher, read_set(path), picture), query, [taught, board], **quiet
        )
    # The button offers what it already holds when it is clicked, so it has to hold it before.
    taught.change(offered, taught, save, **quiet)
    load.upload(
        lambda file, picture: _with_board(matcher, read_file(file), picture), [load, query], [taught, board], **quiet
    )


def _with_board(matcher: Matcher, symbols: Taught, picture: bytes | None) -> tuple[Taught, dict]:
    return symbols, board_value(matcher, symbols, picture)


@answers.told
def add(matcher: Matcher, symbols: Taught, name: str, picture: bytes | None) -> Taught:
    """The symbols with one more example.

    Raises:
        gr.Error: it has no name or no ink, or there is no room for it.
    """
    name = " ".join((name or "").split())[:LONGEST_NAME]
    if picture is None:
        raise ValueError("Draw an example first, in the left square.")
    if not name:
        raise ValueError("Give the symbol a name first.")
    if name not in symbols and len(symbols) >= MOST:
        raise ValueError(f"There is room for {MOST} symbols. Forget one first.")
    if len(symbols.get(name, ())) >= EXAMPLES:
        raise ValueError(f"{name!r} has {EXAMPLES} examples already, and more are not needed.")
    return symbols | {name: [*symbols.get(name, []), matcher.read(picture).ink]}


def board_value(matcher: Matcher, symbols: Taught, picture: bytes | None) -> dict:
    """What the board shows: the symbols, and how the query scores against them."""
    at, rows = 0, []
    for name, inks in symbols.items():
        examples = [{"ink": components.encoded(ink), "at": at + i} for i, ink in enumerate(inks)]
        rows.append({"name": name, "examples": examples})
        at += len(inks)
    value: dict[str, Any] = {"symbols": rows}
    ((unknown, wrong),) = answers.read(matcher, picture)
    if wrong:
        value["words"] = wrong
    elif symbols and unknown is None:
        value["words"] = "Now draw one of them in the second square"
    elif symbols and len(symbols) < FEWEST:
        value["words"] = "Teach it one more symbol"
    elif symbols:
        support = [(name, Symbol(ink)) for name, inks in symbols.items() for ink in inks]
        found = matcher.recognise(support, unknown)
        names = list(found.probabilities)
        best = names.index(found.label) if found.label is not None else -1
        value["words"] = f"It is “{found.label}”" if best >= 0 else "It is none of these"
        value["answer"] = {
            "probabilities": [round(p, 4) for p in found.probabilities.values()],
            "none": round(found.none, 4),
            "best": best,
            "support": found.support if best >= 0 else -1,
        }
    return value


# --- files ----------------------------------------------------------------------------------------------


def offered(symbols: Taught) -> dict:
    """The download button, with the symbols' file if there are any."""
    return gr.update(value=write_file(symbols) if symbols else None, interactive=bool(symbols))


def write_file(symbols: Taught) -> str:
    """All symbols as one file that `read_file` reads again."""
    drawn = {name: [components.encoded(ink) for ink in inks] for name, inks in symbols.items()}
    return answers.downloadable("symbols.json", json.dumps({"format": FORMAT, "symbols": drawn}, ensure_ascii=False))


@answers.told
def read_file(path: str) -> Taught:
    """Symbols that were downloaded before.

    Raises:
        gr.Error: the file is none of ours, or holds too much.
    """
    wrong = "This is no file of symbols that was downloaded here."
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(wrong)
        symbols = {str(name)[:LONGEST_NAME]: [_ink(item) for item in inks] for name, inks in content["symbols"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(wrong) from error
    if not symbols or len(symbols) > MOST or not all(1 <= len(inks) <= EXAMPLES for inks in symbols.values()):
        raise ValueError(f"A file of symbols holds 1 to {MOST} of them, with 1 to {EXAMPLES} examples each.")
    return symbols


def _ink(encoded: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(encoded, validate=True), np.uint8).reshape(SIDE, SIDE)


def read_set(path: Path) -> Taught:
    """A ready set: a sheet of 28x28 ink, a row for each symbol, a column for each example."""
    sheet = np.asarray(Image.open(path, formats=["PNG"]).convert("L"))
    rows, columns = sheet.shape[0] // SIDE, sheet.shape[1] // SIDE
    inks = sheet.reshape(rows, SIDE, columns, SIDE).swapaxes(1, 2)
    return {f"{path.stem} {row + 1}": list(inks[row]) for row in range(rows)}
