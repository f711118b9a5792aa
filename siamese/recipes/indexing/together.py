"""The processes of a run under torchrun wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from siamese.models.processes import world_size

LONGEST = timedelta(days=30)  # that one waits for another, which embeds its share


@contextmanager
def together() -> Iterator[Callable[[], None]]:
    """A function that returns once every process has called it; at once where there is only one.

    Raises:
        RuntimeError: another process has ended before it called.
    """
    if world_size() == 1:
        yield lambda: None
        return
    from torch import distributed

    distributed.init_process_group("gloo", timeout=LONGEST)
    yield distributed.barrier
    distributed.destroy_process_group()  # not where an error ends this process: it is to say why before the others notice
