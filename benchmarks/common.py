"""Shared by the benchmarks: timing, processor time and cores, and the line that says where they ran."""

from __future__ import annotations

import base64
import io
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path


def one_core() -> None:
    """Restrict this process to one core. Call it before NumPy and torch start their threads."""
    use_cores(1)


def use_cores(count: int) -> None:
    """Restrict this process to the first `count` of its cores, and NumPy and torch to as many threads."""
    os.environ["OMP_NUM_THREADS"] = str(count)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:count]))
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)


def median_ms(call: Callable[[], object], repeats: int = 50) -> float:
    """Median milliseconds of a call. Five calls before are not counted; they warm up the caches."""
    times = []
    for number in range(repeats + 5):
        start = time.perf_counter()
        call()
        if number >= 5:
            times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def median_cpu_ms(call: Callable[[], object], repeats: int = 50) -> float:
    """Like `median_ms`, but in processor time of this thread, which other processes do not add to."""
    times = []
    for number in range(repeats + 5):
        start = time.thread_time()
        call()
        if number >= 5:
            times.append((time.thread_time() - start) * 1000)
    return statistics.median(times)


def family(pid: int | str) -> list[str]:
    """The ids of a process and of its direct children."""
    children = (listed.read_text().split() for listed in Path(f"/proc/{pid}/task").glob("*/children"))
    return [str(pid), *(child for some in children for child in some)]


def busy_seconds(pid: int | str) -> float:
    """Seconds of processor time that a process and its direct children have used so far, in all their threads."""
    ticks = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:13] for one in family(pid)]
    return sum(int(tick) for pair in ticks for tick in pair) / os.sysconf("SC_CLK_TCK")


def canvas_url(ink) -> str:
    """(28, 28) ink as the page's canvas would send it: a PNG of 140 x 140 pixels in colour, as a data URL."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(255 - ink).resize((140, 140), Image.Resampling.BICUBIC).convert("RGBA").save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def where() -> str:
    """One line with the processor, the cores and the versions of the packages."""
    import numpy
    import PIL
    import scipy
    import torch

    from siamese.models.device import processor_name, usable_cores

    return (
        f"{processor_name()}, {usable_cores()} of {os.cpu_count()} cores; Python {platform.python_version()}, "
        f"torch {torch.__version__}, NumPy {numpy.__version__}, SciPy {scipy.__version__}, Pillow {PIL.__version__}"
    )
