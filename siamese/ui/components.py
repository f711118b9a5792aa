"""The page's own components: a canvas to draw on, and ways to show an answer.

Each is a function that returns a `gr.HTML`. A subclass would have to decode and encode its values itself, and
Gradio writes a file beside the module of every subclass. So the handlers do it: they take what the page sends
through `picture_of` and return JSON through `to_json`.

The markup of each is constant (`markup.py`). The JavaScript in `static/` (`static_files.py`) inserts values as text, so that nothing a visitor sends is
ever executed.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from siamese.bundle.curves import Histogram
from siamese.config import InputConfig
from siamese.ui.markup import COPY_LINK, DECISION, GRID, PAD, PHOTO_PAD, SEEN, VERDICT, VOTES
from siamese.ui.wording import Wording

MAX_BYTES = 1_500_000  # of a picture that the page sends


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


def canvas(name: str = "Drawing", brush: int = 18, drawn: bool = True, **kwargs: Any) -> gr.HTML:
    """A square to draw on, or to put a picture in. Its value is a picture as a data URL, or None while it is blank.

    Handlers get the picture's file by `picture_of`, and set a drawing by `drawing_url`.
    Listen to `input`, which it fires once for whatever the visitor does; Gradio fires `change` besides, for any new value.

    Args:
        name: what a screen reader calls it.
        brush: width of a stroke, in pixels of a square of 280.
        drawn: whether it can be drawn on; else it takes pictures only, and a part of one can be chosen.
        kwargs: further arguments of `gr.HTML`.
    """
    pad = "canvas" if drawn else "photoPad"
    on_load = f"siamese.{pad}(element, props, trigger, watch)"
    template = PAD if drawn else PHOTO_PAD
    return gr.HTML(
        None, html_template=template, js_on_load=on_load, apply_default_css=False, name=name, brush=brush, **kwargs
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
    head, _, body = payload.partition(",") if isinstance(payload, str) else ("", "", "")
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
    return image_url(Image.fromarray(255 - pixels).resize((280, 280), Image.Resampling.BICUBIC))


def picture_url(pixels: np.ndarray, input: InputConfig) -> str:
    """A prepared picture, or its thumbnail, as the data URL of what a visitor would bring."""
    if input.kind == "ink":
        return drawing_url(pixels)
    return image_url(Image.fromarray(pixels if input.kind == "photo" else 255 - pixels))


def image_url(image: Image.Image, kind: str = "png", **options: Any) -> str:
    """A picture as a data URL of some kind of file; `options` are Pillow's for that kind."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return f"data:image/{kind};base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def pixels_value(pixels: np.ndarray, input: InputConfig, longest: int | None = None) -> dict:
    """A prepared picture as the page paints it; of kinds other than ink, reduced to `longest` pixels a side."""
    scale = min(1.0, longest / max(pixels.shape[:2])) if longest and input.kind != "ink" else 1.0
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in pixels.shape[1::-1])
        pixels = np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))
    return {
        "pixels": base64_of(pixels),
        "height": pixels.shape[0],
        "width": pixels.shape[1],
        "channels": 3 if pixels.ndim == 3 else 1,
        "kind": input.kind,
    }


def verdict(distances: Histogram, threshold: float, words: Wording) -> gr.HTML:
    """The answer about a pair, over the histogram of the distances of validation pairs.

    Args:
        distances: the histogram; the page gets its keys, same and different.
        threshold: the distance up to which a pair is called the same.
        words: of the page.
    """
    on_load = "siamese.verdict(element, props, watch)"
    return json_html(
        VERDICT, on_load, distances=asdict(distances), threshold=threshold, hint=words.both, legend=list(words.legend)
    )


def decision(probabilities: Sequence[float], words: Wording) -> gr.HTML:
    """How the answer about a pair comes about: pictures, embeddings, distance, calibration. Unfolded by a click.

    Args:
        probabilities: the calibration curve, at distances of equal steps from 0 to 2.
        words: of the page.
    """
    on_load = "siamese.decision(element, props, watch)"
    return json_html(DECISION, on_load, probabilities=list(probabilities), names=list(words.pads), drawn=words.drawn)


def seen() -> gr.HTML:
    """What the network sees of a picture, and how its neighbours read it."""
    return json_html(SEEN, "siamese.seen(element, props, watch)")


def grid(sheet: dict, words: Wording, colours: Sequence[int], count: int) -> gr.HTML:
    """Pictures of the gallery; the event `select` says which one was clicked.

    Args:
        sheet: where they are, as `gallery_pictures.sheet_of` tells.
        words: of the page.
        colours: the number of each label's colour.
        count: of pictures in the gallery.
    """
    return json_html(
        GRID,
        "siamese.grid(element, props, trigger, watch)",
        sprite=sheet,
        hint=words.grid_hint,
        label=words.label,
        colours=list(colours),
        last=count - 1,
    )


def copy_link() -> gr.HTML:
    """A button that copies the address of what the page shows."""
    return gr.HTML(COPY_LINK, js_on_load="siamese.copyLink(element)", apply_default_css=False, elem_classes="copy-link")


def votes(colours: Sequence[int]) -> gr.HTML:
    """How the neighbours vote, as bars in the labels' colours."""
    return json_html(VOTES, "siamese.votes(element, props, watch)", colours=list(colours))


def base64_of(values: np.ndarray) -> str:
    """The bytes of an array as base64. The page has to know its type; numbers of several bytes are little-endian there."""
    return base64.b64encode(values.tobytes()).decode("ascii")
