"""What measuring is at: a bar over its parts, and a line for each that says how long it took.

progress = Progress(("Training pictures", "Map"))
with progress.part("Map"):
    ...
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tqdm import tqdm


class Progress:
    """A progress bar over parts, on standard output.

    Args:
        titles: of the parts, in the order in which they come.
        quiet: print nothing.
    """

    def __init__(self, titles: Sequence[str], quiet: bool = False) -> None:
        self.quiet = quiet
        self.width = max(map(len, titles))
        self.bar = tqdm(total=len(titles), desc="Measuring", unit=" parts", file=sys.stdout, leave=False, disable=quiet)

    @contextmanager
    def part(self, title: str) -> Iterator[None]:
        """What is done within counts as a part."""
        self.bar.set_description(title)
        start = time.perf_counter()
        yield
        seconds = time.perf_counter() - start
        self.bar.update()
        if not self.quiet:
            self.bar.write(f"  {title:{self.width}s} {seconds:6.1f} s", file=sys.stdout)
            sys.stdout.flush()
        if self.bar.n == self.bar.total:
            self.bar.close()

    def step(self, done: int, total: int) -> None:
        """Say how far a part has come."""
        self.bar.set_postfix_str(f"{done / total:.0%}" if done < total else "")
