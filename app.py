"""The Space: load a bundle, lay out the page, serve it.

python app.py                                          # the bundle that ships, on http://127.0.0.1:7860
SIAMESE_MODEL=user/repo python app.py                  # a bundle on the Hugging Face Hub, or in a folder
SIAMESE_MODEL=pretrained,runs/groceries python app.py  # several, each on a page of its own

Nothing happens on import: each worker process imports this file again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from siamese.ui.requests import Page
    from siamese.ui.serving import Served

HUB_SECONDS = 8.0  # that the Hub may take before the app goes up without it


def prepare() -> None:
    """Do what has to be done before Gradio, NumPy and torch are imported."""
    # Read by Gradio: no telemetry, no summary of past events after each one, and few of them kept.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")
    # Read by torch and NumPy: an answer is too small to be shared between cores, and visitors ask at the same time.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with contextlib.suppress(ImportError):  # before torch, where there is a Space GPU to attach
        import spaces  # noqa: F401
    # Read by Gradio: where uploads go. It removes them after an hour, and this process's folder goes with the process.
    from siamese.ui.leavings import temporary_folder

    os.environ.setdefault("GRADIO_TEMP_DIR", str(temporary_folder()))


def build() -> tuple[Served, Page]:
    """What is served, and its page, laid out but not launched."""
    prepare()
    from siamese.ui import page
    from siamese.ui.serving import serve, serve_instead

    wanted = os.environ.get("SIAMESE_MODEL")
    served = serve(wanted, HUB_SECONDS)

    def retry() -> str:
        """Ask the Hub once more. If it answers, start anew with its model, which now lies in the cache."""
        again = serve(wanted, HUB_SECONDS)
        if not again.problem:
            print(f"Starting anew with {again.matcher.source}", file=sys.stderr, flush=True)
            served.matcher.close()
            os.execv(sys.executable, [sys.executable, *sys.argv])
        return again.problem

    def laid_out() -> Page:
        if served.problem:
            print(served.problem, file=sys.stderr, flush=True)
        return page.build(served.matcher, served.problem, retry, others=served.others)

    try:
        return served, laid_out()
    except Exception as error:
        served = serve_instead(served, error)
        return served, laid_out()


def main() -> None:
    """Serve the page until Ctrl+C, or until SIGTERM is sent."""
    _on_signals(_end_at_once)
    served, demo = build()
    from siamese.ui import leavings, page

    _on_signals(_end)
    try:
        page.launch(demo)
    except SystemExit as ended:
        served.matcher.close()
        leavings.remove_own()
        # At once: the interpreter would wait for open streams and for runs of the Learn tab, or abort in their midst.
        os._exit(int(ended.code or 0))


def _on_signals(end: Callable[..., None]) -> None:
    for sent, status in ((signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM)):
        if signal.getsignal(sent) != signal.SIG_IGN:  # as `nohup` leaves it
            signal.signal(sent, partial(end, status))


def _end_at_once(status: int, *_: object) -> None:
    """While the app starts: an exception in the midst of an import can come out as another one, or get lost."""
    from siamese.ui import leavings

    leavings.remove_own()
    os._exit(status)


def _end(status: int, *_: object) -> None:
    raise SystemExit(status)


if __name__ == "__main__":
    main()
