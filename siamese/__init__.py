"""A Siamese network that learns whether two pictures show the same symbol.

import siamese
matcher = siamese.load()
matcher.compare("four.png", "nine.png")
"""

from siamese.inputs.ink import BlankImageError, to_ink
from siamese.matcher import Comparison, Matcher, Neighbour, load

__all__ = ["BlankImageError", "Comparison", "Matcher", "Neighbour", "load", "to_ink"]
__version__ = "1.0.0"
