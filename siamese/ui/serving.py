"""Serve a bundle whatever the Hub does: the one that is wanted, or else the one that ships with the code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeGuard

from cachetools import LRUCache

from siamese.bundle.format import Bundle, load
from siamese.matcher import PRETRAINED, Matcher, Picture, Query, names_folder
from siamese.ui.worker_pool import WorkerPool

CACHED = 256  # drawings; a stroke changes one of those on the page, and the others need not be encoded again
LARGEST_CACHED = 50_000  # bytes of a drawing's file; one takes about 6,000, a photograph more


class ServedMatcher(Matcher):
    """A matcher for many visitors: it keeps the last drawings, and encodes in worker processes when it is busy."""

    def __init__(self, bundle: Bundle, source: str, folder: Path) -> None:
        super().__init__(bundle, source, folder)
        self.pool = WorkerPool(folder, super().encode_all)
        self._cache: LRUCache[bytes, Query] = LRUCache(CACHED)
        self._lock = Lock()

    def encode_all(self, pictures: Sequence[Picture]) -> list[Query]:
        """Encode several pictures as `encode` does one; what is neither a query nor in the cache is encoded together.

        Raises:
            ValueError: one of them cannot be read, or is blank.
        """
        with self._lock:
            found = [self._cached(picture) for picture in pictures]
        missing = [picture for picture, query in zip(pictures, found, strict=True) if query is None]
        if not missing:
            return [query for query in found if query is not None]
        encoded = self.pool.encode_all(missing)
        with self._lock:
            for picture, query in zip(missing, encoded, strict=True):
                if _is_cachable(picture):
                    self._cache[picture] = query
        rest = iter(encoded)
        return [query if query is not None else next(rest) for query in found]

    def close(self) -> None:
        """End the worker processes."""
        self.pool.close()

    def _cached(self, picture: Picture) -> Query | None:
        if isinstance(picture, Query):
            return picture
        return self._cache.get(picture) if _is_cachable(picture) else None


def _is_cachable(picture: Picture) -> TypeGuard[bytes]:
    return isinstance(picture, bytes) and len(picture) <= LARGEST_CACHED


@dataclass(frozen=True)
class Served:
    """What answers, what was asked for, and why they differ, if they do.

    Attributes:
        matcher: what answers.
        wanted: what was asked for; empty for the bundle that ships with the code.
        problem: one line for visitors; empty if there is none.
    """

    matcher: ServedMatcher
    wanted: str
    problem: str


def serve(wanted: str | None, deadline: float = 10.0) -> Served:
    """Load what is wanted, or else the bundle that ships with the code. Call it again to try again.

    Args:
        wanted: a folder, or "user/repo" or "user/repo@revision" on the Hub; None for the bundle that ships.
        deadline: seconds that the Hub may take.

    Raises:
        ValueError: the bundle that ships is broken; whatever else fails is told in `problem`.
    """
    wanted = (wanted or "").strip()
    if not wanted:
        return Served(_matcher(PRETRAINED, "pretrained"), "", "")
    from siamese.bundle import hub  # only here: the import costs time, which the start of the app has none of

    try:
        if names_folder(wanted):
            return Served(_matcher(Path(wanted).expanduser().resolve(), wanted), wanted, "")
        pulled = hub.pull(wanted, deadline=deadline)
        return Served(_matcher(pulled.folder, pulled.name), wanted, pulled.problem)
    except Exception as error:
        problem = f"{hub.first_line(error)} The model that ships with the app is served instead of {wanted}."
        return Served(_matcher(PRETRAINED, "pretrained"), wanted, problem)


def _matcher(folder: Path, source: str) -> ServedMatcher:
    """The bundle of a folder, which visitors are told of by the name of its source."""
    try:
        return ServedMatcher(load(folder), source, folder)
    except ValueError as error:
        # The path of a cache tells nobody anything, least of all a visitor.
        raise ValueError(str(error).replace(str(folder), source)) from error
