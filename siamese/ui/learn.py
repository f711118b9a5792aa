"""The Learn tab: a small network is trained before the visitor's eyes."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from siamese.matcher import Matcher
from siamese.ui import components
from siamese.ui.examples import evenly
from siamese.ui.glossary import linked
from siamese.ui.gpu import on_gpu
from siamese.ui.line import Line
from siamese.ui.live_settings import Settings, enough_digits, enough_pictures, ready_settings
from siamese.ui.requests import sent
from siamese.ui.static_files import STATIC, on_demand
from siamese.ui.wording import wording_of

if TYPE_CHECKING:
    from siamese.ui.live_training import GallerySplit
    from siamese.ui.snapshots import Snapshot

MAX_RUNS = max(1, min(4, (os.cpu_count() or 2) // 2))  # at a time, each on a core; as many cores are left for answers
GPU_SECONDS = 60  # for which a run may hold a Space GPU; it needs far fewer
SCALE = 32767 / 2  # positions lie within -2 to 2, and are sent as 16-bit numbers
EXCLUDABLE = 10  # labels that can be left out, the first ones
MOST_PICTURES = 10_000  # of a run
FILES = (
    "learn.css",
    "learn_settings.js",
    "learn_form.js",
    "learn_curve.js",
    "learn_plots.js",
    "learn_projection.js",
    "learn_lines.js",
    "learn_map.js",
    "learn_view.js",
    "learn.js",
)


def possible(matcher: Matcher) -> bool:
    """Whether a run can learn from a gallery: from ten digits, or from four classes of eight pictures."""
    enough = enough_digits if matcher.input.kind == "ink" else enough_pictures
    return enough(matcher.gallery.labels[pictures_of_run(matcher)])


def build(matcher: Matcher, sheet: dict, seconds: float, line: Line) -> None:
    """Lay out the tab and connect its events.

    Args:
        matcher: a run learns from its gallery.
        sheet: where the gallery's pictures are, as `gallery_pictures.sheet_of` tells.
        seconds: of processor time that a run may take.
        line: that runs wait in.
    """
    words = wording_of(matcher)
    gr.Markdown(
        linked(
            f"{words.learn_lead} It learns from the other pictures of the gallery, for at most {seconds:g} seconds; the model that "
            "answers in the other tabs is never touched."
        ),
        elem_classes="lead",
    )
    split = functools.cache(lambda: split_of(matcher))  # made when the tab is first opened

    def held_out(_: None) -> dict:  # Gradio passes one argument, always
        shown = split()
        return {
            "indices": shown.indices.tolist(),
            "labels": shown.held_out.labels.tolist(),
            "names": list(shown.held_out.names),
        }

    view = components.json_html(
        (STATIC / "learn.html").read_text(encoding="utf-8"),
        "siamese.learn(element, props, trigger, watch, server)",
        head=on_demand(*FILES),
        elem_id="learn",
        sprite=sheet,
        label=words.label,
        many=words.labels,
        names=list(matcher.labels[:EXCLUDABLE]),
        ready_settings=ready_settings(words),
        server_functions=[held_out],
    )

    # Decorated before the app starts, when ZeroGPU looks for decorated functions. Its worker is forked, and so has the
    # split in its memory.
    @on_gpu(duration=GPU_SECONDS)
    def snapshots(settings: Settings) -> Generator[Snapshot, None, None]:
        import torch

        from siamese.ui.live_training import run

        yield from run(settings, split(), seconds, "cuda" if torch.cuda.is_available() else "cpu")

    # The settings come with the event. The component's value cannot hold them: a run writes its messages to it, for a
    # moment even after it was stopped.
    def train(event: gr.EventData, request: gr.Request) -> Iterator[str | None]:
        for message in messages(event, snapshots, line, str(request.session_hash), words.drawn):
            yield components.to_json(message)

    event = view.submit(
        train,
        None,
        view,
        concurrency_limit=None,  # the line has its own, and keeps nobody waiting in Gradio's queue
        trigger_mode="multiple",  # otherwise no run starts while the last one is still stopping
        show_progress="hidden",
        api_visibility="private",
    )
    view.stop(None, None, None, cancels=[event])


def messages(
    event: gr.EventData,
    run: Callable[[Settings], Generator[Snapshot, None, None]],
    line: Line,
    session: str,
    digits: bool = True,
) -> Iterator[dict]:
    """The messages to the page: how many runs come first, each snapshot as it is taken, and at the end all of them, or
    the problem. They end early where nobody listens any more.

    All of them are sent again because a browser skips updates that it has no time to show.

    Args:
        event: with "number" and "settings". Each message repeats the number, by which the page knows the run.
        run: trains with the settings and yields the snapshots.
        line: to wait in.
        session: that asks.
        digits: whether the settings come to a `train.py` command, which is sent along.
    """
    answer = {"number": sent(event, "number")}
    taken: list[dict] = []
    try:
        settings = Settings.of(sent(event, "settings"))
        if digits:
            answer["command"] = settings.command()
        with line.place(session) as place:
            for ahead in line.ahead(place):
                yield answer | {"ahead": ahead}
            with closing(run(settings)) as snapshots:
                while not line.gone(place) and (snapshot := next(snapshots, None)):
                    taken.append(snapshot_value(snapshot))
                    yield answer | {"snapshots": taken[-1:]}
            if line.gone(place):
                return
    except ValueError as error:
        yield answer | {"problem": str(error)}
    else:
        yield answer | {"snapshots": taken, "done": True}


def split_of(matcher: Matcher) -> GallerySplit:
    """The pictures of a run in two parts; `indices` are those of the gallery."""
    from siamese.ui.live_training import split_gallery, split_pictures

    chosen = pictures_of_run(matcher)
    images, labels = matcher.gallery.images[chosen], matcher.gallery.labels[chosen]
    ink = matcher.input.kind == "ink"
    split = split_gallery(images, labels) if ink else split_pictures(images, labels, matcher.labels)
    return replace(split, indices=chosen[split.indices])


def pictures_of_run(matcher: Matcher) -> np.ndarray:
    """Ascending gallery indices of the pictures that a run learns from or is measured on: all, or some of many."""
    return evenly(matcher.gallery.sample, MOST_PICTURES)


def snapshot_value(snapshot: Snapshot) -> dict:
    """A snapshot as the page reads it: positions as 16-bit numbers, the histograms as shares of 65,535."""
    return {
        "step": snapshot.step,
        "steps": snapshot.steps,
        "loss": snapshot.loss,
        "active": snapshot.active,
        "accuracy": snapshot.accuracy,
        "unseen_accuracy": snapshot.unseen_accuracy,
        "explained": round(snapshot.explained, 4),
        "seconds": round(snapshot.seconds, 2),
        "positions": positions_value(snapshot.positions),
        "same": components.base64_of(np.rint(snapshot.same * 65535).astype("<u2")),
        "different": components.base64_of(np.rint(snapshot.different * 65535).astype("<u2")),
        "lines": {
            "step": snapshot.lines.step,
            "labels": snapshot.lines.labels.tolist(),
            "positions": positions_value(snapshot.lines.positions),
            "pulled": snapshot.lines.pulled.tolist(),
            "pushed": snapshot.lines.pushed.tolist(),
            "active": snapshot.lines.active,
            "possible": snapshot.lines.possible,
        },
    }


def positions_value(positions: np.ndarray) -> str:
    """(N, 2 or 3) positions, within -2 to 2, as the page reads them."""
    return components.base64_of(np.rint(positions * SCALE).clip(-32767, 32767).astype("<i2"))
