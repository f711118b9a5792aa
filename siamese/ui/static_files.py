"""What the browser gets of `static/`: the scripts in the page's head, and files that it fetches."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from siamese.ui import glossary

STATIC = Path(__file__).parent / "static"
SCRIPTS = (
    "base.js",
    "link.js",
    "glossary.js",
    "canvas.js",
    "canvas_input.js",
    "photo_pad.js",
    "first_visit.js",
    "verdict.js",
    "seen.js",
    "decision.js",
    "grid.js",
    "symbols.js",
)


def head() -> str:
    """All components' JavaScript, and the glossary, for the page's head."""
    base, *scripts = ((STATIC / name).read_text(encoding="utf-8") for name in SCRIPTS)
    terms = f"window.siamese.terms = {json.dumps(glossary.entries())};"
    return "<script>" + "\n".join((base, terms, *scripts)) + "</script>"


def on_demand(*names: str) -> str:
    """Tags that fetch style sheets and scripts of `static/`, in this order, once the component is there whose `head` they are.

    The first tab is not kept waiting for them.
    """
    files = [STATIC / name for name in names]
    gr.set_static_paths(files)
    tags = []
    for file in files:
        url = file_url(file)
        style = file.suffix == ".css"
        tags.append(f'<link rel="stylesheet" href="{url}">' if style else f'<script src="{url}"></script>')
    return "".join(tags)


def file_url(path: Path) -> str:
    """Where the page fetches a file that `gr.set_static_paths` allows."""
    return f"gradio_api/file={path.as_posix()}"
