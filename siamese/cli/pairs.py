"""`python -m siamese evaluate pairs PAIRS.csv`: measure a model on a list of pairs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from torch import Tensor
from tqdm import tqdm

from siamese.bundle.files import write_json
from siamese.bundle.tables import side_by_side
from siamese.config import to_json
from siamese.data.reading import read_pictures
from siamese.evaluation import pairs as evaluation
from siamese.evaluation.embedded import unit_pixels
from siamese.evaluation.leaks import STATISTICS, file_statistics
from siamese.inputs.preparing import to_pixels
from siamese.matcher import Matcher, load

PORTION = 100  # pictures that are embedded at a time


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "pairs", type=Path, metavar="PAIRS.csv", help="columns: first, second, same; fold if there are folds"
    )
    parser.add_argument("--model", help="a bundle's folder or user/repo on the Hub; default: the one that ships")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")


def run(given: argparse.Namespace) -> None:
    """Measure, and print a table.

    Raises:
        ValueError: the table cannot be used, or nothing that it names can be read.
    """
    pairs, matcher = evaluation.read_pairs(given.pairs), load(given.model)
    reading = read_pictures(pairs.paths, matcher.input, "Reading pictures")
    for index, why in reading.failed.items():
        print(f"Left out: {pairs.paths[index]}: {why}")
    whole = len(pairs)
    pairs = pairs.without(set(reading.failed))
    if reading.failed:
        print(f"Left out: {len(reading.failed)} of {len(pairs.paths)} pictures, {whole - len(pairs)} of {whole} pairs.")
    rows = np.zeros(len(pairs.paths), np.int64)
    rows[reading.read] = np.arange(len(reading.read))
    first, second = rows[pairs.first], rows[pairs.second]
    embeddings = embedded(matcher, reading.images)
    columns = {
        "This network": evaluation.measure(
            distances(lambda row: embeddings[row], first, second), pairs, matcher.calibration
        ),
        "Raw pixels": evaluation.measure(
            distances(lambda row: unit_pixels(reading.images[row]).numpy(), first, second), pairs
        ),
    }
    same, pictures = int(pairs.same.sum()), len(np.union1d(first, second))
    print(f"Pairs: {same} the same, {len(pairs) - same} different, of {pictures} pictures\n")
    print(side_by_side(columns, [one.key for one in columns["This network"]]))
    lines = leaks(pairs)
    print("".join(f"\n{line}" for line in lines), end="\n" if lines else "")
    if given.json:
        figures = {name: [to_json(one) for one in found] for name, found in columns.items()}
        counts = {"pairs": len(pairs), "same": same, "pictures": pictures}
        write_json(given.json, counts | {"figures": figures, "warnings": lines})


def embedded(matcher: Matcher, images: Tensor) -> np.ndarray:
    """(N, dim) embeddings of (N, channels, H, W) uint8 pictures."""
    rows = []
    for portion in tqdm(images.split(PORTION), "Embedding", mininterval=1):
        rows.append(matcher.embed(to_pixels(portion, matcher.input)))
    return np.concatenate(rows)


def distances(unit: Callable[[np.ndarray], np.ndarray], first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(P,) Euclidean distances of pairs, a portion at a time: unit vectors of raw pixels take much memory.

    Args:
        unit: gives the unit vectors of some pictures.
        first: (P,) int64, of each pair.
        second: likewise.
    """
    found = []
    for start in range(0, len(first), PORTION):
        part = slice(start, start + PORTION)
        found.append(np.linalg.norm(unit(first[part]) - unit(second[part]), axis=1))
    return np.minimum(np.concatenate(found), 2.0)


def leaks(pairs: evaluation.PairList) -> list[str]:
    """Warnings of single statistics of the files that separate the pairs."""
    statistics = np.zeros((len(pairs.paths), len(STATISTICS)))
    for index in tqdm(np.union1d(pairs.first, pairs.second).tolist(), "Looking for leaks", mininterval=1):
        statistics[index] = file_statistics(pairs.paths[index])
    return evaluation.leak_warnings(pairs, statistics)
