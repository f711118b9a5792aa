"""The page's own components: a canvas to draw on, and ways to show an answer.

Each is a function that returns a `gr.HTML`. A subclass would have to decode and encode its values itself, and
Gradio writes a file beside the module of every subclass. So the handlers do it: they take what the page sends
through `picture_of` and return JSON through `to_json`.

The markup of each is constant. The JavaScript in `static/` inserts values as text, so that nothing a visitor sends is
ever executed.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from siamese.bundle.curves import Histogram

STATIC = Path(__file__).parent / "static"
SCRIPTS = (
    "base.js",
    "canvas.js",
    "canvas_input.js",
    "verdict.js",
    "grid.js",
    "map.js",
    "map_figure.js",
    "symbols.js",
)
MAX_BYTES = 1_500_000  # of a picture that the page sends

PAD = """
<div class="pad">
  <div class="pad-stage is-blank">
    <canvas tabindex="0" role="img"></canvas>
    <p class="pad-hint" aria-hidden="true">draw here</p>
  </div>
  <div class="pad-tools" role="toolbar" aria-label="Drawing tools">
    <button type="button" data-do="undo" title="Undo the last stroke" aria-label="Undo">↶</button>
    <button type="button" data-do="clear" title="Clear the canvas">Clear</button>
    <label class="pad-upload" title="Upload a picture, or drop one on the canvas">
      <input type="file" accept="image/*" aria-label="Upload a picture"><span>Upload</span>
    </label>
    <button type="button" data-do="paste" title="Paste a picture">Paste</button>
    <button type="button" data-do="camera" title="Take a picture with the camera" hidden>Camera</button>
  </div>
  <p class="pad-message" role="alert" hidden></p>
</div>
"""

VERDICT = """
<div class="verdict" data-state="empty">
  <p class="verdict-number" aria-live="polite"></p>
  <p class="verdict-words" aria-live="polite"></p>
  <p class="verdict-note" hidden></p>
  <div class="verdict-figure">
    <p class="verdict-legend"><span class="key-same">same digit</span> <span class="key-different">different digits</span>
    <span class="verdict-distance"></span></p>
  </div>
</div>
"""

SEEN = """
<div class="seen" hidden>
  <canvas class="seen-ink" width="28" height="28" role="img"></canvas>
  <p class="seen-words"></p>
</div>
"""

GRID = '<p class="grid-empty"></p><ol class="grid"></ol>'
VOTES = '<p class="votes-words" aria-live="polite"></p><ul class="votes"></ul>'


def json_html(template: str, on_load: str, **kwargs: Any) -> gr.HTML:
    """A component whose value is JSON as text, or None; handlers make it with `to_json`.

    Args:
        template: its markup, which never changes.
        on_load: JavaScript that runs when it is mounted; it reads the value with `siamese.parse`.
        kwargs: further arguments of `gr.HTML`. Those that it does not know itself are properties in `props`.
    """
    return gr.HTML(None, html_template=template, js_on_load=on_load, apply_default_css=False, **kwargs)


def to_json(value: Any) -> str | None:
    """A value for a component of `json_html`. None stays None, which is the component's empty state."""
    if value is None:
        return None
    # Escaped, so that text that a visitor has typed holds no markup.
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def canvas(name: str = "Drawing", brush: int = 18, **kwargs: Any) -> gr.HTML:
    """A square to draw on. Its value is a picture as a data URL, or None while it is blank.

    Handlers get the picture's file by `picture_of`, and set a drawing by `drawing_url`.

    Args:
        name: what a screen reader calls it.
        brush: width of a stroke, in pixels of a square of 280.
        kwargs: further arguments of `gr.HTML`.
    """
    on_load = "siamese.canvas(element, props, trigger, watch)"
    return gr.HTML(
        None, html_template=PAD, js_on_load=on_load, apply_default_css=False, name=name, brush=brush, **kwargs
    )


def picture_of(payload: str | None) -> bytes | None:
    """The file of the picture that a canvas sends, or None while it is blank.

    Args:
        payload: a data URL in base64.

    Raises:
        gr.Error: it is no picture's data URL, or too large.
    """
    if not payload:
        return None
    head, _, body = payload.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        raise gr.Error("This is no picture. Draw one or upload a file.", print_exception=False)
    if len(body) > MAX_BYTES * 4 / 3:
        raise gr.Error("This picture is too large. Send a smaller one.", print_exception=False)
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise gr.Error("This picture arrived damaged. Send it again.", print_exception=False) from error


def drawing_url(pixels: np.ndarray) -> str:
    """(28, 28) uint8 ink as a data URL of a drawing: dark on white, enlarged."""
    large = Image.fromarray(255 - pixels).resize((280, 280), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    large.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def verdict(distances: Histogram, threshold: float) -> gr.HTML:
    """The answer about a pair, over the histogram of the distances of validation pairs.

    Args:
        distances: the histogram; the page gets its keys, same and different.
        threshold: the distance up to which a pair is called the same.
    """
    on_load = "siamese.verdict(element, props, watch)"
    return json_html(VERDICT, on_load, distances=asdict(distances), threshold=threshold)


def seen() -> gr.HTML:
    """What the network sees of a picture, and how its neighbours read it."""
    return json_html(SEEN, "siamese.seen(element, props, watch)")


def grid(sprite_url: str) -> gr.HTML:
    """Pictures of the gallery, cut from its sprite sheet; the event `select` says which one was clicked."""
    return json_html(GRID, "siamese.grid(element, props, trigger, watch)", sprite=sprite_url)


def votes() -> gr.HTML:
    """How the neighbours vote, as bars."""
    return json_html(VOTES, "siamese.votes(element, props, watch)")


def head() -> str:
    """All components' JavaScript, for the page's head."""
    return "<script>" + "\n".join((STATIC / name).read_text(encoding="utf-8") for name in SCRIPTS) + "</script>"


def file_url(path: Path) -> str:
    """Where the page fetches a file that `gr.set_static_paths` allows."""
    return f"gradio_api/file={path.as_posix()}"


def base64_of(values: np.ndarray) -> str:
    """The bytes of an array as base64. The page has to know its type; numbers of several bytes are little-endian there."""
    return base64.b64encode(values.tobytes()).decode("ascii")
