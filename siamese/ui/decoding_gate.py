"""One gate for large pictures: what decoding takes is bounded in sum, whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from siamese.ui.allocation import give_back

PIXELS = 16_000_000  # that are decoded at a time; each takes up to 25 bytes until its picture is prepared
LIGHT = 500_000  # pixels of a picture that need not pass the gate
WAITING = 4  # pictures that may wait at the gate


class BusyError(ValueError):
    """Others are being served; the message tells a visitor so."""


class DecodingGate:
    """Lets large pictures be decoded while there is room for them; a picture larger than all the room goes alone.

    What they took of memory is given back to the system before others take their room.

    Only a few may wait. Whoever waits holds a thread of the app, which others need for their answers.

    Args:
        pixels: that are decoded at a time.
        waiting: pictures that may wait.
    """

    def __init__(self, pixels: int = PIXELS, waiting: int = WAITING) -> None:
        self.pixels, self.most_waiting = pixels, waiting
        self._taken, self._waiting = 0, 0
        self._changed = threading.Condition()

    @contextmanager
    def room(self, pixels: int) -> Iterator[None]:
        """Hold room for a picture of so many pixels while it is decoded.

        Raises:
            BusyError: too many wait already.
        """
        if pixels <= LIGHT:
            yield
            return
        pixels = min(pixels, self.pixels)
        with self._changed:
            if self._taken + pixels > self.pixels:
                if self._waiting >= self.most_waiting:
                    raise BusyError(
                        "Other large pictures are being read just now. Send a smaller one, or try again in a moment."
                    )
                self._waiting += 1
                try:
                    self._changed.wait_for(lambda: self._taken + pixels <= self.pixels)
                finally:
                    self._waiting -= 1
            self._taken += pixels
        try:
            yield
        finally:
            give_back()
            with self._changed:
                self._taken -= pixels
                self._changed.notify_all()
