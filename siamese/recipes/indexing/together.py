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
        SystemExit: another process has failed. It has said why, and this one ends in silence, with status 2.
    """
    if world_size() == 1:
        yield lambda: None
        return
    from torch import distributed

    def wait() -> None:
        try:
            distributed.barrier()
        except RuntimeError as error:
            raise SystemExit(2) from error

    distributed.init_process_group("gloo", timeout=LONGEST)
    try:
        yield wait
    finally:
        distributed.destroy_process_group()
