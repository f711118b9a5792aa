"""Worker processes that encode pictures once several visitors ask at the same time.

Python runs one thread of a process at a time. While a picture is encoded, hundreds of short calls give the
interpreter lock away to the threads that serve the page, and wait to have it back. So pictures go to other
processes as soon as two visitors ask at once. A lone visitor is answered by the app's own process, which is faster.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent import futures
from pathlib import Path

from siamese.matcher import Picture, Query
from siamese.models.device import usable_cores
from siamese.ui.batching_executor import BatchingExecutor

LIMIT = 3.0  # seconds that an answer of the workers may take; a picture that is sent to them takes some milliseconds
RESTART = 30.0  # seconds from one start of workers to the next, so that workers that always fail cost little
MOST = min(usable_cores(), 4)  # workers

log = logging.getLogger(__name__)


class WorkerPool:
    """Encodes pictures here, or in worker processes while others are being encoded.

    Workers are started when they are first wanted and used once they are warm. Where they fail, pictures are
    encoded here and other workers are started.

    Args:
        folder: of the bundle that the workers load.
        encode_here: encodes pictures in this process.
        size: workers at most.
        limit: seconds that an answer of the workers may take; then the pictures are encoded here. Workers that
            have had them for half as long are taken to hang: they are killed, and others started.
        restart: seconds from one start of workers to the next.

    Attributes:
        executor: of the workers, once they were started.
    """

    def __init__(
        self,
        folder: Path,
        encode_here: Callable[[Sequence[Picture]], list[Query]],
        size: int = MOST,
        limit: float = LIMIT,
        restart: float = RESTART,
    ) -> None:
        self.folder, self.size, self.limit, self.restart = folder, size, limit, restart
        self.executor: BatchingExecutor | None = None
        self._encode_here = encode_here
        self._lock = threading.Lock()
        self._encoding = 0  # calls of encode_all in progress
        self._next_start = 0.0

    def encode_all(
        self,
        pictures: Sequence[Picture],
        folder: Path | None = None,
        encode_here: Callable[[Sequence[Picture]], list[Query]] | None = None,
    ) -> list[Query]:
        """Encode pictures together.

        Args:
            pictures: to encode.
            folder: of the bundle that encodes them, where several share this pool; default: the first one.
            encode_here: encodes by that bundle in this process.

        Raises:
            ValueError: one of them cannot be read, or is blank.
        """
        with self._lock:
            self._encoding += 1
        try:
            executor = self._warm_executor()
            answer = self._ask(executor, pictures, folder) if executor else None
            if isinstance(answer, ValueError):
                raise answer
            return (encode_here or self._encode_here)(pictures) if answer is None else answer
        finally:
            with self._lock:
                self._encoding -= 1

    def close(self) -> None:
        """End the workers, and start no others."""
        with self._lock:
            executor, self.executor = self.executor, None
            self._next_start = float("inf")
        if executor:
            executor.close()

    def _warm_executor(self) -> BatchingExecutor | None:
        """The workers' executor, if another call is encoding and they are warm; they are started if there are none."""
        with self._lock:
            if self._encoding < 2:
                return None
            if self.executor is None and time.monotonic() >= self._next_start:
                self._next_start = time.monotonic() + self.restart
                try:
                    self.executor = BatchingExecutor(self.folder, self.size)
                except (OSError, RuntimeError) as error:  # no memory, no process or no thread is left
                    log.warning("No worker process can be started: %s", error)
            return self.executor if self.executor and self.executor.warm.done() else None

    def _ask(
        self, executor: BatchingExecutor, pictures: Sequence[Picture], folder: Path | None
    ) -> list[Query] | ValueError | None:
        """What the workers answer; None if they do not."""
        answer: futures.Future | None = None
        try:
            answer = executor.submit(list(pictures), folder)
            return answer.result(self.limit)
        except futures.BrokenExecutor as error:
            self._give_up(executor, str(error))
        except futures.TimeoutError:
            if answer:
                answer.cancel()  # if it still waits, no worker need do what is now done here
            if executor.has_hung(self.limit / 2):  # not where there are only too many visitors
                self._give_up(executor, f"No answer has come within {self.limit:g} s.")
        except Exception as error:  # what cannot be pickled, or a failure that encoding here will raise as it is
            log.warning("The worker processes could not take a request: %r", error)
        return None

    def _give_up(self, executor: BatchingExecutor, reason: str) -> None:
        """End workers that do not answer, so that others are started."""
        with self._lock:
            if self.executor is not executor:
                return  # somebody else did
            self.executor = None
        log.warning("The worker processes are given up: %s", reason)
        executor.close()
