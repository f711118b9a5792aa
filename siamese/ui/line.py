"""The line for long work: a few are served at a time, a few more wait, and none of them for nobody.

Long work has a line of its own, so that it never stands in the way of answers that take milliseconds. A session has one
place in it: who asks again gives up the last one. Whoever does not listen for some seconds loses the place, before the
work begins or in the middle of it, and at once if somebody else comes and the line is full.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from siamese.ui.decoding_gate import BusyError
from siamese.ui.listeners import Listeners

GRACE = 3.0  # seconds for which a place is kept for a session that does not listen; a page listens at once
EVERY = 0.25  # seconds from one look at the line to the next


@dataclass(eq=False)
class Place:
    """A place in a line.

    Attributes:
        session: that has it.
        heard: when somebody last listened, or when it was taken, on the monotonic clock.
        lost: whether it was taken away.
    """

    session: str
    heard: float = field(default_factory=time.monotonic)
    lost: bool = False


class Line:
    """Places for long work.

    Args:
        listeners: know who listens.
        serving: places that are served at a time.
        waiting: places that may wait.
        grace: seconds for which a place is kept for a session that does not listen.
    """

    def __init__(self, listeners: Listeners, serving: int = 1, waiting: int = 8, grace: float = GRACE) -> None:
        self.listeners, self.serving, self.waiting, self.grace = listeners, serving, waiting, grace
        self._places: list[Place] = []  # those that are served, then those that wait, in their order
        self._changed = threading.Condition()

    @contextmanager
    def place(self, session: str) -> Iterator[Place]:
        """Hold a place, at the end of the line.

        Raises:
            BusyError: the line is full.
        """
        with self._changed:
            for earlier in [place for place in self._places if place.session == session]:
                self._take_away(earlier)
            if len(self._places) >= self.serving + self.waiting:
                unheard = [place for place in self._places if not self.listeners.has(place.session)]
                if not unheard:
                    raise BusyError("Many others are waiting for this just now. Try again in a minute.")
                self._take_away(unheard[0])
            place = Place(session)
            self._places.append(place)
        try:
            yield place
        finally:
            with self._changed:
                self._take_away(place)

    def ahead(self, place: Place) -> Iterator[int]:
        """How many are served before a place, each time that it changes, until it is the place's turn or it is lost."""
        last = None
        while not self.gone(place):
            with self._changed:
                before = self._places.index(place) - self.serving + 1 if place in self._places else 0
                if before <= 0:
                    return
                if before == last:
                    self._changed.wait(EVERY)
                    continue
            last = before
            yield before

    def gone(self, place: Place) -> bool:
        """Whether the work for a place is no longer wanted."""
        now = time.monotonic()
        if self.listeners.has(place.session):
            place.heard = now
        return place.lost or now - place.heard > self.grace

    def _take_away(self, place: Place) -> None:
        place.lost = True
        if place in self._places:
            self._places.remove(place)
            self._changed.notify_all()
