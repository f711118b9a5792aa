"""How a network does with classes that it never trained on: one-shot tasks, and the calibration that they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese.bundle.metrics import Metric, metric
from siamese.config import InferenceConfig
from siamese.data.omniglot import Alphabet, as_classes
from siamese.evaluation import one_shot
from siamese.evaluation.embedded import EmbeddedSet, embedded, raw_pixels
from siamese.models.inference import fuse
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.calibration import Calibration, fit_calibration
from siamese.retrieval.distances import PairDistances, count_pairs
from siamese.retrieval.few_shot import squared_distances

RUNS = 200  # one-shot tasks of each alphabet


@dataclass(frozen=True)
class FewShot:
    """A network for few-shot classification, and what was measured for it.

    Attributes:
        net: in evaluation mode.
        figures: of the alphabets held out.
        calibration: fitted to the pairs of each of these; None where none was held out.
    """

    net: EmbeddingNet
    figures: tuple[Metric, ...]
    calibration: Calibration | None


def measure_few_shot(
    net: EmbeddingNet, alphabets: Sequence[Alphabet], inference: InferenceConfig, by: str = "this network"
) -> FewShot:
    """One-shot error within each alphabet held out that has characters enough, beside raw pixels; and a calibration.

    Args:
        net: that never trained on these alphabets.
        alphabets: held out, in the network's resolution.
        inference: the few-shot settings.
        by: what a title calls the network.
    """
    distortion = inference.few_shot_distortion
    fused, found, pairs = fuse(net), [], []  # as the bundle's answers are computed
    for alphabet in alphabets:
        drawings = embedded(
            fused, as_classes([alphabet], rotations=False), inference.few_shot_views, inference.few_shot_head
        )
        pairs.append(_pairs(drawings, distortion))
        if len(alphabet.images) < one_shot.WAYS:
            continue
        runs = one_shot.generate_runs(alphabet.images, runs=RUNS, seed=0)
        task = f"{alphabet.name} (used to choose the recipe), {one_shot.WAYS}-way one-shot error"
        for name, pictures, rows, weight in (
            (by, "", drawings, distortion),
            ("raw pixels", "raw pixels/", raw_pixels(drawings.pictures), 0.0),
        ):
            error, _ = one_shot.mean_error(runs, one_shot.lookup(rows.pictures.images, rows.embeddings), weight)
            found.append(metric(f"{alphabet.name}/{pictures}one-shot error", error, f"{task}, {name}"))
    return FewShot(net, tuple(found), fit_calibration(pairs) if pairs else None)


def _pairs(drawings: EmbeddedSet, distortion: float) -> PairDistances:
    """The distances by which symbols are recognised, of all pairs of drawings."""
    if not distortion:
        return drawings.pairs
    rows, pixels = drawings.embeddings.numpy(), drawings.pictures.images[:, 0].numpy()

    def between(first: slice, second: slice) -> np.ndarray:
        squared = squared_distances(rows[first], rows[second], pixels[first], pixels[second], distortion)
        return squared.clip(0, 4) ** 0.5

    return count_pairs(between, drawings.labels)
