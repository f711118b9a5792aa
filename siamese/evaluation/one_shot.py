"""One look is enough: the 20-way one-shot task of Lake, Salakhutdinov and Tenenbaum (2015).

A run shows one example of each of twenty characters of one alphabet, drawn by one person, and asks
which of them each of twenty pictures drawn by another person shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamese.data.images import character_ink

WAYS = 20
Embed = Callable[[np.ndarray], np.ndarray]  # (N, 28, 28) uint8 -> (N, dim), nearer is more alike


@dataclass(frozen=True)
class Run:
    """One task.

    Attributes:
        support: (ways, 28, 28) uint8, one example of each class.
        queries: (ways, 28, 28) uint8.
        answers: (ways,) int64, the support that each query shows.
    """

    support: np.ndarray
    queries: np.ndarray
    answers: np.ndarray


def generate_runs(characters: np.ndarray, runs: int, seed: int, ways: int = WAYS) -> list[Run]:
    """Draw tasks of the published shape from (characters, drawers, 28, 28) uint8 drawings."""
    chance = np.random.default_rng(seed)
    drawn = []
    for _ in range(runs):
        chosen = chance.choice(len(characters), ways, replace=False)
        first, second = chance.choice(characters.shape[1], 2, replace=False)
        order = chance.permutation(ways)
        drawn.append(Run(characters[chosen, first], characters[chosen[order], second], order))
    return drawn


def read_runs(folder: Path) -> list[Run]:
    """The published runs: `runNN/class_labels.txt` pairs each test drawing with its training drawing.

    Raises:
        ValueError: the folder holds no such runs.
    """
    tables = sorted(Path(folder).glob("**/run*/class_labels.txt"))
    if not tables:
        raise ValueError(f"{str(folder)!r} holds no runs: expected run01/class_labels.txt and so on.")
    return [_read_run(table) for table in tables]


def _read_run(table: Path) -> Run:
    pairs = [line.split() for line in table.read_text().splitlines() if line.strip()]
    supports = sorted({support for _, support in pairs})

    def ink(name: str) -> np.ndarray:
        # The names in the table begin with the run's own folder.
        return character_ink((table.parent.parent / name).read_bytes())

    try:
        return Run(
            np.stack([ink(support) for support in supports]),
            np.stack([ink(query) for query, _ in pairs]),
            np.array([supports.index(support) for _, support in pairs]),
        )
    except OSError as error:
        raise ValueError(f"{table} names a drawing that cannot be read: {error}") from error


def error(run: Run, embed: Embed, seed: int = 0) -> float:
    """Share of queries whose nearest support is another than their own; ties are broken at random."""
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(run.support))
    similarity = embed(run.queries) @ embed(run.support[order]).T
    best = similarity == similarity.max(axis=1, keepdims=True)
    chosen = np.where(best, chance.random(similarity.shape), -1).argmax(axis=1)
    return float((order[chosen] != run.answers).mean())


def mean_error(runs: list[Run], embed: Embed) -> tuple[float, float]:
    """(mean, standard error of the mean) over runs."""
    errors = np.array([error(run, embed, seed) for seed, run in enumerate(runs)])
    return float(errors.mean()), float(errors.std(ddof=1) / len(errors) ** 0.5) if len(errors) > 1 else 0.0
