"""What is reported of own pictures: verification, retrieval and few-shot classification, on classes never trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from siamese.bundle.metrics import Metric, metric
from siamese.data.groups import Groups
from siamese.evaluation import metrics
from siamese.evaluation.embedded import EmbeddedSet
from siamese.evaluation.episodes import few_shot_accuracy
from siamese.evaluation.scores import verification
from siamese.retrieval.calibration import Calibration
from siamese.retrieval.distances import PairDistances, pair_distances

FALSE_ACCEPT_RATES = (1e-2, 1e-3)
FEW_SHOT = ((5, 1), (5, 5), (20, 1), (20, 5))  # ways and shots
WORDS = {1: "one-shot", 5: "five-shot"}


def scores(test: EmbeddedSet, groups: Groups, calibration: Calibration | None = None) -> tuple[Metric, ...]:
    """Every metric of a set whose classes need not have been trained on.

    Args:
        test: the pictures, each a query to all the others.
        groups: which classes belong together.
        calibration: that turns distances into probabilities, if there is one to be judged.
    """
    found = [*verification(test.pairs, FALSE_ACCEPT_RATES, calibration)]
    for key, pairs in hard_pairs(test, groups).items():
        title = f"Equal error rate, different pairs of the {key}"
        found.append(metric(f"{key}/equal error rate", metrics.equal_error_rate(pairs)[0], title))
        found.append(metric(f"{key}/roc auc", metrics.roc_auc(pairs), f"ROC AUC, different pairs of the {key}"))
    index = paired(test.labels)
    retrieval = metrics.retrieval_scores(test.embeddings[index], test.labels[index])
    found += [metric(key, value) for key, value in retrieval.items()]
    for ways, shots in FEW_SHOT:
        measured = few_shot_accuracy(test.embeddings, test.labels, ways, shots)
        if measured:
            accuracy, error = measured
            found.append(metric(f"{ways}-way {WORDS[shots]}", accuracy, error=error))
    return tuple(found)


def paired(labels: torch.Tensor) -> torch.Tensor:
    """(N,) bool, False for the pictures that are alone in their class: nothing is to be found for them."""
    return torch.bincount(labels)[labels] > 1


def hard_pairs(test: EmbeddedSet, groups: Groups) -> dict[str, PairDistances]:
    """The pairs that are hard where classes belong together: within a group, and of one name in several groups.

    Returns:
        distances of the same pairs, and of such different ones, by "same group" and "same name"; without those that
        the pictures have no different pairs of.
    """
    if groups.trivial:
        return {}
    found = {}
    for key, words in (("same group", groups.of_class), ("same name", groups.within)):
        alike = _among_alike(test, words)
        if alike.different.sum():
            found[key] = alike
    return found


def _among_alike(test: EmbeddedSet, words: Sequence[str]) -> PairDistances:
    """All pairs of pictures whose classes share a word; an empty word is shared with nobody."""
    by_class = np.array(words, dtype=object)[test.labels.numpy()]
    total = pair_distances(test.embeddings[:0], test.labels[:0])
    for word in sorted(set(by_class) - {""}):
        index = torch.from_numpy(np.flatnonzero(by_class == word))
        total = total + pair_distances(test.embeddings[index], test.labels[index])
    return total
