"""What the browser gets of `static/`: the scripts in the page's head, and files that it fetches."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import gradio as gr

from siamese.ui import glossary
from siamese.ui.leavings import temporary_folder

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
    """Tags that fetch style sheets and scripts of `static/` once the component is there whose `head` they are.

    The first tab is not kept waiting for them. The scripts come in this order as one file: each request takes its time.
    """
    sheets = [STATIC / name for name in names if name.endswith(".css")]
    scripts = [STATIC / name for name in names if name.endswith(".js")]
    together = Path(tempfile.mkdtemp(dir=temporary_folder())) / scripts[-1].name
    together.write_text("\n".join(script.read_text(encoding="utf-8") for script in scripts), encoding="utf-8")
    gr.set_static_paths([*sheets, together])
    styles = "".join(f'<link rel="stylesheet" href="{file_url(sheet)}">' for sheet in sheets)
    return f'{styles}<script src="{file_url(together)}"></script>'


def file_url(path: Path) -> str:
    """Where the page fetches a file that `gr.set_static_paths` allows."""
    return f"gradio_api/file={path.as_posix()}"
