"""Many visitors at once are answered as one is, by worker processes, and without them where they fail."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from gradio.utils import NamedString
from PIL import Image

from siamese import BlankImageError, Matcher, Query
from siamese.ui.api import given
from siamese.ui.serving import CACHED, LARGEST_CACHED, ServedMatcher
from siamese.ui.worker_pool import WorkerPool
from siamese.ui.worker_process import encode_batch, start_worker
from tests.helpers import ROOT

SECONDS = 120  # that a worker may take to start, or to end, on a busy machine
HOLD = "hold"  # a picture that takes until it is released


class Visitors:
    """A worker pool, what was encoded in this process, and a way to keep another visitor waiting."""

    def __init__(self, matcher: Matcher, folder: Path | None = None, **options) -> None:
        self.matcher = matcher
        self.here: list = []
        self._release = threading.Event()
        self.pool = WorkerPool(folder or matcher.folder, self._encode_here, **options)

    def _encode_here(self, pictures):
        if pictures[0] is HOLD:
            assert self._release.wait(SECONDS)
            return []
        self.here.extend(pictures)
        return self.matcher.encode_all(pictures)

    @contextmanager
    def another(self) -> Iterator[None]:
        """Somebody else's picture is being encoded all the while."""
        self._release.clear()
        with ThreadPoolExecutor(1) as other:
            held = other.submit(self.pool.encode_all, [HOLD])
            try:
                wait_until(lambda: self.pool._encoding > 0)
                yield
            finally:
                self._release.set()
                held.result(SECONDS)

    def encode(self, picture) -> Query:
        (query,) = self.pool.encode_all([picture])
        return query

    def warm_up(self) -> int:
        """Start the workers and wait until the first is warm; its process id."""
        with self.another():
            self.encode(self.matcher.gallery.images[0])
        pid = self.pool.executor.warm.result(SECONDS)
        self.here.clear()
        return pid


def wait_until(met: Callable[[], object]) -> None:
    until = time.monotonic() + SECONDS
    while not met():
        assert time.monotonic() < until
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Whether a process has ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture(scope="module")
def shared(matcher: Matcher) -> Iterator[Visitors]:
    """Visitors whose first worker is warm."""
    visitors = Visitors(matcher, size=2, limit=SECONDS)
    visitors.warm_up()
    yield visitors
    visitors.pool.close()


@pytest.fixture
def visitors(shared: Visitors) -> Visitors:
    shared.here.clear()
    return shared


@pytest.fixture
def own(matcher: Matcher) -> Iterator[Visitors]:
    """Visitors with workers that the test may break; new ones are started at once."""
    visitors = Visitors(matcher, size=1, limit=SECONDS, restart=0)
    yield visitors
    visitors.pool.close()


