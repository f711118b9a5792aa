"""From a distance to the probability that two pictures show the same symbol.

The curve is fitted to pairs of validation pictures, in which same and different ones weigh alike, by
isotonic regression (Zadrozny and Elkan, 2002): it only assumes that nearer means more probably the
same. It is kept as a few knots with straight lines between, and two pictures are called the same
where it says more than one half, so that verdict and probability never contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from siamese.evaluation.metrics import PairDistances

KNOTS = 101
SUREST = 0.9995  # no finite sample shows more


@dataclass(frozen=True)
class Calibration:
    """P(same) as a function of distance.

    Attributes:
        distances: ascending knots in [0, 2].
        probabilities: P(same) at each, descending.
        threshold: distance at which the probability is one half.
        novelty: distance to the 5th nearest gallery picture beyond which a picture looks like none of them.
    """

    distances: tuple[float, ...]
    probabilities: tuple[float, ...]
    threshold: float
    novelty: float

    def __post_init__(self) -> None:
        x, p = np.asarray(self.distances), np.asarray(self.probabilities)
        if x.shape != p.shape or x.size < 2 or (np.diff(x) <= 0).any() or (np.diff(p) > 0).any():
            raise ValueError("calibration takes ascending distances and as many descending probabilities")
        if not np.isfinite([*x, *p, self.threshold, self.novelty]).all():
            raise ValueError("calibration takes finite numbers")
        if not (0 <= p.min() and p.max() <= 1 and 0 <= self.threshold <= 2):
            raise ValueError("calibration takes probabilities in [0, 1] and a threshold in [0, 2]")

    def probability(self, distance: float | np.ndarray) -> np.ndarray:
        """P(same) for distances of any shape."""
        return np.interp(distance, *self._knots)

    @cached_property
    def _knots(self) -> tuple[np.ndarray, np.ndarray]:
        """Made into arrays once, which for one distance takes longer than to interpolate."""
        return np.asarray(self.distances), np.asarray(self.probabilities)

    def same(self, distance: float) -> bool:
        return bool(distance <= self.threshold)


def fit_calibration(domains: list[PairDistances], novelty: float = 2.0) -> Calibration:
    """Fit the curve to pairs of several kinds (clean, drawn, photographed), each weighing alike."""
    from sklearn.isotonic import IsotonicRegression

    same = sum(pairs.same / max(pairs.same.sum(), 1) for pairs in domains)
    different = sum(pairs.different / max(pairs.different.sum(), 1) for pairs in domains)
    weight = same + different
    seen = weight > 0
    centres = domains[0].centres
    regression = IsotonicRegression(increasing=False, y_min=1 - SUREST, y_max=SUREST, out_of_bounds="clip")
    regression.fit(centres[seen], (same / np.where(seen, weight, 1))[seen], sample_weight=weight[seen])
    # Knots lie where the curve is: at equal steps of probability as well as of distance.
    fine = np.linspace(0, 2, 4001)
    curve = np.convolve(np.pad(regression.predict(fine), 20, mode="edge"), np.ones(41) / 41, mode="valid")
    travelled = np.cumsum(np.abs(np.diff(curve, prepend=curve[0]))) + fine / 2
    distances = np.interp(np.linspace(travelled[0], travelled[-1], KNOTS), travelled, fine)
    distances = np.unique(np.round(distances, 5))
    probabilities = np.minimum.accumulate(np.round(np.interp(distances, fine, curve), 6))
    # The threshold is a knot of its own, so that no rounding sets verdict and probability at odds.
    threshold = round(float(np.interp(-0.5, -probabilities, distances)), 5)
    if probabilities.max() > 0.5 > probabilities.min():
        others = distances != threshold
        at = np.searchsorted(distances[others], threshold)
        distances = np.insert(distances[others], at, threshold)
        probabilities = np.insert(probabilities[others], at, 0.5)
    return Calibration(tuple(distances.tolist()), tuple(probabilities.tolist()), threshold, novelty)
