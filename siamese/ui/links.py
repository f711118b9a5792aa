"""Settings that stand in the page's address, so that a link opens what was seen. `static/link.js` does it in the browser."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}  # the browser does it


def follow(settings: dict[str, gr.Slider | gr.Radio | gr.Dropdown | gr.Checkbox]) -> None:
    """Keep the values of some components in the address, and set them from it when the page is opened.

    What is at its default is left out. A value of an address that its component does not have is passed over.
    `siamese.link.settled` in the browser waits for it, so a page calls this at most once.

    Args:
        settings: by their names in the address.
    """
    components = list(settings.values())
    told = json.dumps([_told(name, component) for name, component in settings.items()])
    changes = [component.input for component in components]
    gr.on(changes, None, components, None, js=f"(...values) => siamese.link.keep({told}, values)", **QUIET)
    restored = gr.on(None, None, None, components, js=f"() => siamese.link.restored({told})", **QUIET)
    restored.then(None, None, None, js="() => siamese.link.settle()", **QUIET)


def press(name: str, buttons: dict[str, gr.Button]) -> None:
    """Press a button when the page is opened at an address that names it; `pressed` puts it there.

    Args:
        name: in the address.
        buttons: by their values in the address; each has an `elem_id`.
    """
    ids = json.dumps({value: button.elem_id for value, button in buttons.items()})
    gr.on(None, None, None, None, js=f"() => siamese.link.press({json.dumps(name)}, {ids})", **QUIET)


def pressed(name: str, value: str | None) -> str:
    """JavaScript for an event: put a value into the address, or take it out, and pass the event's inputs on."""
    return f"(...inputs) => {{ siamese.link.set({{{name}: {json.dumps(value)}}}); return inputs; }}"


def _told(name: str, component: Any) -> dict:
    """What the browser has to know of a component."""
    told = {"name": name, "value": component.value}
    if isinstance(component, gr.Slider):
        return told | {"least": component.minimum, "most": component.maximum}
    if isinstance(component, gr.Radio | gr.Dropdown):
        return told | {"choices": [value for _, value in component.choices]}
    return told | {"choices": [False, True]}
