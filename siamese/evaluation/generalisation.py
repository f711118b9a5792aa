"""What a network does with what it was not fitted to: other writers, alphabets held out, digits left out."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from siamese.bundle.measurements import Metric, metric
from siamese.config import InferenceConfig, Views
from siamese.data.corpus import Corpus
from siamese.data.pendigits import split_writers_in_half
from siamese.data.synthetic.pen import BRUSHES, CANVAS, rendered, varied
from siamese.evaluation import metrics, one_shot
from siamese.evaluation.embedded import EmbeddedSet, embedded
from siamese.evaluation.scores import calibration_error
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.calibration import Calibration

RUNS = 200  # one-shot tasks of each alphabet


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


def held_out_alphabets(net: EmbeddingNet, corpus: Corpus, inference: InferenceConfig) -> list[Metric]:
    """One-shot error within each alphabet held out that has characters enough, beside raw pixels."""
    found = []
    for alphabet in corpus.alphabets_held_out:
        if len(alphabet.images) < one_shot.WAYS:
            continue
        errors = one_shot.omniglot(net, one_shot.generate_runs(alphabet.images, runs=RUNS, seed=0), inference)
        task = f"{alphabet.name} (used to choose the recipe), {one_shot.WAYS}-way one-shot error"
        for name, pictures in (("this network", ""), ("raw pixels", "raw pixels/")):
            error, _ = errors[name]
            found.append(metric(f"{alphabet.name}/{pictures}one-shot error", error, f"{task}, {name}"))
    return found


def excluded_digits(
    net: EmbeddingNet, corpus: Corpus, excluded: Sequence[int], inference: InferenceConfig
) -> list[Metric]:
    """Verification among the test pictures of digits that were never trained on, by each head."""
    if not excluded:
        return []
    unseen = corpus.test.subset(torch.isin(corpus.test.labels, torch.tensor(excluded)))
    names, found = ", ".join(map(str, excluded)), []
    for head in net.config.heads:
        several = len(net.config.heads) > 1
        views = inference.few_shot_views if several and head == inference.few_shot_head else inference.views
        rate, _ = metrics.equal_error_rate(embedded(net, unseen, views, head).pairs)
        title = f"Digits {names}, never trained on: equal error rate" + (f" by the head for {head}" if several else "")
        found.append(metric(f"digits {names}/{head}/equal error rate", rate, title))
    return found
