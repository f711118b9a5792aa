"""Two digits that were never trained on, told apart: python benchmarks/unseen_pairs.py --data-dir DATA [--seeds 3] [PAIR ...]

Each pair of digits is left out of `--preset unseen` in turn, and a network is trained on the other eight and on symbols. Then
all pairs of the two digits' pictures are measured: the equal error rate of "the same digit?". Without arguments all 45
pairs are run with seed 0, and 8 against 9 with three seeds. A PAIR is written as `89`.

Two rates are printed for each: of the 5,000 validation pictures, by which recipes may be chosen, and of the 10,000 test
pictures, each embedded in a single view. Each takes about a minute of one thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from itertools import combinations

import common
import torch

from siamese.config import PRESETS, Views
from siamese.data.corpus import Corpus, load_corpus, training_sources
from siamese.data.images import LabeledImages
from siamese.evaluation import metrics
from siamese.evaluation.embedded import embedded
from siamese.models.networks import EmbeddingNet
from siamese.recipes.digits import finished
from siamese.training.trainer import Trainer, train

HARDEST = "89"


def error_rates(pair: tuple[int, int], seed: int, corpus: Corpus) -> list[float]:
    """Train without two digits, and tell them apart: the equal error rates of validation and of test pictures."""
    config = PRESETS["unseen"]
    config = replace(
        config,
        data=replace(config.data, exclude_classes=pair),
        training=replace(config.training, seed=seed),
    )
    torch.manual_seed(seed)
    net = EmbeddingNet(config.network, config.input)
    sources = training_sources(config.data, corpus)
    trainer = Trainer(net, sources, config.training)
    train(trainer)
    trained = finished(trainer, sources, config).eval()

    def rate(pictures: LabeledImages) -> float:
        unseen = pictures.subset(torch.isin(pictures.labels, torch.tensor(pair)))
        return metrics.equal_error_rate(embedded(trained, unseen, Views()).pairs)[0]

    return [rate(corpus.split.validation), rate(corpus.test)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", nargs="*", metavar="PAIR", help="two digits, as 89; default: all 45")
    parser.add_argument("--data-dir", help="the folder with MNIST/raw, omniglot and pendigits")
    parser.add_argument("--seeds", type=int, default=3, help="of 8 against 9")
    options = parser.parse_args()
    chosen = options.pairs or ["".join(map(str, pair)) for pair in combinations(range(10), 2)]
    torch.set_num_threads(1)
    print(common.where())
    corpus = load_corpus(PRESETS["unseen"].data, options.data_dir)  # of which a run takes what it is to see
    found: dict[tuple[str, int], list[float]] = {}
    for pair in sorted(chosen, key=lambda pair: pair != HARDEST):
        for seed in range(options.seeds if pair == HARDEST else 1):
            begun = time.perf_counter()
            found[pair, seed] = error_rates((int(pair[0]), int(pair[1])), seed, corpus)
            validation, test = found[pair, seed]
            seconds = time.perf_counter() - begun
            print(f"{pair} seed {seed}: {validation:.2%} / {test:.2%} ({seconds:.0f} s)", flush=True)
    first = {pair: rates for (pair, seed), rates in found.items() if seed == 0}
    for name, part in (("validation", 0), ("test", 1)):
        rates = {pair: found[part] for pair, found in first.items()}
        worst = max(rates, key=lambda pair: rates[pair])
        print(
            f"{name}: mean of {len(rates)} pairs {statistics.mean(rates.values()):.2%}, worst {worst} {rates[worst]:.2%}"
        )
        several = [each[part] for (pair, _), each in found.items() if pair == HARDEST]
        if several:
            print(f"{name}: 8 against 9, mean of {len(several)} seeds {statistics.mean(several):.2%}")


if __name__ == "__main__":
    main()
