"""What a network does with what it was not fitted to: other writers, digits left out."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from siamese.bundle.metrics import Metric, metric
from siamese.config import InferenceConfig, Views
from siamese.data.corpus import Corpus
from siamese.data.pendigits import split_writers_in_half
from siamese.data.synthetic.pen import BRUSHES, CANVAS, rendered, varied
from siamese.evaluation import metrics
from siamese.evaluation.embedded import EmbeddedSet, embedded
from siamese.evaluation.scores import calibration_error
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.calibration import Calibration


def pen_drawings(
    net: EmbeddingNet, corpus: Corpus, gallery: EmbeddedSet, views: Views, calibration: Calibration
) -> list[Metric]:
    """Of writers who were neither fitted nor calibrated by: k-NN accuracy in the gallery, and verification."""
    _, recordings = split_writers_in_half(corpus.pen_held_out)
    if not recordings:
        return []
    people, found = "Pen drawings by people never seen", []
    for brush in BRUSHES:
        drawn = embedded(net, rendered(recordings, brush), views)
        accuracy = metrics.knn_accuracy(gallery.embeddings, gallery.labels, drawn.embeddings, drawn.labels)
        title = f"{people}, brush {brush} of {CANVAS}: 5-NN accuracy"
        found.append(metric(f"pen/brush {brush}/5-nn accuracy", accuracy, title))
    pairs = embedded(net, varied(recordings, copies=1, seed=10), views).pairs
    rate, _ = metrics.equal_error_rate(pairs)
    found.append(metric("pen/equal error rate", rate, f"{people}: equal error rate"))
    error = calibration_error(pairs, calibration)
    return [*found, metric("pen/calibration error", error, f"{people}: calibration error")]


def excluded_digits(
    net: EmbeddingNet, test: EmbeddedSet, excluded: Sequence[int], inference: InferenceConfig
) -> list[Metric]:
    """Verification among the test pictures of digits that were never trained on, by each head.

    Args:
        net: the network.
        test: the test pictures, embedded by its first head.
        excluded: the digits.
        inference: with the views of each head.
    """
    if not excluded:
        return []
    unseen = test.subset(torch.isin(test.labels, torch.tensor(excluded)))
    first, *others = inference.views_by_head(net.config.heads).items()
    sets = {first[0]: unseen} | {head: embedded(net, unseen.pictures, views, head) for head, views in others}
    names, found = ", ".join(map(str, excluded)), []
    for head, pictures in sets.items():
        rate, _ = metrics.equal_error_rate(pictures.pairs)
        by = f" by the head for {head}" if others else ""
        title = f"Digits {names}, never trained on: equal error rate{by}"
        found.append(metric(f"digits {names}/{head}/equal error rate", rate, title))
    return found
