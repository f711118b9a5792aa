"""20-way one-shot classification: the task of Lake, Salakhutdinov and Tenenbaum (2015).

A run shows one example of each of twenty characters of one alphabet, drawn by one person, and asks which of them each
of twenty pictures drawn by another person shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from siamese.config import InferenceConfig
from siamese.data.omniglot import character_ink
from siamese.evaluation.embedded import unit_pixels
from siamese.inputs.ink import SIDE
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet, initialised
from siamese.retrieval.few_shot import squared_distances

WAYS = 20
# (N, side, side) uint8 -> (N, dim); the larger the inner product, the more alike
Embed = Callable[[np.ndarray], np.ndarray]

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


@dataclass(frozen=True)
class Run:
    """One task.

    Attributes:
        support: (ways, side, side) uint8, one example of each class.
        queries: (ways, side, side) uint8, the pictures to classify.
        answers: (ways,) int64, index of the support that shows the same class, for each query.
    """

    support: np.ndarray
    queries: np.ndarray
    answers: np.ndarray


def generate_runs(characters: np.ndarray, runs: int, seed: int, ways: int = WAYS) -> list[Run]:
    """Random tasks of the published form.

    Args:
        characters: (characters, drawers, side, side) uint8 drawings of one alphabet, at least `ways` characters.
        runs: how many tasks.
        seed: of the choice of characters, drawers and order.
        ways: classes a task.
    """
    rng = np.random.default_rng(seed)
    generated = []
    for _ in range(runs):
        chosen = rng.choice(len(characters), ways, replace=False)
        first, second = rng.choice(characters.shape[1], 2, replace=False)
        order = rng.permutation(ways)
        generated.append(Run(characters[chosen, first], characters[chosen[order], second], order))
    return generated


def read_runs(folder: Path, side: int = SIDE) -> list[Run]:
    """The published runs: `runNN/class_labels.txt` pairs each test drawing with its training drawing.

    Args:
        folder: that holds them.
        side: of the ink, in pixels: that of the network that is measured.

    Raises:
        ValueError: the folder holds no such runs, or a drawing is missing or cannot be read.
    """
    tables = sorted(Path(folder).glob("**/run*/class_labels.txt"))
    if not tables:
        raise ValueError(f"{str(folder)!r} holds no runs: expected run01/class_labels.txt and so on.")
    return [_read_run(table, side) for table in tables]


def _read_run(table: Path, side: int) -> Run:
    pairs = [line.split() for line in table.read_text().splitlines() if line.strip()]
    supports = sorted({support for _, support in pairs})

    def ink(name: str) -> np.ndarray:
        # The names in the table start with the folder of the run.
        return character_ink((table.parent.parent / name).read_bytes(), side)

    try:
        return Run(
            np.stack([ink(support) for support in supports]),
            np.stack([ink(query) for query, _ in pairs]),
            np.array([supports.index(support) for _, support in pairs]),
        )
    except OSError as error:
        raise ValueError(f"{table} names a drawing that cannot be read: {error}") from error


def error(run: Run, embed: Embed, seed: int = 0, distortion: float = 0.0) -> float:
    """Share of queries whose nearest support is of another class; ties are broken at random.

    The support is shuffled before it is embedded, so that its order tells nothing. `distortion` is the weight of the image
    distortion model.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(run.support))
    support = run.support[order]
    squared = squared_distances(embed(run.queries), embed(support), run.queries, support, distortion)
    best = squared == squared.min(axis=1, keepdims=True)
    chosen = np.where(best, rng.random(squared.shape), -1).argmax(axis=1)
    return float((order[chosen] != run.answers).mean())


def mean_error(runs: list[Run], embed: Embed, distortion: float = 0.0) -> tuple[float, float]:
    """(mean, standard error of the mean) of the error over runs; the standard error of a single run is 0."""
    errors = np.array([error(run, embed, seed, distortion) for seed, run in enumerate(runs)])
    return float(errors.mean()), float(errors.std(ddof=1) / len(errors) ** 0.5) if len(errors) > 1 else 0.0


def lookup(pictures: torch.Tensor, rows: torch.Tensor) -> Embed:
    """What gives pictures the embeddings that were computed for them before.

    Args:
        pictures: (N, 1, side, side) uint8.
        rows: (N, dim) their embeddings.
    """
    row_of = {ink.tobytes(): row for ink, row in zip(pictures.numpy(), rows.numpy(), strict=True)}
    return lambda inks: np.stack([row_of[ink.tobytes()] for ink in inks])


def omniglot(net: EmbeddingNet, runs: list[Run], inference: InferenceConfig) -> dict[str, tuple[float, float]]:
    """Error and its standard error over the runs, of the network and of two baselines without training.

    Args:
        net: the network for few-shot classification, which is measured by its few-shot head and views, and by the image
            distortion model beside it if the settings say so.
        runs: the tasks, in its resolution.
        inference: the few-shot settings.

    Returns:
        (mean, standard error) of "this network", "untrained network" and "raw pixels".
    """
    untrained = initialised(net.config, net.input, seed=0)
    # Runs made of one alphabet show each drawing many times: it is embedded once.
    drawings = {ink.tobytes(): ink for run in runs for ink in (*run.support, *run.queries)}
    pictures = torch.from_numpy(np.stack(list(drawings.values())))[:, None]
    head, views = inference.few_shot_head, inference.few_shot_views
    embedded = {
        "this network": embed(net, pictures, head, views),
        "untrained network": embed(untrained, pictures, head, views),
        "raw pixels": unit_pixels(pictures),
    }
    weights = {"this network": inference.few_shot_distortion}
    return {name: mean_error(runs, lookup(pictures, rows), weights.get(name, 0.0)) for name, rows in embedded.items()}
