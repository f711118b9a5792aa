"""Two digits that were never trained on, told apart: python benchmarks/unseen_pairs.py --data-dir DATA [--seeds 3] [PAIR ...]

Three networks judge together; none has seen the two digits.

- Two learned from symbols and letters alone, from no digit, so that they serve all pairs. They differ in the strength of their
  augmentation. Their embeddings are whitened by the other eight digits. Each takes some 25 minutes of one thread.
- The third learns by `--preset unseen` from the other eight digits and from symbols, a network for each pair. It takes
  about a minute of one thread.

Then all pairs of the two digits' pictures are measured by the mean of the three squared distances: the equal error rate of "the
same digit?". Without arguments all 45 pairs are run with seed 0, and 8 against 9 with three seeds. A PAIR is written as `89`.

`--keep FOLDER` keeps the networks, and takes those that lie there instead of training them again: for a run that was stopped, for
several processes with pairs of their own, or after a change of how they judge.

Two rates are printed for the networks without digits, for the other, and for all together: of the 5,000 validation pictures, by
which recipes may be chosen, and of the 10,000 test pictures.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path

import common
import torch

from siamese.bundle.weights import load_weights, save_weights
from siamese.config import (
    PRESETS,
    AugmentationConfig,
    FewShotConfig,
    InputConfig,
    NetworkConfig,
    RunConfig,
    TrainingConfig,
    Views,
    ink_input,
)
from siamese.data.corpus import Corpus, load_corpus, training_sources
from siamese.data.images import limit
from siamese.evaluation import metrics
from siamese.evaluation.embedded import EmbeddedSet, embedded, together
from siamese.evaluation.whitening import whitened
from siamese.models.networks import EmbeddingNet
from siamese.recipes.digits import finished
from siamese.recipes.few_shot import train_few_shot
from siamese.recipes.job import Job
from siamese.training.trainer import Trainer, train

HARDEST = "89"
NAMES = ("symbols", "unseen", "together")
SYMBOLS = tuple(
    FewShotConfig(
        side=28,
        network=PRESETS["unseen"].network,
        training=TrainingConfig(epochs=16, temperature=0.05, augmentation=augmentation),
        digits=None,
    )
    # They have no digits to learn from how differently they are written.
    for augmentation in (
        AugmentationConfig(rotation=15, shear=0.4, scale=0.15, aspect=0.2),
        AugmentationConfig(rotation=15, shear=0.5, scale=0.2, aspect=0.25, shift=2, elastic=1.2),
    )
)
SYMBOLS_VIEWS = Views((-15.0, -8.0, 0.0, 8.0, 15.0), deskew=0.5)
SHRINKAGE, WHITENED_BY = 0.85, 6000  # of the covariance, which so many digits give


def kept(
    path: Path | None, config: NetworkConfig, input: InputConfig, learn: Callable[[], EmbeddingNet]
) -> EmbeddingNet:
    """A network that lies in a file, or that learns now and is written there."""
    if path and path.is_file():
        return load_weights(lambda: {"": EmbeddingNet(config, input)}, path)[""].eval()
    net = learn()
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_weights({"": net}, path)
    return net


def learned_from_symbols(config: FewShotConfig, corpus: Corpus, data_dir: str | None) -> EmbeddingNet:
    """A network that saw no digit."""
    data = replace(PRESETS["unseen"].data, held_out_alphabets=())
    return train_few_shot(config, data, corpus, Job(data_dir, Path(), False, "cpu", None, False)).net


def learned_from_others(config: RunConfig, corpus: Corpus) -> EmbeddingNet:
    """A network that learned from the digits that are not left out, and from symbols."""
    torch.manual_seed(config.training.seed)
    net = EmbeddingNet(config.network, config.input)
    sources = training_sources(config.data, corpus)
    trainer = Trainer(net, sources, config.training)
    train(trainer)
    return finished(trainer, sources, config).eval()


@dataclass(frozen=True)
class BySymbols:
    """What a network that saw no digit makes of digits.

    Attributes:
        fit: some that were trained on, by which the others are whitened.
        validation: those by which recipes may be chosen.
        test: those that are read once.
    """

    fit: EmbeddedSet
    validation: EmbeddedSet
    test: EmbeddedSet


def seen_by_symbols(net: EmbeddingNet, corpus: Corpus) -> BySymbols:
    """Embed all digits once: the network is the same for all pairs."""
    sets = limit(corpus.split.fit, WHITENED_BY, seed=0), corpus.split.validation, corpus.test
    return BySymbols(*(embedded(net, pictures, SYMBOLS_VIEWS) for pictures in sets))


def error_rates(
    pair: tuple[int, int], seed: int, corpus: Corpus, symbols: Sequence[BySymbols], folder: Path | None
) -> list[dict[str, float]]:
    """Learn without two digits, and tell them apart: the equal error rates of validation and of test pictures, by network."""
    config = PRESETS["unseen"]
    config = replace(
        config,
        data=replace(config.data, exclude_classes=pair),
        training=replace(config.training, seed=seed),
    )
    path = folder and folder / f"{pair[0]}{pair[1]}-{seed}.safetensors"
    unseen = kept(path, config.network, config.input, lambda: learned_from_others(config, corpus))
    assert config.views, "the preset has views"
    views, excluded = config.views, torch.tensor(pair)
    others = [each.fit.subset(~torch.isin(each.fit.labels, excluded)) for each in symbols]

    def rates(seen: Sequence[EmbeddedSet]) -> dict[str, float]:
        chosen = torch.isin(seen[0].labels, excluded)
        by_symbols = [whitened(each.subset(chosen), known, SHRINKAGE) for each, known in zip(seen, others, strict=True)]
        by_others = embedded(unseen, by_symbols[0].pictures, views)
        sets = (together(by_symbols), by_others, together([*by_symbols, by_others]))
        return {name: metrics.equal_error_rate(each.pairs)[0] for name, each in zip(NAMES, sets, strict=True)}

    return [rates([each.validation for each in symbols]), rates([each.test for each in symbols])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", nargs="*", metavar="PAIR", help="two digits, as 89; default: all 45")
    parser.add_argument("--data-dir", help="the folder with MNIST/raw, omniglot and pendigits")
    parser.add_argument("--seeds", type=int, default=3, help="of 8 against 9")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the networks, and take those that lie there")
    options = parser.parse_args()
    chosen = options.pairs or ["".join(map(str, pair)) for pair in combinations(range(10), 2)]
    print(common.where())
    corpus = load_corpus(PRESETS["unseen"].data, options.data_dir)  # of which a run takes what it is to see
    nets = [
        kept(
            options.keep and options.keep / f"symbols-{number}.safetensors",
            config.network,
            ink_input(config.side),
            partial(learned_from_symbols, config, corpus, options.data_dir),
        )
        for number, config in enumerate(SYMBOLS)
    ]
    torch.set_num_threads(1)
    symbols = [seen_by_symbols(net, corpus) for net in nets]
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    for pair in sorted(chosen, key=lambda pair: pair != HARDEST):
        for seed in range(options.seeds if pair == HARDEST else 1):
            begun = time.perf_counter()
            found[pair, seed] = error_rates((int(pair[0]), int(pair[1])), seed, corpus, symbols, options.keep)
            each = ", ".join(
                f"{name} {' / '.join(f'{rates[name]:.2%}' for rates in found[pair, seed])}" for name in NAMES
            )
            print(f"{pair} seed {seed}: {each} ({time.perf_counter() - begun:.0f} s)", flush=True)
    for number, pictures in enumerate(("validation", "test")):
        for name in NAMES:
            rates = {pair: parts[number][name] for (pair, seed), parts in found.items() if seed == 0}
            worst = max(rates, key=lambda pair: rates[pair])
            mean = f"mean of {len(rates)} pairs {statistics.mean(rates.values()):.2%}, worst {worst} {rates[worst]:.2%}"
            several = [parts[number][name] for (pair, _), parts in found.items() if pair == HARDEST]
            seeds = f"; 8 against 9, mean of {len(several)} seeds {statistics.mean(several):.2%}" if several else ""
            print(f"{pictures}, {name}: {mean}{seeds}")


if __name__ == "__main__":
    main()
