"""What is reported of a test set: classification, retrieval, verification, calibration; and of its baselines."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional

from siamese.bundle.measurements import Metric, metric
from siamese.config import NetworkConfig, Views
from siamese.data.images import LabeledImages
from siamese.evaluation import metrics
from siamese.evaluation.embedded import EmbeddedSet, embedded
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.calibration import Calibration
from siamese.retrieval.distances import PairDistances

FALSE_ACCEPT_RATES = (1e-2, 1e-3, 1e-4)
HISTOGRAM_BINS = 100  # of the distances that the page draws
ROC_POINTS = 200


def scores(fit: EmbeddedSet, test: EmbeddedSet, calibration: Calibration | None = None) -> tuple[Metric, ...]:
    """Every metric of a test set.

    Args:
        fit: that k-NN is fitted on.
        test: that is scored. None of its pictures is in `fit`.
        calibration: that turns distances into probabilities, if there is one to be judged.

    Raises:
        ValueError: a picture is in both sets.
    """
    assert_disjoint(fit.pictures, test.pictures)
    found = {
        f"{k}-nn accuracy": metrics.knn_accuracy(fit.embeddings, fit.labels, test.embeddings, test.labels, k)
        for k in (5, 1)
    }
    found |= metrics.retrieval(test.embeddings, test.labels)
    found["roc auc"] = metrics.roc_auc(test.pairs)
    found["equal error rate"], _ = metrics.equal_error_rate(test.pairs)
    for rate in FALSE_ACCEPT_RATES:
        found[f"tar@far={rate:g}"] = metrics.true_accept_rate(test.pairs, rate)
    if calibration:
        found["accuracy at threshold"] = metrics.balanced_accuracy(test.pairs, calibration.threshold)
        found["calibration error"] = calibration_error(test.pairs, calibration)
    return tuple(metric(key, value) for key, value in found.items())


def calibration_error(pairs: PairDistances, calibration: Calibration) -> float:
    """Expected calibration error of a calibration on some pairs."""
    return metrics.calibration_error(pairs, calibration.probability(pairs.centres))


def assert_disjoint(fit: LabeledImages, test: LabeledImages) -> None:
    """Refuse to score pictures that were fitted.

    MNIST itself holds no picture twice across its two parts, so that any common one means that sets were mixed up.

    Raises:
        ValueError: a picture is in both sets.
    """
    fitted = {image.tobytes() for image in fit.images.numpy()}
    common = sum(image.tobytes() in fitted for image in test.images.numpy())
    if common:
        raise ValueError(
            f"{common} of {len(test)} test pictures were also fitted: this would measure memory, not skill."
        )


def pixels(pictures: LabeledImages) -> EmbeddedSet:
    """The raw-pixel baseline: pictures as unit vectors."""
    return EmbeddedSet(pictures, functional.normalize(pictures.images.flatten(1).float(), dim=1))


def baselines(
    config: NetworkConfig, seed: int, fit: LabeledImages, test: LabeledImages
) -> dict[str, tuple[Metric, ...]]:
    """The same metrics of what no training attains: raw pixels, and the network as it was initialised."""
    with torch.random.fork_rng(devices=[]):  # the weights of a new network come from torch's global generator
        torch.manual_seed(seed)
        untrained = EmbeddingNet(config)
    return {
        "Raw pixels": scores(pixels(fit), pixels(test)),
        "Untrained network": scores(embedded(untrained, fit, Views()), embedded(untrained, test, Views())),
    }


def curves(pairs: PairDistances, calibration: Calibration) -> dict[str, Any]:
    """What the page draws of a test set: ROC, calibration, and the two distributions of distances."""
    accept, false = pairs.rates()
    # Points where the curve bends: at equal steps of the logarithm of the false accept rate.
    wanted = np.logspace(-6, 0, ROC_POINTS)
    at = np.unique(np.searchsorted(false, wanted, side="right") - 1)
    return {
        "roc": {"false accept": false[at].tolist(), "true accept": accept[at].tolist()},
        "calibration": metrics.calibration_curve(pairs, calibration.probability(pairs.centres)),
        "distances": histogram(pairs),
    }


def histogram(pairs: PairDistances) -> dict[str, list[float]]:
    """The share of same and of different pairs in each of 100 equal steps of distance from 0 to 2."""
    shares = {}
    for name, counts in (("same", pairs.same), ("different", pairs.different)):
        coarse = counts.reshape(HISTOGRAM_BINS, -1).sum(1)
        shares[name] = [round(float(share), 7) for share in coarse / max(coarse.sum(), 1)]
    return shares
