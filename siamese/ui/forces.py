"""Forces of a loss: which pairs of a batch it pulls together and pushes apart, and which of them the strongest.

A loss is a sum over the pairs, triplets or anchors of a batch, and its gradient a sum of pulls and pushes between two
embeddings each. `training.losses` computes the sum; this module takes it apart, to show a few of its terms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siamese.config import TrainingConfig
from siamese.training.losses import CONTRASTIVE_MARGIN, TRIPLET_MARGIN

SHOWN = 6  # pulls, pushes or triplets, one a class at most: more lines are a tangle
AT_REST = 1e-3  # distance below which a pair is not pulled, as in `losses.contrastive`


@dataclass(frozen=True)
class Forces:
    """The strongest forces within a batch of B pictures.

    Attributes:
        pulled: (P, 2) int, places in the batch of pairs of one class; of triplets (anchor, positive).
        pushed: (Q, 2) int, of pairs of two classes; of triplets (anchor, negative), in the same order as `pulled`.
        active: how many pairs, or triplets, of the batch are (pulled, pushed).
        possible: out of how many each.
    """

    pulled: np.ndarray
    pushed: np.ndarray
    active: tuple[int, int]
    possible: tuple[int, int]


def forces(embeddings: np.ndarray, labels: np.ndarray, config: TrainingConfig) -> Forces:
    """Take the loss of a batch apart.

    Args:
        embeddings: (B, D), rows of length 1.
        labels: (B,) classes.
        config: with the loss, its margin or temperature, and its mining.
    """
    if config.loss == "triplet":
        return _of_triplets(embeddings, labels, config.margin or TRIPLET_MARGIN, config.mining)
    pairs = np.triu_indices(len(labels), 1)
    same = (labels[:, None] == labels)[pairs]
    if config.loss == "supcon":
        pull, push = (strength[pairs] for strength in _of_softmax(embeddings, labels, config.temperature))
    else:
        distances = _distances(embeddings)[pairs]
        pull = np.where(distances > AT_REST, distances, 0)
        push = np.maximum(0, (config.margin or CONTRASTIVE_MARGIN) - distances)
    pull, push = np.where(same, pull, 0), np.where(same, 0, push)
    ends = np.stack(pairs, axis=1)
    return Forces(
        ends[_strongest(pull, labels[ends])],
        ends[_strongest(push, labels[ends])],
        (int((pull > 0).sum()), int((push > 0).sum())),
        (int(same.sum()), int((~same).sum())),
    )


def _of_softmax(embeddings: np.ndarray, labels: np.ndarray, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """(B, B) pulls and pushes of the supervised contrastive loss: its gradient by each similarity, times the temperature
    and the number of anchors."""
    logits = embeddings @ embeddings.T / temperature
    np.fill_diagonal(logits, -np.inf)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    same = labels[:, None] == labels
    np.fill_diagonal(same, False)
    counts = same.sum(axis=1, keepdims=True)
    gradient = np.where(counts > 0, shares - same / np.maximum(counts, 1), 0)
    gradient += gradient.T
    return np.maximum(0, -gradient), np.maximum(0, gradient)


def _of_triplets(embeddings: np.ndarray, labels: np.ndarray, margin: float, mining: str) -> Forces:
    anchors, positives, negatives, violations = mined(embeddings, labels, margin, mining)
    chosen = _strongest(np.maximum(0, violations), labels[anchors][:, None])
    active, possible = int((violations > 0).sum()), len(violations)
    return Forces(
        np.stack((anchors, positives), axis=1)[chosen],
        np.stack((anchors, negatives), axis=1)[chosen],
        (active, active),
        (possible, possible),
    )


def mined(
    embeddings: np.ndarray, labels: np.ndarray, margin: float, mining: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The triplets that `losses.triplet_mined` takes: anchors, positives, negatives and violations, (T,) each.

    Args:
        embeddings: (B, D), rows of length 1.
        labels: (B,) classes.
        margin: a triplet's violation is the distance to the positive, less that to the negative, plus the margin.
        mining: batch-hard or semi-hard.
    """
    distances = _distances(embeddings)
    same = labels[:, None] == labels
    positive = same & ~np.eye(len(labels), dtype=bool)
    valid = positive.any(axis=1) & ~same.all(axis=1)
    if mining == "batch-hard":
        anchors = np.flatnonzero(valid)
        positives = np.where(positive, distances, -1)[anchors].argmax(axis=1)
        negatives = np.where(same, np.inf, distances)[anchors].argmin(axis=1)
    else:
        anchors, positives = np.nonzero(positive & valid[:, None])
        rows = np.where(same, np.nan, distances)[anchors]
        beyond = np.where(rows > distances[anchors, positives][:, None], rows, np.inf)
        farthest = np.where(np.isnan(rows), -1, rows).argmax(axis=1)
        negatives = np.where(np.isfinite(beyond).any(axis=1), beyond.argmin(axis=1), farthest)
    return (
        anchors,
        positives,
        negatives,
        distances[anchors, positives] - distances[anchors, negatives] + margin,
    )


def _distances(embeddings: np.ndarray) -> np.ndarray:
    """(B, B), by differences: by inner products, what has collapsed onto a point would lie apart by rounding alone."""
    return np.linalg.norm(embeddings[:, None] - embeddings, axis=2)


def _strongest(strengths: np.ndarray, labels: np.ndarray) -> list[int]:
    """Indices of the strongest forces above 0, strongest first; no class is told of twice.

    Args:
        strengths: (N,).
        labels: (N, 1 or 2) classes that each force acts on.
    """
    chosen: list[int] = []
    told: set[int] = set()
    for index in np.argsort(-strengths, kind="stable"):
        if strengths[index] <= 0 or len(chosen) == SHOWN:
            break
        classes = set(labels[index].tolist())
        if not classes & told:
            chosen.append(int(index))
            told |= classes
    return chosen
