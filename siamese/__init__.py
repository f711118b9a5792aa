"""A Siamese network that learns whether two pictures show the same thing.

import siamese
matcher = siamese.load()
matcher.compare("four.png", "nine.png")
"""

from siamese.inputs.errors import BlankImageError
from siamese.inputs.ink import to_ink
from siamese.matcher import Matcher, load
from siamese.retrieval.few_shot import Recognition
from siamese.retrieval.results import Comparison, Neighbour, Query

__all__ = ["BlankImageError", "Comparison", "Matcher", "Neighbour", "Query", "Recognition", "load", "to_ink"]
__version__ = "1.0.0"
