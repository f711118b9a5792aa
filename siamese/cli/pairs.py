"""`python -m siamese evaluate pairs PAIRS.csv`: measure a model on a list of pairs."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from tqdm import tqdm

from siamese.bundle.files import write_json
from siamese.bundle.measurements import Metric, find
from siamese.config import to_json
from siamese.evaluation import pairs as evaluation
from siamese.evaluation.embedded import unit_pixels
from siamese.evaluation.leaks import file_statistics
from siamese.inputs.preparing import prepare, to_batch
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
    pixels, failed = read(pairs, matcher)
    for index, why in failed.items():
        print(f"Left out: {pairs.paths[index]}: {why}")
    whole = len(pairs)
    pairs = pairs.without(set(failed))
    if failed:
        print(f"{len(failed)} pictures could not be read, so that {whole - len(pairs)} of {whole} pairs were left out.")
    rows = embedded(matcher, pixels)
    images = to_batch([pixels[index] for index in sorted(pixels)], matcher.input)
    raw = dict(zip(sorted(pixels), unit_pixels(images).numpy(), strict=True))
    columns = {
        "This network": evaluation.measure(distances(pairs, rows), pairs, matcher.calibration),
        "Raw pixels": evaluation.measure(distances(pairs, raw), pairs),
    }
    print(f"{len(pairs)} pairs, {int(pairs.same.sum())} the same, of {len(pixels)} pictures\n")
    print(table(columns))
    lines = leaks(pairs, pixels)
    print("".join(f"\n{line}" for line in lines), end="\n" if lines else "")
    if given.json:
        figures = {name: [to_json(one) for one in found] for name, found in columns.items()}
        write_json(given.json, {"pairs": len(pairs), "figures": figures, "warnings": lines})


def read(pairs: evaluation.PairList, matcher: Matcher) -> tuple[dict[int, np.ndarray], dict[int, str]]:
    """Each picture once, prepared, by its number; and why the others cannot be read."""
    pixels, failed = dict[int, np.ndarray](), dict[int, str]()
    for index, path in enumerate(tqdm(pairs.paths, "Reading pictures", mininterval=1)):
        try:
            pixels[index] = prepare(path, matcher.input)
        except ValueError as error:
            failed[index] = str(error)
    return pixels, failed


def embedded(matcher: Matcher, pixels: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
    """The embedding of each picture, by its number."""
    numbers, rows = sorted(pixels), dict[int, np.ndarray]()
    for start in tqdm(range(0, len(numbers), PORTION), "Embedding", mininterval=1):
        portion = numbers[start : start + PORTION]
        rows |= dict(zip(portion, matcher.embed(np.stack([pixels[index] for index in portion])), strict=True))
    return rows


def distances(pairs: evaluation.PairList, rows: dict[int, np.ndarray]) -> np.ndarray:
    """(P,) Euclidean distances of the pairs."""
    found = [
        np.linalg.norm(rows[a] - rows[b]) for a, b in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    ]
    return np.minimum(np.array(found), 2.0)


def leaks(pairs: evaluation.PairList, pixels: dict[int, np.ndarray]) -> list[str]:
    """Warnings of single statistics of the files that separate the pairs."""
    statistics = np.zeros((len(pairs.paths), 6))
    for index in pixels:
        statistics[index] = file_statistics(pairs.paths[index])
    return evaluation.leak_warnings(pairs, statistics)


def table(columns: dict[str, tuple[Metric, ...]]) -> str:
    """The figures beside each other, as Markdown."""
    lines = ["| | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    for one in columns["This network"]:
        cells = [found.text if (found := find(column, one.key)) else "" for column in columns.values()]
        lines.append(f"| {one.title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
