"""The protocol for own pictures: how a network is chosen, calibrated and measured, and put into a bundle.

Every choice (epoch, views, threshold, calibration) is made on the validation pictures, which show classes that were never
trained on where the split is by class. The test pictures are read once, at the end, and nothing is chosen by them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from siamese.bundle.curves import Epoch
from siamese.bundle.folder_record import Folder, Part
from siamese.bundle.format import Bundle
from siamese.bundle.measurements import Measurements, Pictures
from siamese.bundle.metrics import Metric, metric
from siamese.bundle.sprite import thumbnails
from siamese.config import InferenceConfig, MeasuringConfig, RunConfig, Views, from_json
from siamese.data.images import LabeledImages, in_memory, limit
from siamese.data.own_pictures import FolderCorpus
from siamese.evaluation import leaks, metrics, open_set
from siamese.evaluation.embedded import EmbeddedSet, embedded, frozen_features, raw_pixels
from siamese.evaluation.layout import laid_out
from siamese.evaluation.progress import Progress
from siamese.evaluation.run_record import run_record
from siamese.evaluation.scores import calibration_error, curves
from siamese.inputs.preparing import to_pixels
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.calibration import fit_calibration
from siamese.retrieval.gallery import Gallery
from siamese.retrieval.search import nearest

QUICK = 3000  # validation pictures that an epoch is judged by
GALLERY = 10_000  # pictures at most
VIEWS = (Views(), Views((-6.0, 0.0, 6.0)), Views((-10.0, -5.0, 0.0, 5.0, 10.0)))  # that are tried
LEAST_GAIN = 0.02  # share of the equal error rate that several views have to save, to be worth their time
NOVELTY_RANK, NOT_NOVEL = 5, 0.99  # share of the validation pictures that lies within the novelty threshold


def validator(corpus: FolderCorpus) -> Callable[[EmbeddingNet], dict[str, float]]:
    """A function that gives the equal error rate and Recall@1 on the validation pictures."""
    quick = limit(corpus.validation, QUICK, seed=1)
    index = open_set.paired(quick.labels)

    def validate(net: EmbeddingNet) -> dict[str, float]:
        pictures = EmbeddedSet(quick, embed(net, quick.images))
        rate, _ = metrics.equal_error_rate(pictures.pairs)
        found = metrics.retrieval_scores(pictures.embeddings[index], quick.labels[index], (1,))
        return {"validation_error": rate, "validation_accuracy": found["recall@1"]}

    return validate


def evaluate(
    net: EmbeddingNet,
    untrained: EmbeddingNet,
    corpus: FolderCorpus,
    config: RunConfig,
    name: str,
    history: Sequence[dict[str, Any]],
    command: str,
    seconds: float,
    device: torch.device,
    frozen: bool = False,
    measuring: MeasuringConfig = MeasuringConfig(),
    quiet: bool = True,
) -> Bundle:
    """Choose the views and calibrate on the validation pictures, measure on the test pictures, and make the bundle.

    Args:
        net: trained, on the CPU, in evaluation mode.
        untrained: the same network as training began with it.
        corpus: the pictures of the run.
        config: the run's, with nothing left open.
        name: of the folder.
        history: of the training, a row an epoch with the fields of `Epoch`.
        command: that makes the same bundle again.
        seconds: that training took.
        device: that it ran on.
        frozen: whether training began with a trained backbone, whose features are then the baseline.
        measuring: what is measured and drawn besides.
        quiet: show no progress.

    Returns:
        a bundle whose gallery are test pictures.
    """
    assert config.folder and config.folder.split, "nothing is left open after the pictures were read"
    epochs = tuple(from_json(Epoch, row, f"history[{number}]") for number, row in enumerate(history))
    progress = Progress(
        ("Validation pictures", "Test pictures") + ("Baselines",) * measuring.baselines + ("Map",) * measuring.map,
        quiet,
    )
    with progress.part("Validation pictures"):
        views, validation = choose_views(net, corpus.validation)
        calibration = fit_calibration([validation.pairs])
        rank, threshold = novelty(validation)
        inference = InferenceConfig(views, net.config.heads[-1], views, rank, threshold)
        validated = open_set.scores(validation, corpus.groups)
        error = calibration_error(validation.pairs, calibration)
    with progress.part("Test pictures"):
        test = embedded(net, corpus.test, views)
        test_scores = open_set.scores(test, corpus.groups, calibration)
        drawn = curves(test.pairs, validation.pairs, calibration)
        found = leaks.class_leaks(corpus.test_paths, corpus.test.labels.numpy())
    baselines: dict[str, tuple[Metric, ...]] = {}
    if measuring.baselines:
        with progress.part("Baselines"):
            baselines = _baselines(untrained, corpus, frozen)
    chosen = gallery_part(test)
    xy, layout = laid_out(chosen.embeddings.numpy(), measuring.map, progress)
    measured = Measurements(
        test=test_scores,
        baselines=baselines,
        validation=(*validated, metric("calibration error", error, "Calibration error, fitted")),
        generalisation=(),
        curves=drawn,
        history=epochs,
        pictures=Pictures(len(corpus.fit), len(test), len(test) * (len(test) - 1) // 2),
        trained_on=(),
        layout=layout,
        folder=Folder(
            name,
            config.folder.split,
            not corpus.groups.trivial,
            _part(corpus.fit),
            _part(corpus.validation),
            _part(corpus.test),
            notes=(*corpus.notes, *leaks.warnings(found)),
        ),
        **run_record([net], config, command, seconds, device),
    )
    gallery, labels = gallery_of(chosen, net, xy)
    return Bundle(net, gallery, inference, calibration, calibration, labels, measured)


def _baselines(untrained: EmbeddingNet, corpus: FolderCorpus, frozen: bool) -> dict[str, tuple[Metric, ...]]:
    """Raw pixels, and the network as training began with it, on the test pictures."""
    title, rows = (
        ("Frozen backbone", frozen_features(untrained, corpus.test))
        if frozen
        else ("Untrained network", embedded(untrained, corpus.test, Views()))
    )
    return {
        "Raw pixels": open_set.scores(raw_pixels(corpus.test), corpus.groups),
        title: open_set.scores(rows, corpus.groups),
    }


def choose_views(net: EmbeddingNet, validation: LabeledImages) -> tuple[Views, EmbeddedSet]:
    """The views with the lowest equal error rate on the validation pictures, and these embedded by them."""
    chosen, best = VIEWS[0], embedded(net, validation, VIEWS[0])
    first = lowest = metrics.equal_error_rate(best.pairs)[0]
    for views in VIEWS[1:]:
        tried = embedded(net, validation, views)
        rate, _ = metrics.equal_error_rate(tried.pairs)
        if rate < min(lowest, first * (1 - LEAST_GAIN)):
            chosen, best, lowest = views, tried, rate
    return chosen, best


def novelty(validation: EmbeddedSet) -> tuple[int, float]:
    """The rank and the distance of novelty: 99 % of the validation pictures have so many others within it.

    The rank is 5, or less where classes are small: a picture of a known class then has fewer of its own.
    """
    counts = torch.bincount(validation.labels)
    rank = max(1, min(NOVELTY_RANK, int(counts[counts > 0].float().median()) - 1))
    distances, _ = nearest(validation.embeddings, validation.embeddings, rank, exclude_self=True)
    return rank, round(float(np.quantile(distances[:, -1], NOT_NOVEL)), 5)


def gallery_part(test: EmbeddedSet) -> EmbeddedSet:
    """The test pictures of the gallery: at most `GALLERY` of them."""
    if len(test) <= GALLERY:
        return test
    order = torch.randperm(len(test), generator=torch.Generator().manual_seed(0))
    return test.subset(order[:GALLERY].sort().values)


def gallery_of(chosen: EmbeddedSet, net: EmbeddingNet, xy: np.ndarray) -> tuple[Gallery, tuple[str, ...]]:
    """The gallery of these pictures, which stand at (N, 2) places on the map, and the names of their classes."""
    present = torch.unique(chosen.labels)
    images = thumbnails(to_pixels(in_memory(chosen.pictures), net.input), net.input)
    labels = torch.searchsorted(present, chosen.labels).numpy()
    names = tuple(chosen.pictures.names[label] for label in present)
    return Gallery(images, labels, chosen.embeddings.numpy(), xy), names


def _part(pictures: LabeledImages) -> Part:
    return Part(len(pictures.labels.unique()), len(pictures))
