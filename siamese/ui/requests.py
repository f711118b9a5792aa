"""Requests that are no valid input of a component: each is answered by a sentence that says what to send instead."""

from __future__ import annotations

from typing import Any

import gradio as gr

FILE = "Upload the file to /gradio_api/upload and send what comes back, as gradio_client's handle_file does."


class Page(gr.Blocks):
    """Blocks that tell what is wrong with a value that a component cannot take; Gradio tells nothing."""

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """As Gradio does it.

        Raises:
            gr.Error: a value is none that its component takes.
        """
        try:
            return await super().preprocess_data(block_fn, inputs, *args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            told = problem(block_fn.inputs, inputs)
            if not told:
                raise
            raise gr.Error(told, print_exception=False) from error


def problem(components: list[Any], values: list[Any]) -> str:
    """What is wrong with the values of a request; empty where nothing is found.

    Args:
        components: that the values are for.
        values: as they were sent.
    """
    if len(components) != len(values):
        return f"This takes {len(components)} values, got {len(values)}."
    for component, value in zip(components, values, strict=True):
        if isinstance(component, gr.File):
            many = component.file_count == "multiple"
            if many and value is not None and not isinstance(value, list):
                return f"{component.label!r} must be a list of files. {FILE}"
            for each in value if isinstance(value, list) else [value]:
                wrong = _wrong_file(each)
                if wrong:
                    return f"{component.label!r} must be a picture's file, got {wrong}. {FILE}"
    return ""


def _wrong_file(value: Any) -> str:
    """What was sent for a file, where that is none; empty where it looks like one."""
    place = value.get("path") or value.get("url") if isinstance(value, dict) else value
    if value is None:
        return ""
    if isinstance(place, str) and place.startswith("data:"):
        return "a data URL"
    if isinstance(value, dict):
        return "" if isinstance(place, str) and "meta" in value else "an object that names no uploaded file"
    return "text" if isinstance(value, str) else f"a value of the type {type(value).__name__}"
