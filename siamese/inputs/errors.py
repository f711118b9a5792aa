"""The exception for blank pictures, which every step from a picture to ink may raise."""

from __future__ import annotations


class BlankImageError(ValueError):
    """The picture contains no ink.

    Args:
        message: shown to the user as it is.
    """

    def __init__(self, message: str = "There is nothing drawn in this picture. Draw or upload a symbol."):
        super().__init__(message)
