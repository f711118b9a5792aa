"""The protocol: how a trained network is calibrated and measured, and put into a bundle.

Every choice (uncertainty gate, threshold, calibration) is made on the validation pictures. The test pictures are read
once, at the end, and nothing is chosen by them. Each set is embedded once, and its pairs are measured once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from siamese.bundle.curves import Epoch
from siamese.bundle.format import Bundle
from siamese.bundle.measurements import DATA_SETS, Measurements, Pictures
from siamese.bundle.metrics import Metric, metric
from siamese.config import InferenceConfig, MeasuringConfig, RunConfig, Views, from_json
from siamese.data.corpus import Corpus, references
from siamese.data.images import LabeledImages, limit
from siamese.data.pendigits import split_writers_in_half
from siamese.data.synthetic.corruptions import corrupt, photograph, scan
from siamese.data.synthetic.pen import varied
from siamese.evaluation import generalisation, metrics
from siamese.evaluation.embedded import EmbeddedSet, embedded, joined
from siamese.evaluation.few_shot import FewShot, measure_few_shot
from siamese.evaluation.layout import laid_out
from siamese.evaluation.progress import Progress
from siamese.evaluation.run_record import run_record
from siamese.evaluation.scores import baselines, calibration_error, curves, scores
from siamese.models.inference import embed, embedding_norms, fuse
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.calibration import Calibration, fit_calibration
from siamese.retrieval.distances import PairDistances
from siamese.retrieval.gallery import Gallery
from siamese.retrieval.search import nearest

ROTATIONS = (-8.0, 0.0, 8.0)  # degrees, of the views of an uncertain picture
UNCERTAIN = 0.05  # share of the validation pictures that lies below the uncertainty gate
FITTED_ERROR = "Calibration error on the pictures it was fitted to"
NOT_NOVEL = 0.99  # share of the validation pictures that lies within the novelty threshold


def validator(corpus: Corpus) -> Callable[[EmbeddingNet], dict[str, float]]:
    """A function that gives the 5-NN accuracy on the validation pictures, fitted on 20,000 of the others."""
    quick, validation = limit(corpus.split.fit, 20_000, seed=1), corpus.split.validation

    def validate(net: EmbeddingNet) -> dict[str, float]:
        fused = fuse(net)
        fitted, queries = embed(fused, quick.images), embed(fused, validation.images)
        return {"validation_accuracy": metrics.knn_accuracy(fitted, quick.labels, queries, validation.labels)}

    return validate


def evaluate(
    net: EmbeddingNet,
    corpus: Corpus,
    config: RunConfig,
    history: list[dict[str, Any]],
    command: str,
    seconds: float,
    device: torch.device,
    measuring: MeasuringConfig = MeasuringConfig(),
    quiet: bool = True,
    few_shot: FewShot | None = None,
) -> Bundle:
    """Calibrate on the validation pictures, measure on the test pictures, and put the bundle together.

    Args:
        net: trained, on the CPU, in evaluation mode.
        corpus: the pictures of the run.
        config: the run's.
        history: of the training, a row an epoch with the fields of `Epoch`.
        command: that makes the same bundle again.
        seconds: that training took.
        device: that it ran on.
        measuring: what is measured and drawn besides.
        quiet: show no progress.
        few_shot: the network for few-shot classification, measured already; None where the last head is for that.

    Returns:
        a bundle whose gallery are the test pictures.

    Raises:
        ValueError: a row of the history lacks a field; then nothing was measured yet.
    """
    epochs = tuple(from_json(Epoch, row, f"history[{number}]") for number, row in enumerate(history))
    progress = Progress(
        ("Training pictures", "Scans, photographs, drawings", "Test pictures", "Other writers and symbols", "Figures")
        + ("Baselines",) * measuring.baselines
        + ("Map",) * measuring.map,
        quiet,
    )
    fused = fuse(net)  # as the bundle's answers are computed
    with progress.part("Training pictures"):
        few_shot_net = few_shot.net if few_shot else net
        inference = InferenceConfig(
            config.views or _gated_views(fused, corpus.split.validation),
            few_shot_head=few_shot_net.config.heads[-1],
            few_shot_distortion=config.few_shot.distortion if few_shot and config.few_shot else 0.0,
        )
        fit = embedded(fused, references(config.data, corpus), inference.views)
        validation = embedded(fused, corpus.split.validation, inference.views)
        fit_and_validation = joined(fit, validation)
    with progress.part("Scans, photographs, drawings"):
        count = config.data.calibration_pictures
        domains = {"clean": validation.pairs} | _other_domains(fused, corpus, count, inference.views)
        calibration = fit_calibration(list(domains.values()))
    with progress.part("Test pictures"):
        test = embedded(fused, corpus.test, inference.views)
        test_scores = scores(fit_and_validation, test, calibration)
    with progress.part("Other writers and symbols"):
        unseen = few_shot or measure_few_shot(net, corpus.alphabets_held_out, inference)
        inference = replace(inference, novelty_threshold=_novelty_threshold(validation, test, inference.novelty_rank))
        generalised = (
            *generalisation.pen_drawings(fused, corpus, test, inference.views, calibration),
            *unseen.figures,
            *generalisation.excluded_digits(fused, test, config.data.exclude_classes, inference),
        )
    with progress.part("Figures"):
        validated = _validation_scores(fit, validation, domains, calibration)
        drawn = curves(test.pairs, validation.pairs, calibration)
    untrained: dict[str, tuple[Metric, ...]] = {}
    if measuring.baselines:
        with progress.part("Baselines"):
            untrained = baselines(net, config.training.seed, fit_and_validation.pictures, corpus.test)
    embeddings = test.embeddings.numpy()
    xy, layout = laid_out(embeddings, measuring.map, progress)
    measured = Measurements(
        test=test_scores,
        baselines=untrained,
        validation=validated,
        generalisation=generalised,
        curves=drawn,
        history=epochs,
        pictures=Pictures(fit=len(fit_and_validation), test=len(test), pairs=len(test) * (len(test) - 1) // 2),
        trained_on=_trained_on(config),
        layout=layout,
        **run_record([net, *([few_shot.net] if few_shot else [])], config, command, seconds, device),
    )
    gallery = Gallery(corpus.test.images[:, 0].numpy(), corpus.test.labels.numpy(), embeddings, xy)
    # For classes never trained on. Without alphabets held out, the curve of the digits has to do.
    few_shot_calibration = unseen.calibration or calibration
    own = few_shot.net if few_shot else None
    return Bundle(net, gallery, inference, calibration, few_shot_calibration, corpus.test.names, measured, own)


def _gated_views(net: EmbeddingNet, validation: LabeledImages) -> Views:
    """Three views of the most uncertain pictures."""
    # The only set that the network sees twice: the gate comes before the views, and to get norms and embeddings from one
    # pass would make `embed` return both.
    gate = torch.quantile(embedding_norms(net, validation.images), UNCERTAIN)
    return Views(ROTATIONS, round(float(gate), 5))


def _trained_on(config: RunConfig) -> tuple[str, ...]:
    """Names of the data sets that the networks learned from."""
    used = {
        "mnist": True,
        "pen": bool(config.data.pen),
        "omniglot": bool(config.data.omniglot),
        "letters": bool(config.few_shot and config.few_shot.letters),
    }
    return tuple(name for name in DATA_SETS if used[name])


def _other_domains(net: EmbeddingNet, corpus: Corpus, count: int, views: Views) -> dict[str, PairDistances]:
    """Pairs of so many validation pictures as people bring them: scanned, photographed, drawn by pen."""
    some = limit(corpus.split.validation, count, seed=2)
    sets = {"scanned": corrupt(some, scan, seed=7), "photographed": corrupt(some, photograph, seed=8)}
    if corpus.pen_held_out:
        # One half of the writers held out calibrate, the other half are reported on.
        choose, _ = split_writers_in_half(corpus.pen_held_out)
        sets["drawn"] = varied(choose, copies=2, seed=9)
    return {name: embedded(net, pictures, views).pairs for name, pictures in sets.items()}


def _validation_scores(
    fit: EmbeddedSet, validation: EmbeddedSet, domains: dict[str, PairDistances], calibration: Calibration
) -> tuple[Metric, ...]:
    """The figures that choices may be made by. The calibration was fitted to the very pairs that it is measured on."""
    accuracy = metrics.knn_accuracy(fit.embeddings, fit.labels, validation.embeddings, validation.labels)
    found = [metric("5-nn accuracy", accuracy)]
    for name, pairs in domains.items():
        rate, _ = metrics.equal_error_rate(pairs)
        found.append(metric(f"{name}/equal error rate", rate))
        error = calibration_error(pairs, calibration)
        found.append(metric(f"{name}/calibration error", error, f"{FITTED_ERROR}, {name}"))
    return tuple(found)


def _novelty_threshold(queries: EmbeddedSet, gallery: EmbeddedSet, rank: int) -> float:
    """The distance to the gallery picture of that rank which 99 % of the queries stay within."""
    distances, _ = nearest(queries.embeddings, gallery.embeddings, rank)
    return round(float(np.quantile(distances[:, -1], NOT_NOVEL)), 5)
