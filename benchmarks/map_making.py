"""The map's making, as `train.py` does it, against scikit-learn's t-SNE: python benchmarks/map_making.py

Both lay out the embeddings of the shipped gallery with perplexity 30. Trustworthiness (Venna and Kaski, 2001)
says how few of a point's 12 neighbours on the map are not among its nearest embeddings; it is at most 1, and taken
over all the points. Two cores.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import common
import numpy as np
import openTSNE
import sklearn
from sklearn.manifold import TSNE, trustworthiness

import siamese
from siamese.retrieval.projection import tsne

NEIGHBOURS = 12


def by_scikit_learn(embeddings: np.ndarray) -> np.ndarray:
    return TSNE(perplexity=30, random_state=0, n_jobs=-1).fit_transform(embeddings)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit", type=int, metavar="N", help="lay out N points, to see that it runs")
    options = parser.parse_args(arguments)
    common.use_cores(2)
    embeddings = siamese.load().gallery.embeddings.astype(np.float32)[: options.limit]
    print(f"{common.where()}, openTSNE {openTSNE.__version__}, scikit-learn {sklearn.__version__}")
    sides: dict[str, Callable[[np.ndarray], np.ndarray]] = {"train.py": tsne, "scikit-learn": by_scikit_learn}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(options.repeats):
        for name, lay_out in sides.items():
            start = time.perf_counter()
            layout = lay_out(embeddings)
            seconds[name].append(time.perf_counter() - start)
            kept = trustworthiness(embeddings, layout, n_neighbors=NEIGHBOURS)
            print(f"{name:13s} {seconds[name][-1]:6.1f} s   trustworthiness {kept:.4f}", flush=True)
    ours, theirs = (statistics.median(seconds[name]) for name in sides)
    print(f"median: train.py {ours:.1f} s, scikit-learn {theirs:.1f} s: {ours / theirs:.2f} of its time (limit 0.5)")


if __name__ == "__main__":
    main()
