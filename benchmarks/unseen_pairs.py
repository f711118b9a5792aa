"""Two digits that were never trained on, told apart: python benchmarks/unseen_pairs.py --data-dir DATA [--seeds 3] [PAIR ...]

Two networks judge together; neither has seen the two digits.

- One learned from symbols and letters alone, from no digit, so that one network serves all pairs. Its embeddings are whitened by
  the other eight digits. It takes some twenty minutes.
- The other learns by `--preset unseen` from the other eight digits and from symbols, a network for each pair. It takes
  about a minute of one thread.

Then all pairs of the two digits' pictures are measured by the mean of the two squared distances, in which the first network
counts twice: the equal error rate of "the same digit?". Without arguments all 45 pairs are run with seed 0, and 8 against 9
with three seeds. A PAIR is written as `89`.

`--keep FOLDER` keeps the networks, and takes those that lie there instead of training them again: for a run that was stopped, for
several processes with pairs of their own, or after a change of how they judge.

Two rates are printed for each network and for both together: of the 5,000 validation pictures, by which recipes may be chosen,
and of the 10,000 test pictures.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
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
SYMBOLS = FewShotConfig(
    side=28,
    network=PRESETS["unseen"].network,
    training=TrainingConfig(
        epochs=16,
        temperature=0.05,
        # It has no digits to learn from how differently they are written.
        augmentation=AugmentationConfig(rotation=15, shear=0.5, scale=0.2, aspect=0.25, shift=2, elastic=1.2),
    ),
    digits=None,
)
SYMBOLS_VIEWS = Views((-15.0, -8.0, 0.0, 8.0, 15.0), deskew=0.5)
SHRINKAGE, WHITENED_BY = 0.85, 6000  # of the covariance, which so many digits give
WEIGHTS = (2.0, 1.0)  # of the two networks in the squared distance


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


def learned_from_symbols(corpus: Corpus, data_dir: str | None) -> EmbeddingNet:
    """The network that saw no digit."""
    data = replace(PRESETS["unseen"].data, held_out_alphabets=())
    return train_few_shot(SYMBOLS, data, corpus, Job(data_dir, Path(), False, "cpu", None, False)).net


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
    """What the network that saw no digit makes of digits.

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
    pair: tuple[int, int], seed: int, corpus: Corpus, symbols: BySymbols, folder: Path | None
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
    others = symbols.fit.subset(~torch.isin(symbols.fit.labels, torch.tensor(pair)))

    def rates(pictures: EmbeddedSet) -> dict[str, float]:
        chosen = pictures.subset(torch.isin(pictures.labels, torch.tensor(pair)))
        assert config.views, "the preset has views"
        by_one, by_other = whitened(chosen, others, SHRINKAGE), embedded(unseen, chosen.pictures, config.views)
        sets = (by_one, by_other, together((by_one, by_other), WEIGHTS))
        return {name: metrics.equal_error_rate(each.pairs)[0] for name, each in zip(NAMES, sets, strict=True)}

    return [rates(symbols.validation), rates(symbols.test)]


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
    net = kept(
        options.keep and options.keep / "symbols.safetensors",
        SYMBOLS.network,
        ink_input(SYMBOLS.side),
        lambda: learned_from_symbols(corpus, options.data_dir),
    )
    torch.set_num_threads(1)
    symbols = seen_by_symbols(net, corpus)
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
