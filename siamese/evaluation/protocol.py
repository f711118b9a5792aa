"""Measure a network: everything that `metrics.json` holds.

    python -m siamese.evaluation.protocol omniglot --runs DIR [--model FOLDER or USER/REPO]

The test images are read once a run, at its end, and nothing is chosen by them. Fitting and scoring are
kept apart by name: `knn_accuracy` takes the fitted pictures and the queries as separate arguments, and
`measure` refuses a test picture that was also fitted.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from siamese.data.images import LabeledImages
from siamese.evaluation import metrics
from siamese.evaluation import one_shot as oneshot
from siamese.evaluation.metrics import PairDistances, pair_distances
from siamese.models.networks import EmbeddingNet, NetworkConfig, embed
from siamese.retrieval.calibration import Calibration

FALSE_ACCEPT_RATES = (1e-2, 1e-3, 1e-4)
HISTOGRAM_BINS = 100  # of the distances that the app draws
ROC_POINTS = 200


def measure(
    embedded_fit: Tensor,
    fit: LabeledImages,
    embedded_test: Tensor,
    test: LabeledImages,
    calibration: Calibration | None,
) -> dict:
    """Every metric of the digits: classification, retrieval, verification, calibration.

    Args:
        embedded_fit, fit: (N, dim) unit vectors of the pictures that k-NN is fitted on, and their labels.
        embedded_test, test: of the pictures that are scored, none of which is in `fit`.
        calibration: that turns distances into probabilities, if there is one to be judged.

    Raises:
        ValueError: a picture is in both sets.
    """
    assert_disjoint(fit, test)
    result = {
        f"{k}-nn accuracy": metrics.knn_accuracy(embedded_fit, fit.labels, embedded_test, test.labels, k)
        for k in (1, 5)
    }
    result |= metrics.retrieval(embedded_test, test.labels)
    pairs = pair_distances(embedded_test, test.labels)
    result |= verification(pairs)
    if calibration:
        probability = calibration.probability(pairs.centres)
        result["accuracy at threshold"] = metrics.balanced_accuracy(pairs, calibration.threshold)
        result["calibration error"] = metrics.calibration_error(pairs, probability)
    return result


def verification(pairs: PairDistances) -> dict:
    """How well a distance tells same from different."""
    rate, distance = metrics.equal_error_rate(pairs)
    result = {
        "pairs": int(pairs.same.sum() + pairs.different.sum()),
        "roc auc": metrics.roc_auc(pairs),
        "equal error rate": rate,
        "equal error distance": distance,
    }
    for false in FALSE_ACCEPT_RATES:
        result[f"tar@far={false:g}"] = metrics.true_accept_rate(pairs, false)
    return result


def assert_disjoint(fit: LabeledImages, test: LabeledImages) -> None:
    """Refuse to score pictures that were fitted.

    MNIST itself holds no picture twice across its two parts, so any common one means that the sets were
    mixed up.
    """
    fitted = {image.tobytes() for image in fit.images.numpy()}
    common = sum(image.tobytes() in fitted for image in test.images.numpy())
    if common:
        raise ValueError(
            f"{common} of {len(test)} test pictures were also fitted: this would measure memory, not skill."
        )


def pixels(images: Tensor) -> Tensor:
    """The raw-pixel baseline: (N, 784) pictures as unit vectors."""
    return torch.nn.functional.normalize(images.flatten(1).float(), dim=1)


def baselines(config: NetworkConfig, seed: int, fit: LabeledImages, test: LabeledImages) -> dict[str, dict]:
    """What no training attains: raw pixels, and the same network as it was initialised."""
    torch.manual_seed(seed)
    untrained = EmbeddingNet(replace(config, doubt=0.0))
    return {
        "raw pixels": measure(pixels(fit.images), fit, pixels(test.images), test, None),
        "untrained network": measure(embed(untrained, fit.images), fit, embed(untrained, test.images), test, None),
    }


def curves(pairs: PairDistances, calibration: Calibration) -> dict:
    """What the app draws: ROC, calibration, and the two distributions of distances."""
    accept, false = pairs.rates()
    # Points where the curve bends: at equal steps of the logarithm of the false accept rate.
    wanted = np.logspace(-6, 0, ROC_POINTS)
    at = np.unique(np.searchsorted(false, wanted, side="right") - 1)
    return {
        "roc": {"false accept": false[at].tolist(), "true accept": accept[at].tolist()},
        "calibration": metrics.calibration_curve(pairs, calibration.probability(pairs.centres)),
        "distances": histogram(pairs),
    }


def histogram(pairs: PairDistances) -> dict:
    """The share of same and of different pairs in each of 100 equal steps of distance from 0 to 2."""
    shares = {}
    for name, counts in (("same", pairs.same), ("different", pairs.different)):
        coarse = counts.reshape(HISTOGRAM_BINS, -1).sum(1)
        shares[name] = [round(float(share), 7) for share in coarse / max(coarse.sum(), 1)]
    return shares


def novelty_threshold(queries: Tensor, gallery: Tensor, rank: int, share: float = 0.99) -> float:
    """The distance to the `rank`th nearest gallery picture that `share` of the queries stay within."""
    similarity, _ = metrics.nearest(queries, gallery, rank)
    distance = (2 - 2 * similarity[:, -1]).clamp(min=0).sqrt()
    return round(float(torch.quantile(distance, share)), 5)


# --- one-shot classification --------------------------------------------------------------------------

# Error on the 20 runs, as published: Lake et al. (2015, 2019), Koch et al. (2015), Snell et al. (2017).
PUBLISHED = (
    ("humans", 0.045),
    ("Bayesian program learning, 30 alphabets", 0.033),
    ("Bayesian program learning, minimal sets", 0.042),
    ("Siamese network of Koch et al., 40 alphabets", 0.080),
    ("prototypical network, 30 alphabets", 0.137),
    ("prototypical network, minimal sets", 0.301),
    ("modified Hausdorff distance", 0.388),
)


def omniglot(net: EmbeddingNet, runs: list[oneshot.Run]) -> dict[str, tuple[float, float]]:
    """Error and its standard error over the runs, for the network and for what no training attains."""
    torch.manual_seed(0)
    untrained = EmbeddingNet(net.config)
    # Runs made of one alphabet show each drawing many times.
    drawn = {ink.tobytes(): ink for run in runs for ink in (*run.support, *run.queries)}
    at = {key: row for row, key in enumerate(drawn)}
    pictures = torch.from_numpy(np.stack(list(drawn.values())))[:, None]
    embedded = {
        "this network": embed(net, pictures, head="symbols"),
        "untrained network": embed(untrained, pictures, head="symbols"),
        "raw pixels": pixels(pictures),
    }

    def looked_up(rows: np.ndarray) -> oneshot.Embed:
        return lambda inks: rows[[at[ink.tobytes()] for ink in inks]]

    return {name: oneshot.mean_error(runs, looked_up(rows.numpy())) for name, rows in embedded.items()}


def main(arguments: list[str] | None = None) -> None:
    from siamese.matcher import load

    parser = argparse.ArgumentParser(
        prog="python -m siamese.evaluation.protocol", description="Measure a model on a published task."
    )
    tasks = parser.add_subparsers(dest="task", required=True)
    task = tasks.add_parser("omniglot", help="20-way one-shot classification within alphabets")
    task.add_argument("--runs", required=True, type=Path, help="folder with run01/{training,test,class_labels.txt} ...")
    task.add_argument("--model", help="a bundle's folder or user/repo on the Hub; default: the one that ships")
    options = parser.parse_args(arguments)
    runs = oneshot.read_runs(options.runs)
    measured = omniglot(load(options.model).net, runs)
    print(f"{len(runs)} runs, {len(runs[0].support)} ways, one example each")
    for name, (mean, deviation) in measured.items():
        print(f"{mean:7.2%} ± {deviation:.2%}  {name}")
    for name, mean in PUBLISHED:
        print(f"{mean:7.2%}           {name} (published)")


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        print(f"siamese.evaluation.protocol: {error}", file=sys.stderr)
        sys.exit(2)
