"""An executor of worker processes that encodes the requests that wait for a worker together.

While visitors wait, encoding four requests at once costs a worker less than one after the other, and the app's
process, which is the bottleneck, has fewer messages to pass on.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from siamese.matcher import Picture
from siamese.ui.worker_process import RecordingContext, encode_batch, sigint_blocked, start_worker

BATCH = 4  # requests that a worker encodes together


@dataclass
class Request:
    """Pictures to encode by the bundle of a folder.

    Their answer is a list of queries, or the ValueError that encoding them raised.
    """

    pictures: list[Picture]
    folder: str
    answer: futures.Future = field(default_factory=futures.Future)


@dataclass(eq=False)
class Batch:
    """Requests that were sent to a worker together, and when."""

    requests: list[Request]
    sent: float = field(default_factory=time.monotonic)

    def fail(self, error: BaseException) -> None:
        """Raise an error wherever an answer is awaited."""
        for request in self.requests:
            request.answer.set_exception(error)


class BatchingExecutor:
    """A `ProcessPoolExecutor` for requests. Its processes are started one by one, when all others are busy.

    Attributes:
        warm: done once the first worker has loaded its bundle, or failed to; its result is that worker's process id.
        processes: all that were started.

    Args:
        folder: of the bundle that each worker loads at its start.
        size: workers at most.

    Raises:
        OSError: no process can be started.
    """

    def __init__(self, folder: Path, size: int) -> None:
        context = RecordingContext()
        self.processes = context.processes
        self._folder, self._size = str(folder), size
        self._executor = futures.ProcessPoolExecutor(size, context, start_worker, (self._folder,))
        self._lock = threading.Lock()
        self._waiting: deque[Request] = deque()
        self._in_flight: set[Batch] = set()
        self._closed = False
        with sigint_blocked():
            self.warm = self._executor.submit(os.getpid)

    def submit(self, pictures: list[Picture], folder: Path | None = None) -> futures.Future:
        """Have pictures encoded: a future of a list of queries, or of the ValueError that encoding them raised.

        The bundle is that of `folder`, which a worker loads when it first needs it; None for the first one.

        The future raises BrokenProcessPool once a worker has died or this executor was closed.
        """
        request = Request(pictures, str(folder or self._folder))
        with self._lock:
            if self._closed:
                raise BrokenProcessPool("The worker processes have been ended.")
            self._waiting.append(request)
        self._send()
        return request.answer

    def has_hung(self, seconds: float) -> bool:
        """Whether a worker has had a batch for longer than that."""
        with self._lock:
            return any(time.monotonic() - batch.sent > seconds for batch in self._in_flight)

    def close(self) -> None:
        """Kill the processes. What waits for an answer raises BrokenProcessPool."""
        with self._lock:
            self._closed = True
            waiting, self._waiting = self._waiting, deque()
        self._kill()  # first, because shutdown lets a process that hangs go on
        self._executor.shutdown(wait=False)
        self._kill()  # again, because another may have been started in between
        awaited = [request for request in waiting if request.answer.set_running_or_notify_cancel()]
        Batch(awaited).fail(BrokenProcessPool("The worker processes have been ended."))

    def _kill(self) -> None:
        for process in list(self.processes):
            if process.pid:  # it has been started
                process.kill()

    def _send(self) -> None:
        """Send what waits, in batches, while there is a worker for it."""
        while True:
            with self._lock:
                if not self._waiting or len(self._in_flight) >= self._size:
                    return
                folder = self._waiting[0].folder
                taken: list[Request] = []
                while self._waiting and len(taken) < BATCH and self._waiting[0].folder == folder:
                    taken.append(self._waiting.popleft())
                batch = Batch([request for request in taken if request.answer.set_running_or_notify_cancel()])
                if not batch.requests:  # nobody waits for these any more
                    continue
                self._in_flight.add(batch)
            # Without the lock: the executor takes one of its own, and may hold it while it calls _deliver.
            try:
                with sigint_blocked():
                    pictures = [request.pictures for request in batch.requests]
                    done = self._executor.submit(encode_batch, folder, pictures)
            except (RuntimeError, OSError) as error:  # a worker has died, or another cannot be started
                self._forget(batch)
                batch.fail(error)
                if isinstance(error, futures.BrokenExecutor):
                    return
                continue
            done.add_done_callback(partial(self._deliver, batch))

    def _deliver(self, batch: Batch, done: futures.Future) -> None:
        """Hand out the answers to a batch, and send the next one."""
        self._forget(batch)
        error = done.exception()
        if error:
            batch.fail(error)
        else:
            for request, answer in zip(batch.requests, done.result(), strict=True):
                request.answer.set_result(answer)
        if not isinstance(error, futures.BrokenExecutor):
            self._send()

    def _forget(self, batch: Batch) -> None:
        with self._lock:
            self._in_flight.discard(batch)
