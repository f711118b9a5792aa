"""Figures of the baselines on the whole of MNIST: python benchmarks/baselines.py --data-dir DATA

Measures raw pixels and the untrained networks of the presets, seed 0, and writes `siamese/evaluation/baselines.json`, so that no
run measures them again. Some minutes.
"""

from __future__ import annotations

import argparse
import json
import time

import common

from siamese.bundle.files import write_text
from siamese.config import PRESETS, DataConfig, to_json
from siamese.data.corpus import load_corpus, references
from siamese.data.images import join
from siamese.evaluation.baselines import SHIPPED, key_of
from siamese.evaluation.scores import baseline_measurements
from siamese.models.networks import EmbeddingNet

NAMES = ("fast", "base", "full")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir")
    options = parser.parse_args(arguments)
    print(common.where())
    entries: dict[str, dict] = {}
    for name in NAMES:
        data = DataConfig(reference_pictures=PRESETS[name].data.reference_pictures)
        corpus = load_corpus(data, options.data_dir)
        fit, test = join(references(data, corpus), corpus.split.validation), corpus.test
        net = EmbeddingNet(PRESETS[name].network, PRESETS[name].input)
        for title, (what, measure) in baseline_measurements(net, 0, fit, test).items():
            key = key_of((fit, test), what)
            if key in entries:
                continue
            start = time.perf_counter()
            metrics = [to_json(metric) for metric in measure()]
            entries[key] = {"key": key, "title": f"{title}, {name}", "metrics": metrics}
            print(f"{title}, {name}: {time.perf_counter() - start:.0f} s", flush=True)
    write_text(SHIPPED, json.dumps(list(entries.values()), indent=1) + "\n")


if __name__ == "__main__":
    main()
