"""The page's own components, on `gr.HTML`: a canvas to draw on, and ways to show an answer.

The markup of each is constant; what a value says is put in by the JavaScript in `static/`, as text,
so that nothing a visitor sends is ever run. Values are JSON, held as strings.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

STATIC = Path(__file__).parent / "static"
SCRIPTS = ("base.js", "canvas.js", "verdict.js", "grid.js", "map.js", "symbols.js")
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

from gradio.events import Dependency

class JsonHTML(gr.HTML):
    """A component whose value is JSON, given and taken as Python objects."""

    def postprocess(self, value: Any) -> str | None:
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def preprocess(self, payload: str | None) -> Any:
        return None if payload is None else json.loads(payload)

    def api_info(self) -> dict[str, Any]:
        return {"type": "string", "description": "JSON"}

    def example_payload(self) -> str:
        return "{}"

    def example_value(self) -> dict:
        return {}
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component


class Canvas(gr.HTML):
    """A square to draw on. Events get the picture's file as bytes, or None while it is blank."""

    def __init__(self, name: str = "Drawing", value: Any = None, brush: int = 18, **kwargs: Any) -> None:
        kwargs.setdefault("js_on_load", "siamese.canvas(element, props, trigger, watch)")
        super().__init__(value, html_template=PAD, name=name, brush=brush, apply_default_css=False, **kwargs)

    def preprocess(self, payload: str | None) -> bytes | None:
        """Decode the data URL that the page sends.

        Raises:
            gr.Error: it is none, or too large.
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

    def postprocess(self, value: np.ndarray | None) -> str | None:
        """Show (28, 28) ink as if it had been drawn."""
        return value if value is None or isinstance(value, str) else drawing_url(value)

    def api_info(self) -> dict[str, Any]:
        return {"type": "string", "description": "a picture as a data URL"}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component


def verdict(distances: dict, threshold: float) -> JsonHTML:
    return JsonHTML(
        None,
        html_template=VERDICT,
        js_on_load="siamese.verdict(element, props, watch)",
        apply_default_css=False,
        distances=distances,
        threshold=threshold,
    )


def seen() -> JsonHTML:
    return JsonHTML(None, html_template=SEEN, js_on_load="siamese.seen(element, props, watch)", apply_default_css=False)


def grid(sprite_url: str) -> JsonHTML:
    return JsonHTML(
        None,
        html_template=GRID,
        js_on_load="siamese.grid(element, props, trigger, watch)",
        apply_default_css=False,
        sprite=sprite_url,
    )


def votes() -> JsonHTML:
    return JsonHTML(
        None, html_template=VOTES, js_on_load="siamese.votes(element, props, watch)", apply_default_css=False
    )


def head() -> str:
    """All components' JavaScript, for the page's head."""
    return "<script>" + "\n".join((STATIC / name).read_text(encoding="utf-8") for name in SCRIPTS) + "</script>"


def file_url(path: Path) -> str:
    """Where the page fetches a file that `gr.set_static_paths` allows."""
    return f"gradio_api/file={path.as_posix()}"


def encoded(values: np.ndarray) -> str:
    """uint8 values as base64, for the page."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=np.uint8)).decode("ascii")


def drawing_url(ink: np.ndarray) -> str:
    """(28, 28) ink as a data URL of a drawing: dark on white, enlarged."""
    large = Image.fromarray(255 - ink).resize((280, 280), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    large.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")