"""Worker processes that encode pictures once several visitors ask at the same time.

Python runs one thread of a process at a time. While a picture is encoded, hundreds of short calls give the
interpreter lock away to the threads that serve the page, and wait to have it back. So pictures go to other
processes as soon as two visitors ask at once. A lone visitor is answered by the app's own process, which is faster.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

from siamese.matcher import Picture, Query
from siamese.models.device import usable_cores
from siamese.ui.worker_process import RecordingContext, encode_batch, sigint_blocked, start_worker

LIMIT = 5.0  # seconds that an answer of the workers may take; a picture takes a few milliseconds
RESTART = 30.0  # seconds from one start of workers to the next, so that workers that always fail cost little
BATCH = 4  # requests that a worker encodes together
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
        limit: seconds that an answer of the workers may take. Then they are taken to hang, and killed.
        restart: seconds from one start of workers to the next.
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
        self.workers: Workers | None = None
        self._encode_here = encode_here
        self._lock = threading.Lock()
        self._encoding = 0  # calls of encode_all in progress
        self._next_start = 0.0

    def encode_all(self, pictures: Sequence[Picture]) -> list[Query]:
        """Encode pictures together.

        Raises:
            ValueError: one of them cannot be read, or is blank.
        """
        with self._lock:
            self._encoding += 1
            workers = self._warm_workers() if self._encoding > 1 else None
        try:
            answer = workers and self._ask(workers, pictures)
            if isinstance(answer, ValueError):
                raise answer
            return answer or self._encode_here(pictures)
        finally:
            with self._lock:
                self._encoding -= 1

    def close(self) -> None:
        """End the workers."""
        with self._lock:
            workers, self.workers = self.workers, None
        if workers:
            workers.close()

    def _warm_workers(self) -> Workers | None:
        """The workers, if they are warm; they are started if there are none."""
        if self.workers is None and time.monotonic() >= self._next_start:
            self._next_start = time.monotonic() + self.restart
            try:
                self.workers = Workers(self.folder, self.size)
            except OSError as error:  # no memory or no process is left
                log.warning("No worker process can be started: %s", error)
        return self.workers if self.workers and self.workers.warm.done() else None

    def _ask(self, workers: Workers, pictures: Sequence[Picture]) -> list[Query] | ValueError | None:
        """What the workers answer; None if they do not."""
        try:
            return workers.submit(list(pictures)).result(self.limit)
        except (futures.BrokenExecutor, futures.TimeoutError) as error:
            log.warning("The worker processes are given up: %s", str(error) or f"no answer within {self.limit:g} s")
            with self._lock:
                if self.workers is workers:
                    self.workers = None
            workers.close()
        except Exception as error:  # what cannot be pickled, or a failure that encoding here will raise as it is
            log.warning("The worker processes could not take a request: %r", error)
        return None


class Workers:
    """An executor and its processes. Requests that wait for it are encoded together, up to four at once.

    Attributes:
        warm: done once the first worker has loaded its bundle, or failed to; its result is that worker's process id.
        processes: all that were started.
    """

    def __init__(self, folder: Path, size: int) -> None:
        context = RecordingContext()
        self.processes = context.processes
        self._folder, self._size = str(folder), size
        self._executor = futures.ProcessPoolExecutor(size, context, start_worker, (self._folder,))
        self._lock = threading.Lock()
        self._waiting: deque[tuple[list[Picture], futures.Future]] = deque()
        self._in_flight = 0
        self._closed = False
        with sigint_blocked():
            self.warm = self._executor.submit(os.getpid)

    def submit(self, pictures: list[Picture]) -> futures.Future:
        """Have pictures encoded: a future of a list of queries, or of the ValueError that encoding them raised.

        The future raises BrokenProcessPool once a worker has died or the workers were closed.
        """
        answer: futures.Future = futures.Future()
        with self._lock:
            if self._closed:
                raise BrokenProcessPool("The worker processes have been ended.")
            self._waiting.append((pictures, answer))
        self._send()
        return answer

    def close(self) -> None:
        """Kill the processes. What waits for an answer raises BrokenProcessPool."""
        with self._lock:
            self._closed = True
            waiting, self._waiting = self._waiting, deque()
        # Twice: until it is shut down, the executor may start another; before, it may wait for one that hangs.
        self._kill()
        self._executor.shutdown(wait=False)
        self._kill()
        for _, answer in waiting:
            answer.set_exception(BrokenProcessPool("The worker processes have been ended."))

    def _kill(self) -> None:
        for process in list(self.processes):
            if process.pid:  # it has been started
                process.kill()

    def _send(self) -> None:
        """Send what waits, in batches, while there is a worker for it."""
        while True:
            with self._lock:
                if not self._waiting or self._in_flight >= self._size:
                    return
                self._in_flight += 1
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            # Without the lock: the executor takes one of its own, and may hold it while it calls _deliver.
            try:
                with sigint_blocked():
                    sent = self._executor.submit(encode_batch, self._folder, [pictures for pictures, _ in batch])
            except (RuntimeError, OSError) as error:  # a worker has died, or another cannot be started
                self._finish(batch, error)
                return
            sent.add_done_callback(partial(self._deliver, batch))

    def _deliver(self, batch: list[tuple[list[Picture], futures.Future]], sent: futures.Future) -> None:
        """Hand out the answers to a batch, and send the next one."""
        error = sent.exception()
        self._finish(batch, error or sent.result())
        if not isinstance(error, futures.BrokenExecutor):
            self._send()

    def _finish(self, batch: list[tuple[list[Picture], futures.Future]], answers: list | BaseException) -> None:
        with self._lock:
            self._in_flight -= 1
        for at, (_, answer) in enumerate(batch):
            if isinstance(answers, BaseException):
                answer.set_exception(answers)
            else:
                answer.set_result(answers[at])
