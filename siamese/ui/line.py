"""The line for long work: a few are served at a time, a few more wait, and none of them for nobody.

Long work has a line of its own, so that it never stands in the way of answers that take milliseconds. A session has one
place in it: who asks again gives up the last one. Nothing is begun for those that do not listen, they lose their places
after some seconds, and at once if somebody else comes and the line is full.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from siamese.ui.allocation import give_back
from siamese.ui.decoding_gate import BusyError
from siamese.ui.listeners import Listeners

GRACE = 3.0  # seconds for which a place is kept for a session that does not listen; a page listens at once
EVERY = 0.1  # seconds from one look at who listens to the next


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
        self._served: set[Place] = set()  # until they are left, even those that are lost: their work may still go on
        self._waiting: list[Place] = []
        self._changed = threading.Condition()

    @contextmanager
    def place(self, session: str) -> Iterator[Place]:
        """Hold a place, at the end of the line.

        Raises:
            BusyError: the line is full.
        """
        place = Place(session)
        with self._changed:
            for earlier in [*self._served, *self._waiting]:
                if earlier.session == session:
                    self._take_away(earlier)
            if len(self._waiting) >= self.waiting:
                unheard = [waiting for waiting in self._waiting if not self.listeners.has(waiting.session)]
                if not unheard:
                    raise BusyError("Many others are waiting for this just now. Try again in a minute.")
                self._take_away(unheard[0])
            self._waiting.append(place)
        try:
            yield place
        finally:
            with self._changed:
                self._take_away(place)
                self._served.discard(place)
                self._changed.notify_all()
            give_back()

    def ahead(self, place: Place) -> Iterator[int]:
        """How many are served before a place, each time that it changes, until it is the place's turn or it is lost.

        Those that do not listen are passed over, and have their turn once they do.
        """
        last = None
        while not self.gone(place):
            with self._changed:
                if place not in self._waiting:  # it is served, or was taken away just now
                    return
                heard = [waiting for waiting in self._waiting if self.listeners.has(waiting.session)]
                before = len(self._served) - self.serving + (heard.index(place) + 1 if place in heard else 1)
                if before <= 0 and place in heard:
                    self._waiting.remove(place)
                    self._served.add(place)
                    return
                if before == last or before <= 0:
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
        if place in self._waiting:
            self._waiting.remove(place)
        self._changed.notify_all()
