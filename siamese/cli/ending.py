"""How a program ends: with one line on standard error and a status, whatever ends it.

2    something is wrong that a person can put right: the input, a full disk, an output that nobody reads any more
130  Ctrl+C
143  SIGTERM
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from siamese.models.processes import first_to_tell, has_lost_another

FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


class Terminated(KeyboardInterrupt):
    """SIGTERM was sent; it stops a program as Ctrl+C does."""


def status_of(name: str, program: Callable[[], Any], stopped: str = "Stopped.") -> int:
    """Run a program; what is wrong with its input or its machine becomes one line on stderr, and status 2.

    Args:
        name: of the program, for the line.
        program: to run.
        stopped: what is given after Ctrl+C, which ends with status 130, and after SIGTERM, with 143. Either unwinds the
            program, so that it leaves nothing half-written.
    """
    _open_outputs()
    try:
        with _signals_raised():
            program()
            sys.stdout.flush()
        return 0
    except BrokenPipeError:
        status, line = 2, f"{name}: its output was closed, so it has stopped."
    except (ValueError, OSError) as error:
        full = getattr(error, "errno", None) in FULL or "No space left" in str(error)
        status, line = 2, f"{name}: {error}{'. Make room on the disk and start again.' if full else ''}"
    except (MemoryError, RuntimeError) as error:
        if has_lost_another(error):
            status, line = 1, f"{name}: another process of the run has ended. {stopped}"
        elif isinstance(error, RuntimeError) and "allocate" not in str(error):
            raise  # torch has no type of its own for too little memory on a processor
        else:
            status, line = 2, f"{name}: the memory is too small. Make pictures, network or batch smaller."
    except KeyboardInterrupt as error:
        status, line = 143 if isinstance(error, Terminated) else 130, f"\n{stopped}"
    _give_up_output()
    if first_to_tell():
        print(line, file=sys.stderr, flush=True)
    return status


@contextmanager
def _signals_raised() -> Iterator[None]:
    """Raise KeyboardInterrupt on Ctrl+C, and `Terminated` on SIGTERM; what is ignored, as `nohup` leaves it, stays so."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Terminated if number == signal.SIGTERM else KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _open_outputs() -> None:
    """Give a program that was started without outputs some that lead nowhere: a file could take their place otherwise."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))


def _give_up_output() -> None:
    """Write what waits to be written. Where that fails, let it go nowhere: Python would try once more at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
