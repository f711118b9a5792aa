"""A matcher for many visitors at once: while several are served, other processes read their drawings.

Python runs one thread at a time in a process. While a drawing is read, hundreds of short calls give the
interpreter to the threads that serve the page and wait to have it back; so once two drawings are to be
read at a time, they go to a process of their own, and to another while all are busy, up to one a core and
four in all. What waits for one goes there together, and is embedded together. Each is started the first time
that it is wanted and ends with the app; where one fails the matcher reads by itself, as it does for a single visitor.

    python -m siamese.ui.worker_pool FOLDER      # such a process: pickled requests by standard input, answers by standard output
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import islice
from pathlib import Path

from siamese.bundle.format import Bundle
from siamese.matcher import Matcher, Picture, Symbol, load

PACKAGES = Path(__file__).resolve().parent.parent.parent
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
MOST = min(CORES, 4)  # processes that read
TOGETHER = 4  # visitors whose drawings are read at once
GONE = (OSError, EOFError, pickle.UnpicklingError)  # what talking to a process that has ended raises


class CrowdMatcher(Matcher):
    """Answers as `Matcher` does."""

    def __init__(self, bundle: Bundle, source: str, folder: Path) -> None:
        super().__init__(bundle, source, folder)
        self._reading = 0
        self._counting = threading.Lock()
        self._helpers: list[Helper] = []

    def read_all(self, pictures: Sequence[Picture]) -> list[Symbol]:
        """Read pictures, here if nobody else's are being read."""
        if all(isinstance(picture, Symbol) for picture in pictures):
            return list(pictures)
        with self._counting:
            self._reading += 1
            helper = self._least_busy() if self._reading > 1 else None
            if helper:
                helper.asked += 1
        try:
            if helper is None:
                return super().read_all(pictures)
            try:
                return helper.ask(list(pictures))
            except GONE:
                helper.close()
                with self._counting:
                    self._helpers = [other for other in self._helpers if other is not helper]
                return super().read_all(pictures)  # the next crowd starts another
        finally:
            with self._counting:
                self._reading -= 1
                if helper:
                    helper.asked -= 1

    def _least_busy(self) -> Helper | None:
        """The helper that is ready and has least to do, if there is one; another is started if all have something to do."""
        ready = [helper for helper in self._helpers if helper.ready.is_set()]
        if len(ready) == len(self._helpers) < MOST and all(helper.asked for helper in ready):
            with suppress(OSError):  # no memory or no process is left: those that are there go on
                self._helpers.append(Helper(self.folder))
        return min(ready, key=lambda helper: helper.asked, default=None)


class Helper:
    """A process that reads for another: pickles go through pipes that nobody else holds.

    Attributes:
        ready: set once it has loaded its bundle; what cannot be read until then is read elsewhere.
        asked: how many are waiting for its answer.
    """

    def __init__(self, folder: Path) -> None:
        paths = [str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "siamese.ui.worker_pool", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # Ctrl+C is the app's to handle; this one ends when its input does
        )
        self.ready = threading.Event()
        self.asked = 0
        self._waiting: deque[tuple[bytes, Future]] = deque()  # pickled pictures, and who asked
        self._changed = threading.Condition()
        self._gone = False
        self._messenger = threading.Thread(target=self._carry, daemon=True)
        self._messenger.start()

    def ask(self, pictures: list[Picture]) -> list[Symbol]:
        """What reading the pictures returns.

        Raises:
            ValueError: one of them cannot be read.
            OSError, EOFError, pickle.UnpicklingError: the process has ended.
        """
        # Pickled here, so that what cannot be is told to whoever asked, and holds up nobody else.
        request, answer = pickle.dumps(pictures), Future()
        with self._changed:
            if self._gone:
                raise EOFError("the process was ended")
            self._waiting.append((request, answer))
            self._changed.notify()
        return answer.result()

    def close(self) -> None:
        """End the process and wait until it has; asking fails from then on."""
        with self._changed:
            self._gone = True
            self._changed.notify()
        self.process.kill()
        self.process.wait()
        self._messenger.join()

    def _carry(self) -> None:
        """Carry what waits to the process, and back what it answers, until the process is gone."""
        asked: list[tuple[bytes, Future]] = []
        try:
            pickle.load(self.process.stdout)
            self.ready.set()
            while asked := self._next():
                pickle.dump([request for request, _ in asked], self.process.stdin)
                self.process.stdin.flush()
                for (_, answer), said in zip(asked, pickle.load(self.process.stdout), strict=True):
                    if isinstance(said, ValueError):
                        answer.set_exception(said)
                    else:
                        answer.set_result(said)
        except GONE as error:  # whoever asked goes on without it
            with self._changed:
                self._gone = True
            for _, answer in asked:
                answer.set_exception(error)
        for _, answer in self._waiting:
            answer.set_exception(EOFError("the process was ended"))
        self.ready.set()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(BrokenPipeError):  # half a request may be left, which nobody reads any more
                pipe.close()

    def _next(self) -> list[tuple[bytes, Future]]:
        """What waits, as much as is read at once; nothing once the process is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._gone)
            return [] if self._gone else [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]


def main(folder: str) -> None:
    """Read what is asked for until the process that asks has ended."""
    answers, sys.stdout = sys.stdout.buffer, sys.stderr  # nothing else is printed among the answers
    matcher = load(folder)
    answer: object = True
    while True:
        pickle.dump(answer, answers)
        answers.flush()
        try:
            requests = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        answer = read_each(matcher, [pickle.loads(request) for request in requests])


def read_each(matcher: Matcher, requests: list[list[Picture]]) -> list[list[Symbol] | ValueError]:
    """What reading the pictures of each request returns or raises."""
    try:
        symbols = iter(matcher.read_all([picture for pictures in requests for picture in pictures]))
        return [list(islice(symbols, len(pictures))) for pictures in requests]
    except ValueError as error:
        if len(requests) == 1:
            return [error]
        return [read_each(matcher, [pictures])[0] for pictures in requests]


if __name__ == "__main__":
    main(sys.argv[1])
