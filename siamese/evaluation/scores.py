"""What is reported of a test set: classification, retrieval, verification, calibration; and of its baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from siamese.bundle.curves import Curves, Histogram, Roc
from siamese.bundle.metrics import Metric, metric
from siamese.config import Views, to_json
from siamese.data.images import LabeledImages
from siamese.evaluation import metrics
from siamese.evaluation.baselines import measured_once
from siamese.evaluation.embedded import EmbeddedSet, embedded, raw_pixels
from siamese.models.inference import fuse
from siamese.models.networks import EmbeddingNet, initialised
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
    accuracies = metrics.knn_accuracies(fit.embeddings, fit.labels, test.embeddings, test.labels, (5, 1))
    found = {f"{k}-nn accuracy": accuracy for k, accuracy in accuracies.items()}
    found |= metrics.retrieval_scores(test.embeddings, test.labels)
    measured = tuple(metric(key, value) for key, value in found.items())
    return (*measured, *verification(test.pairs, FALSE_ACCEPT_RATES, calibration))


def verification(
    pairs: PairDistances, false_accept_rates: Sequence[float], calibration: Calibration | None = None
) -> tuple[Metric, ...]:
    """The figures of telling same pairs from different ones.

    Args:
        pairs: whose distances were counted.
        false_accept_rates: at which true accepts are reported.
        calibration: that turns distances into probabilities, if there is one to be judged.
    """
    found = {"roc auc": metrics.roc_auc(pairs), "equal error rate": metrics.equal_error_rate(pairs)[0]}
    found |= {f"tar@far={rate:g}": metrics.true_accept_rate(pairs, rate) for rate in false_accept_rates}
    if calibration:
        found["accuracy at threshold"] = metrics.balanced_accuracy(pairs, calibration.threshold)
        found["calibration error"] = calibration_error(pairs, calibration)
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


def baseline_measurements(
    net: EmbeddingNet, seed: int, fit: LabeledImages, test: LabeledImages
) -> dict[str, tuple[str, Callable[[], tuple[Metric, ...]]]]:
    """By title, what each baseline is known by, and what measures it; the arguments are those of `baselines`."""
    untrained = fuse(initialised(net.config, net.input, seed))
    return {
        "Raw pixels": ("raw pixels", lambda: scores(raw_pixels(fit), raw_pixels(test))),
        "Untrained network": (
            f"untrained network {to_json(net.config)} {to_json(net.input)} seed {seed}",
            lambda: scores(embedded(untrained, fit, Views()), embedded(untrained, test, Views())),
        ),
    }


def baselines(net: EmbeddingNet, seed: int, fit: LabeledImages, test: LabeledImages) -> dict[str, tuple[Metric, ...]]:
    """The same metrics without any training: of raw pixels, and of the network as it was initialised.

    What was measured before is looked up (`evaluation.baselines`).

    Args:
        net: the trained network, whose architecture and input count here.
        seed: of its run.
        fit: pictures that k-NN is fitted on.
        test: pictures that are scored.
    """
    found = baseline_measurements(net, seed, fit, test)
    return {title: measured_once((fit, test), what, measure) for title, (what, measure) in found.items()}


def curves(pairs: PairDistances, validation: PairDistances, calibration: Calibration) -> Curves:
    """What the page draws: ROC and calibration of the test pairs, and the distances of test and validation pairs."""
    accept, false = pairs.rates()
    # Points where the curve bends: at equal steps of the logarithm of the false accept rate.
    wanted = np.logspace(-6, 0, ROC_POINTS)
    at = np.unique(np.searchsorted(false, wanted, side="right") - 1)
    return Curves(
        Roc(tuple(false[at].tolist()), tuple(accept[at].tolist())),
        metrics.calibration_curve(pairs, calibration.probability(pairs.centres)),
        _histogram(pairs),
        _histogram(validation),
    )


def _histogram(pairs: PairDistances) -> Histogram:
    same, different = (tuple(shares.round(7).tolist()) for shares in pairs.histogram(HISTOGRAM_BINS))
    return Histogram(same, different)