def drawing(ink: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(255 - ink).resize((280, 280), Image.Resampling.BICUBIC).save(stream, "PNG")
    return stream.getvalue()


def test_workers_encode_as_this_process_does(visitors, matcher, hundred):
    drawings = [drawing(ink) for ink in hundred.images[:20, 0].numpy()]
    with visitors.another(), ThreadPoolExecutor(8) as at_once:
        queries = list(at_once.map(visitors.encode, drawings))
    assert visitors.here == []
    for query, picture in zip(queries, drawings, strict=True):
        expected = matcher.encode(picture)
        assert np.array_equal(query.pixels, expected.pixels)
        assert query.embedding == pytest.approx(expected.embedding, abs=1e-6)
        for near, wanted in zip(query.nearest, expected.nearest, strict=True):
            assert (near.index, near.label) == (wanted.index, wanted.label)
            assert near.distance == pytest.approx(wanted.distance, abs=1e-6)
            assert near.probability == pytest.approx(wanted.probability, abs=1e-4)


def test_another_worker_encodes_while_the_first_is_busy(visitors, matcher):
    """As many are started as there are cores, and no more."""
    drawings = [drawing(ink) for ink in matcher.gallery.images[:40]]
    with visitors.another(), ThreadPoolExecutor(8) as at_once:
        list(at_once.map(visitors.encode, drawings))
    assert len(visitors.pool.executor.processes) == 2
    assert visitors.here == []


def test_what_is_wrong_with_a_picture_is_said_in_the_same_words(visitors, matcher):
    for wrong, kind in ((drawing(np.zeros((28, 28), np.uint8)), BlankImageError), (b"no picture", ValueError)):
        with pytest.raises(kind) as alone:
            matcher.encode(wrong)
        with visitors.another(), pytest.raises(kind) as helped:
            visitors.encode(wrong)
        assert type(helped.value) is type(alone.value)
        assert str(helped.value) == str(alone.value)
    assert visitors.here == []


def test_what_waits_is_encoded_together_and_each_is_told_its_own(matcher):
    drawings = [drawing(ink) for ink in matcher.gallery.images[:4]]
    first, wrong, last = encode_batch(str(matcher.folder), [[drawings[0]], [b"none"], drawings[1:]])
    assert isinstance(wrong, ValueError) and "cannot be read" in str(wrong)
    for query, picture in zip(first + last, drawings, strict=True):
        assert np.array_equal(query.pixels, matcher.encode(picture).pixels)
    together = encode_batch(str(matcher.folder), [[drawings[0]], [], drawings[1:]])
    assert [len(queries) for queries in together] == [1, 0, 3]


def test_what_cannot_be_pickled_is_encoded_here_and_holds_up_nobody_else(visitors, matcher):
    class Local(os.PathLike):
        def __fspath__(self):
            return str(ROOT / "docs" / "compare.png")

    executor = visitors.pool.executor
    with visitors.another():
        assert np.array_equal(visitors.encode(local := Local()).pixels, matcher.encode(local).pixels)
        assert visitors.here == [local]
        picture = drawing(matcher.gallery.images[0])
        assert np.array_equal(visitors.encode(picture).pixels, matcher.encode(picture).pixels)
    assert visitors.here == [local]
    assert visitors.pool.executor is executor


def test_a_lone_visitor_starts_no_worker(own, matcher):
    for ink in matcher.gallery.images[:3]:
        own.encode(ink)
    assert own.pool.executor is None
    assert len(own.here) == 3


def test_a_killed_worker_is_done_without_and_replaced(own, matcher):
    picture = drawing(matcher.gallery.images[1])
    os.kill(own.warm_up(), signal.SIGKILL)
    lost = own.pool.executor
    with own.another():
        until = time.monotonic() + SECONDS
        while own.pool.executor is lost and time.monotonic() < until:  # its end is noticed; it answers nothing
            assert np.array_equal(own.encode(picture).embedding, matcher.encode(picture).embedding)
        assert own.pool.executor is not lost
        assert own.here
        own.encode(picture)
        assert own.pool.executor.warm.result(SECONDS)
        own.here.clear()
        assert np.array_equal(own.encode(picture).embedding, matcher.encode(picture).embedding)
    assert own.here == []


def test_a_worker_that_hangs_costs_its_visitor_the_limit_and_is_replaced(own, matcher):
    picture = drawing(matcher.gallery.images[1])
    hung = own.warm_up()
    executor = own.pool.executor
    own.pool.limit = 0.2
    os.kill(hung, signal.SIGSTOP)
    with own.another():
        assert np.array_equal(own.encode(picture).embedding, matcher.encode(picture).embedding)
        assert own.here == [picture]
        assert own.pool.executor is not executor
        wait_until(lambda: is_gone(hung))
        own.pool.limit = SECONDS
        own.encode(picture)
        assert own.pool.executor.warm.result(SECONDS) != hung
        own.here.clear()
        own.encode(picture)
    assert own.here == []


def test_only_what_a_worker_has_had_for_long_counts_as_hung(own, matcher):
    """With too many visitors an answer can be late, too; that is no reason to start other workers."""
    worker = own.warm_up()
    executor = own.pool.executor
    assert not executor.has_hung(0)
    os.kill(worker, signal.SIGSTOP)
    answer = executor.submit([drawing(matcher.gallery.images[0])])
    wait_until(lambda: executor.has_hung(0))
    assert not executor.has_hung(SECONDS)
    os.kill(worker, signal.SIGCONT)
    assert len(answer.result(SECONDS)) == 1
    wait_until(lambda: not executor.has_hung(0))


def test_a_request_that_waits_behind_a_worker_that_hangs_is_given_back(own, matcher):
    hung = own.warm_up()
    executor = own.pool.executor
    os.kill(hung, signal.SIGSTOP)
    answers = [executor.submit([drawing(ink)]) for ink in matcher.gallery.images[:10]]
    executor.close()
    for answer in answers:
        with pytest.raises(BrokenProcessPool):
            answer.result(SECONDS)
    with pytest.raises(BrokenProcessPool):
        executor.submit([])


@pytest.mark.parametrize(
    "error", [BlockingIOError("Resource temporarily unavailable"), RuntimeError("can't start new thread")], ids=repr
)
def test_where_no_process_can_be_started_this_one_encodes(own, matcher, monkeypatch, error):
    def refused(folder, size):
        raise error

    monkeypatch.setattr("siamese.ui.worker_pool.BatchingExecutor", refused)
    with own.another():
        assert np.array_equal(own.encode(matcher.gallery.images[0]).pixels, matcher.gallery.images[0])
    assert own.pool.executor is None
    assert own.pool._encoding == 0, "a lone visitor is alone again"


def test_a_request_that_nobody_awaits_is_not_encoded(own, matcher):
    """It was given up while it waited for a worker that was busy."""
    own.warm_up()
    executor = own.pool.executor
    busy = [executor.submit([drawing(ink) for ink in matcher.gallery.images[:40]]) for _ in range(executor._size)]
    waiting = executor.submit([drawing(matcher.gallery.images[41])])
    assert waiting.cancel()
    for answer in busy:
        assert len(answer.result(SECONDS)) == 40
    assert len(executor.submit([drawing(matcher.gallery.images[42])]).result(SECONDS)) == 1


def test_a_closed_pool_starts_no_others(own, matcher):
    own.pool.close()
    with own.another():
        own.encode(matcher.gallery.images[0])
    assert own.pool.executor is None


def test_workers_that_cannot_load_their_bundle_are_done_without(matcher, tmp_path):
    nowhere = Visitors(matcher, folder=tmp_path, size=1)
    with nowhere.another():
        nowhere.encode(matcher.gallery.images[0])
        broken = nowhere.pool.executor
        assert isinstance(broken.warm.exception(SECONDS), BrokenProcessPool)
        for _ in range(2):
            assert np.array_equal(nowhere.encode(matcher.gallery.images[0]).pixels, matcher.gallery.images[0])
        assert nowhere.pool.executor is None  # and none is started again at once
    assert len(nowhere.here) == 3


APP = """
import sys, time
from siamese.ui.batching_executor import BatchingExecutor
from pathlib import Path

if __name__ == "__main__":
    executor = BatchingExecutor(Path(sys.argv[1]), 1)
    try:
        print({said}, flush=True)
        time.sleep({seconds})
    except KeyboardInterrupt:
        executor.close()
"""


def start_app(folder: Path, bundle: Path, said: str = "executor.warm.result()", seconds: int = SECONDS):
    """An app with workers, in a session of its own, and the first line that it prints."""
    script = folder / "app.py"
    script.write_text(APP.format(said=said, seconds=seconds))
    command = [sys.executable, str(script), str(bundle)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    app = subprocess.Popen(command, text=True, start_new_session=True, **pipes)
    return app, app.stdout.readline()


@pytest.mark.parametrize("way", ["killed", "terminated", "interrupted", "ended"])
def test_workers_end_with_the_app_and_print_nothing(matcher, tmp_path, way):
    app, worker = start_app(tmp_path, matcher.folder, seconds=0 if way == "ended" else SECONDS)
    if way == "interrupted":
        os.killpg(app.pid, signal.SIGINT)  # as a terminal does: the app and its workers
    elif way != "ended":
        app.send_signal(signal.SIGKILL if way == "killed" else signal.SIGTERM)
    _, errors = app.communicate(timeout=SECONDS)
    wait_until(lambda: is_gone(int(worker)))
    assert "Traceback" not in errors
    if way in ("interrupted", "ended"):
        assert (app.returncode, errors) == (0, "")


def test_a_worker_is_deaf_to_ctrl_c_from_its_first_moment(matcher, tmp_path):
    """Until its bundle is loaded, too; importing torch takes a second or more."""
    app, _ = start_app(tmp_path, matcher.folder, said="0")
    os.killpg(app.pid, signal.SIGINT)
    _, errors = app.communicate(timeout=SECONDS)
    assert (app.returncode, errors) == (0, "")


def test_importing_the_app_does_nothing():
    """A worker imports it, as `__mp_main__`."""
    code = "import sys, runpy; runpy.run_path('app.py', run_name='__mp_main__'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert "contextlib" in modules
    assert [name for name in modules if name.split(".")[0] in ("siamese", "gradio", "torch", "numpy")] == []


def test_a_worker_imports_no_page():
    assert find_spec("siamese.ui.page")
    code = "import sys; import siamese.ui.worker_process; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert start_worker.__module__ in modules
    assert [name for name in modules if name == "gradio" or name.startswith("siamese.ui.page")] == []


def test_a_worker_imports_nothing_for_its_first_picture(matcher, tmp_path):
    """A path of Gradio's own type made it import all of Gradio, for seconds, and it was taken to hang."""
    sent = tmp_path / "sent.pickle"
    picture = tmp_path / "digit.png"
    Image.fromarray(255 - matcher.gallery.images[1]).save(picture)
    sent.write_bytes(pickle.dumps([[given(NamedString(picture))]]))
    code = (
        "import pickle, sys; from pathlib import Path; from siamese.ui import worker_process\n"
        "worker_process.start_worker(sys.argv[1])\n"
        "before = set(sys.modules)\n"
        "answers = worker_process.encode_batch(sys.argv[1], pickle.loads(Path(sys.argv[2]).read_bytes()))\n"
        "print(len(answers[0]), *set(sys.modules) - before)\n"
    )
    words = [sys.executable, "-c", code, str(matcher.folder), str(sent)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"]


# --- the cache ----------------------------------------------------------------------------------------


@pytest.fixture
def served(matcher: Matcher) -> ServedMatcher:
    return ServedMatcher(matcher.bundle, matcher.source, matcher.folder)


def test_a_drawing_is_encoded_once(served, matcher):
    first, second = (drawing(ink) for ink in matcher.gallery.images[:2])
    once = served.encode(first)
    again, other, passed = served.encode_all([first, second, once])
    assert again is once and passed is once
    assert other is served.encode(second) and other is not once
    other_app = ServedMatcher(matcher.bundle, matcher.source, matcher.folder)
    assert other_app.encode(first) is not once


def test_only_drawings_files_are_kept_and_only_the_last(served, matcher, tmp_path):
    picture = drawing(matcher.gallery.images[0])
    path = tmp_path / "drawing.png"
    path.write_bytes(picture)
    large = picture + bytes(LARGEST_CACHED)
    for kind in (matcher.gallery.images[0], str(path), Image.open(path), large):
        assert served.encode(kind) is not served.encode(kind)
    kept = served.encode(picture)
    for number in range(CACHED):
        served.encode(picture + number.to_bytes(2, "big"))
    assert served.encode(picture) is not kept


def test_a_picture_that_cannot_be_read_is_not_kept(served, matcher):
    good = drawing(matcher.gallery.images[0])
    for _ in range(2):
        with pytest.raises(ValueError, match="cannot be read"):
            served.encode_all([good, b"no picture"])
    assert np.array_equal(served.encode(good).pixels, matcher.encode(good).pixels)
