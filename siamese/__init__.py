"""A Siamese network that learns whether two pictures show the same thing.

import siamese
matcher = siamese.load()
matcher.compare("four.png", "nine.png")

Each name is imported when it is first asked for, so that a program can say how it ends (`ending`) before torch is there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siamese.inputs.errors import BlankImageError
    from siamese.inputs.ink import to_ink
    from siamese.matcher import Matcher, load
    from siamese.retrieval.few_shot import Recognition
    from siamese.retrieval.results import Comparison, Neighbour, Query

__all__ = ["BlankImageError", "Comparison", "Matcher", "Neighbour", "Query", "Recognition", "load", "to_ink"]
__version__ = "1.0.0"

_PLACES = {
    "inputs.errors": ("BlankImageError",),
    "inputs.ink": ("to_ink",),
    "matcher": ("Matcher", "load"),
    "retrieval.few_shot": ("Recognition",),
    "retrieval.results": ("Comparison", "Neighbour", "Query"),
}


def __getattr__(name: str) -> Any:
    for module, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"siamese.{module}"), name)
    raise AttributeError(f"module 'siamese' has no attribute {name!r}")
