"""The error that every step from a picture to ink may raise."""

from __future__ import annotations


class BlankImageError(ValueError):
    """There is no ink in the picture."""

    def __init__(self, message: str = "There is nothing drawn in this picture. Draw or upload a symbol."):
        super().__init__(message)
