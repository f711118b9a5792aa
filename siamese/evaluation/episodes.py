"""N-way K-shot classification (Lake et al., 2015; Vinyals et al., 2016): name a picture by a few examples of each class."""

from __future__ import annotations

from typing import Any

import numpy as np

EPISODES = 2000


def few_shot_accuracy(
    embeddings: Any, labels: Any, ways: int, shots: int, episodes: int = EPISODES, seed: int = 0
) -> tuple[float, float] | None:
    """Accuracy of the nearest class mean (Snell et al., 2017), which for one example is that example.

    An episode draws classes at random, and of each some pictures as support and one more as query.

    Args:
        embeddings: (N, dim) unit vectors, a NumPy array or a torch tensor on the CPU.
        labels: (N,) the class of each.
        ways: classes of an episode, typically 5 or 20.
        shots: examples of each, typically 1 or 5.
        episodes: how many are drawn.
        seed: of the draws.

    Returns:
        (mean, standard error over the episodes); None where too few classes have pictures enough.
    """
    rows, labels = np.asarray(embeddings, np.float32), np.asarray(labels)
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    members = [found for found in members if len(found) > shots]
    if len(members) < ways:
        return None
    rng = np.random.default_rng(seed)
    accuracies = np.empty(episodes)
    for episode in range(episodes):
        classes = rng.choice(len(members), ways, replace=False)
        drawn = np.stack([rng.choice(members[index], shots + 1, replace=False) for index in classes])
        means = rows[drawn[:, :shots]].mean(axis=1)
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        similarity = rows[drawn[:, shots]] @ means.T
        accuracies[episode] = (similarity.argmax(axis=1) == np.arange(ways)).mean()
    return float(accuracies.mean()), float(accuracies.std(ddof=1) / np.sqrt(episodes))
