"""Requests that end without an answer: each is told by a sentence that says what to do."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from math import isfinite
from typing import Any

import gradio as gr

from siamese.ui.gallery_pictures import Served
from siamese.ui.listeners import Listeners

LONGEST = 300  # characters of a message; some repeat what was sent
FILE = "Upload the file to /gradio_api/upload and send what comes back, as gradio_client's handle_file does."
WANTED: tuple[tuple[type, tuple[type, ...], str], ...] = (  # of components: what JSON has for their values
    (gr.Number, (int, float), "a number"),
    (gr.Slider, (int, float), "a number"),
    (gr.Checkbox, (bool,), "true or false"),
    (gr.Textbox, (str,), "text"),
    (gr.HTML, (str,), "text"),
    (gr.Dropdown, (str, int, float), "one of its choices"),
    (gr.Radio, (str, int, float), "one of its choices"),
)

log = logging.getLogger(__name__)


class Page(gr.Blocks):
    """Blocks that always tell why there is no answer; Gradio tells nothing of what it did not expect.

    Attributes:
        listeners: the sessions that can be answered.
        pictures: of large galleries, which have addresses of their own.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.listeners = Listeners()
        self.pictures: Served = {}

    async def process_api(self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As Gradio does it.

        Raises:
            gr.Error: a value is none that its component takes, or something went wrong that nobody thought of. That is
                logged under a code, which the visitor is told.
        """
        wrong = problem((self.fns[block_fn] if isinstance(block_fn, int) else block_fn).inputs, inputs)
        if wrong:
            raise gr.Error(wrong, print_exception=False)
        try:
            return await super().process_api(block_fn, inputs, *args, **kwargs)
        except gr.Error as error:
            error.print_exception = False  # it is the visitor's, and no fault of ours to trace
            if len(error.message) > LONGEST:
                error.message = error.message[:LONGEST] + " …"
            raise
        except Exception as error:
            code = secrets.token_hex(3)
            log.exception("No answer, code %s", code)
            told = f"Something went wrong here; it is noted under the code {code}. Try again, or with another picture."
            raise gr.Error(told, print_exception=False) from error


def sent(event: gr.EventData, key: str) -> object:
    """A value of the object that the page sent with an event, None if there is none."""
    try:
        return getattr(event, key, None)
    except TypeError:  # something other than an object was sent
        return None


def problem(components: Sequence[Any], values: Sequence[Any]) -> str:
    """What is wrong with the values of a request; empty where nothing is found.

    Args:
        components: that the values are for.
        values: as they were sent.
    """
    if len(components) != len(values):
        return f"This takes {len(components)} values, got {len(values)}."
    return next(filter(None, map(_wrong, components, values)), "")


def _wrong(component: Any, value: Any) -> str:
    """What is wrong with one value; empty where nothing is found."""
    if value is None and not isinstance(component, gr.Slider):
        return ""
    name = repr(component.label or component.elem_id or type(component).__name__)
    if isinstance(component, gr.File | gr.UploadButton):
        many = component.file_count == "multiple"
        if many and not isinstance(value, list):
            return f"{name} must be a list of files. {FILE}"
        found = next(filter(None, map(_wrong_file, value if many else [value])), "")
        return f"{name} must be an uploaded file, got {found}. {FILE}" if found else ""
    for kind, types, words in WANTED:
        if isinstance(component, kind):
            fits = isinstance(value, types) and (not isinstance(value, bool) or bool in types)
            if isinstance(value, float) and not isfinite(value):
                fits = False
            return "" if fits else f"{name} must be {words}, got {_type_name(value)}."
    return ""


def _wrong_file(value: Any) -> str:
    """What was sent for a file, where that is none; empty where it looks like one."""
    place = value.get("path") or value.get("url") if isinstance(value, dict) else value
    if isinstance(place, str) and place.startswith("data:"):
        return "a data URL"
    if isinstance(value, dict):
        return "" if isinstance(place, str) and "meta" in value else "an object that names no uploaded file"
    return _type_name(value)


def _type_name(value: Any) -> str:
    names = {
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        type(None): "nothing",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), type(value).__name__)
