"""The Learn tab: a small network is trained before the visitor's eyes."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from siamese.matcher import Matcher
from siamese.ui import components
from siamese.ui.gpu import on_gpu

if TYPE_CHECKING:
    from siamese.ui.live_training import Pictures, Settings
    from siamese.ui.snapshots import Frame

AT_ONCE = max(1, min(4, (os.cpu_count() or 2) // 2))  # runs, each on a core; as many cores are left for answers
GPU_SECONDS = 60  # that a run may hold a Space GPU; it takes far fewer
SCALE = 32767 / 2  # places lie within -2 to 2, and are sent as 16-bit numbers

DEFAULT = {"loss": "contrastive", "margin": 1.0, "dim": 16, "learning_rate": 0.02, "excluded": [], "seed": 0}
TRIPLET = {"loss": "triplet", "margin": 0.3, "dim": 16, "learning_rate": 0.02, "excluded": [], "seed": 0}

# Name, what is to be seen, and the settings of one run, or of two to compare; `benchmarks/watching.py` ran them all.
PRESETS = (
    (
        "Pull and push",
        "Pictures of the same digit are pulled together, different ones pushed apart until they stand the margin apart: "
        "watch the two distributions part.",
        [DEFAULT],
    ),
    (
        "Collapse",
        "A learning rate 1,500 times too high throws all pictures onto one point, and keeps them there: same or different, "
        "every distance is near 0.",
        [DEFAULT | {"learning_rate": 30, "dim": 2}],
    ),
    (
        "A margin too small",
        "With a margin of 0.1 the pushing stops almost at once: the space stays a crumb, and more pictures stand among the "
        "wrong neighbours than with a margin of 1.",
        [DEFAULT | {"margin": 0.1}, DEFAULT],
    ),
    (
        "Hard from the start",
        "When every digit is still everywhere, the hardest triplets are best met by putting all on one point, where the loss "
        "stays at the margin, 0.3; semi-hard ones leave them out and pull the digits apart.",
        [TRIPLET | {"mining": "batch-hard"}, TRIPLET | {"mining": "semi-hard"}],
    ),
    (
        "Two dimensions or sixteen",
        "Ten digits do not fit on a circle with the margin between them, so they have to share places; sixteen dimensions "
        "have room for all.",
        [DEFAULT | {"dim": 2}, DEFAULT],
    ),
    (
        "8 and 9 never seen",
        "The rings are digits that the network never learned from: they gather all the same, though less cleanly, "
        "the 9s beside the 4s that they look like.",
        [DEFAULT | {"excluded": [8, 9]}],
    ),
)


class WatchView(components.JsonHTML):
    """The tab's controls and pictures. Settings go out with the event `submit`; frames come back as its value."""


def build(matcher: Matcher, sprite_url: str) -> None:
    """Lay out the tab and wire it."""
    gr.Markdown(
        "A small network learns to tell digits apart, and you watch where it puts 1,000 pictures that it does not "
        "learn from. It learns from the other pictures of the gallery, for at most 20 seconds; the model that answers in the "
        "other tabs is never touched.",
        elem_classes="lead",
    )

    def held(_: None) -> dict:  # Gradio passes one argument, always
        part = pictures(matcher)
        return {"indices": part.indices.tolist(), "labels": part.held.labels.tolist()}

    files = [components.STATIC / name for name in ("learn.css", "learn_view.js", "learn.js")]
    gr.set_static_paths(files)
    style, *scripts = map(components.file_url, files)
    view = WatchView(
        None,
        html_template=(components.STATIC / "learn.html").read_text(encoding="utf-8"),
        # Fetched when the tab is opened, so that the first tab is not kept waiting for them.
        head=f'<link rel="stylesheet" href="{style}">' + "".join(f'<script src="{url}"></script>' for url in scripts),
        js_on_load="siamese.watch(element, props, trigger, watch, server)",
        apply_default_css=False,
        elem_id="watch",
        sprite=sprite_url,
        presets=[{"name": name, "words": words, "runs": runs} for name, words, runs in PRESETS],
        server_functions=[held],
    )
    place = gr.HTML(elem_id="watch-place")  # where Gradio tells the place in its queue

    # Decorated before the app starts: ZeroGPU looks for it then. The pictures travel with the worker's memory.
    @on_gpu(duration=GPU_SECONDS)
    def frames(settings: Settings) -> Iterator[Frame]:
        import torch

        from siamese.ui import live_training as watching

        device = "cuda" if torch.cuda.is_available() else "cpu"
        yield from watching.run(settings, pictures(matcher), device=device)

    # The settings come with the event: the value is also what a run that was just stopped may still be answering.
    def train(event: gr.EventData) -> Iterator[dict]:
        yield from messages(event._data, frames)

    event = view.submit(
        train,
        None,
        view,
        concurrency_limit=AT_ONCE,
        concurrency_id="watch",
        trigger_mode="multiple",  # else a run that is asked for before the last has wholly stopped is not begun
        show_progress="minimal",
        show_progress_on=place,
        api_visibility="private",
    )
    view.stop(None, None, None, cancels=[event])


def messages(asked: dict | None, frames: Callable[[Settings], Iterator[Frame]]) -> Iterator[dict]:
    """What the page gets: each frame as it is taken, and in the end all of them, or what is wrong.

    All of them once more, because a browser passes over what it has no time to show, and must not lose it.

    Args:
        asked: {"number", "settings"}; the number comes back with each message, so that the page knows its own.
        frames: makes the run.
    """
    from siamese.ui import live_training as watching

    asked = asked if isinstance(asked, dict) else {}
    answer = {"number": asked.get("number")}
    sent: list[dict] = []
    try:
        settings = watching.Settings.of(asked.get("settings"))
        answer["command"] = settings.command()
        with closing(frames(settings)) as taken:
            for frame in taken:
                sent.append(packed(frame))
                yield answer | {"frames": sent[-1:]}
    except ValueError as error:
        yield answer | {"problem": str(error)}
    else:
        yield answer | {"frames": sent, "over": True}


@lru_cache(maxsize=2)
def pictures(matcher: Matcher) -> Pictures:
    """The gallery's pictures, parted; made when the tab is first opened."""
    from siamese.ui import live_training as watching

    return watching.parted(matcher.gallery.images, matcher.gallery.labels)


def packed(frame: Frame) -> dict:
    """A frame as the page reads it: places as 16-bit numbers, the histograms as shares of 65,535."""
    return {
        "step": frame.step,
        "steps": frame.steps,
        "loss": frame.loss,
        "active": frame.active,
        "accuracy": frame.accuracy,
        "unseen": frame.unseen,
        "shown": round(frame.shown, 4),
        "seconds": round(frame.seconds, 2),
        "places": _base64(np.rint(frame.places * SCALE), "<i2"),
        "same": _base64(np.rint(frame.same * 65535), "<u2"),
        "different": _base64(np.rint(frame.different * 65535), "<u2"),
    }


def _base64(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode("ascii")
