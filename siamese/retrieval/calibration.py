"""From a distance to the probability that two pictures show the same symbol.

The curve is fitted to pairs of validation pictures by isotonic regression (Zadrozny and Elkan, 2002), which assumes
only that a smaller distance never means a lower probability. Same and different pairs have equal total weight. The
curve is stored as about 100 knots with straight lines between. Two pictures are called the same where it is at least
one half, so that verdict and probability never contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from siamese.retrieval.distances import PairDistances

KNOTS = 101
HIGHEST = 0.9995  # probability that the curve reaches: no finite sample shows more


@dataclass(frozen=True)
class Calibration:
    """P(same) as a function of distance.

    Attributes:
        distances: the knots, ascending, in [0, 2].
        probabilities: P(same) at each knot, descending, in [0, 1].
        threshold: distance at which the probability is one half, in [0, 2].

    Raises:
        ValueError: a number is out of range or order.
    """

    distances: tuple[float, ...]
    probabilities: tuple[float, ...]
    threshold: float

    def __post_init__(self) -> None:
        x, p = np.asarray(self.distances), np.asarray(self.probabilities)
        if x.shape != p.shape or x.size < 2 or (np.diff(x) <= 0).any() or (np.diff(p) > 0).any():
            raise ValueError("calibration takes ascending distances and as many descending probabilities")
        if not np.isfinite([*x, *p, self.threshold]).all():
            raise ValueError("calibration takes finite numbers")
        if not (0 <= x[0] and x[-1] <= 2 and 0 <= p[-1] and p[0] <= 1 and 0 <= self.threshold <= 2):
            raise ValueError("calibration takes distances and a threshold in [0, 2], and probabilities in [0, 1]")

    def probability(self, distance: float | np.ndarray) -> np.ndarray:
        """P(same) for distances of any shape."""
        return np.interp(distance, *self._knots)

    @cached_property
    def _knots(self) -> tuple[np.ndarray, np.ndarray]:
        """The knots as arrays, made once: for one distance that takes longer than the interpolation."""
        return np.asarray(self.distances), np.asarray(self.probabilities)

    def same(self, distance: float) -> bool:
        """Whether two pictures at this distance are called the same."""
        return bool(distance <= self.threshold)


def fit_calibration(domains: list[PairDistances]) -> Calibration:
    """Fit the curve to pairs of several domains (clean, drawn, photographed), which have equal weight.

    Args:
        domains: the pair distances of each, one or more.
    """
    from sklearn.isotonic import IsotonicRegression

    same = np.sum([pairs.same / max(pairs.same.sum(), 1) for pairs in domains], axis=0)
    different = np.sum([pairs.different / max(pairs.different.sum(), 1) for pairs in domains], axis=0)
    weight = same + different
    occupied = weight > 0
    centres = domains[0].centres
    regression = IsotonicRegression(increasing=False, y_min=1 - HIGHEST, y_max=HIGHEST, out_of_bounds="clip")
    regression.fit(centres[occupied], same[occupied] / weight[occupied], sample_weight=weight[occupied])
    # Smoothed over 0.02 of distance, then sampled at equal steps of arc length: more knots where the curve is steep.
    fine = np.linspace(0, 2, 4001)
    curve = np.convolve(np.pad(regression.predict(fine), 20, mode="edge"), np.ones(41) / 41, mode="valid")
    arc = np.cumsum(np.abs(np.diff(curve, prepend=curve[0]))) + fine / 2
    distances = np.interp(np.linspace(arc[0], arc[-1], KNOTS), arc, fine)
    distances = np.unique(np.round(distances, 5))
    probabilities = np.minimum.accumulate(np.round(np.interp(distances, fine, curve), 6))
    # The threshold is a knot of its own, so that no rounding sets verdict and probability at odds.
    threshold = round(float(np.interp(-0.5, -probabilities, distances)), 5)
    if probabilities.max() > 0.5 > probabilities.min():
        others = distances != threshold
        at = np.searchsorted(distances[others], threshold)
        distances = np.insert(distances[others], at, threshold)
        probabilities = np.insert(probabilities[others], at, 0.5)
    return Calibration(tuple(distances.tolist()), tuple(probabilities.tolist()), threshold)
