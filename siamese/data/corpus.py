"""All the pictures of a run, each in one part only: to fit, to choose by, to report on."""

from __future__ import annotations

import os
from dataclasses import dataclass

from siamese.config import DataConfig
from siamese.data.images import VALIDATION_SIZE, LabeledImages, Split, join, limit, split_by_picture
from siamese.data.mnist import TRAIN_SIZE, load_mnist
from siamese.data.omniglot import Alphabet, as_classes, load_omniglot
from siamese.data.pendigits import Recording, load_pendigits, split_by_writer
from siamese.data.sources import Role, Source
from siamese.data.synthetic.corruptions import corrupt, photograph, scan
from siamese.data.synthetic.half_swaps import half_swaps
from siamese.data.synthetic.outliers import make_outliers
from siamese.data.synthetic.pen import varied


@dataclass(frozen=True)
class Corpus:
    """What a run's data folder holds of what its configuration names.

    Attributes:
        train: MNIST's training images. split: the same in two parts, to fit and to choose by.
        test: MNIST's test images, scored once, at the end.
        pen: recordings to learn from. pen_held_out: by other writers.
        alphabets: Omniglot's, to learn from. alphabets_held_out: never trained on.
    """

    train: LabeledImages
    split: Split
    test: LabeledImages
    pen: list[Recording]
    pen_held_out: list[Recording]
    alphabets: list[Alphabet]
    alphabets_held_out: list[Alphabet]


def load_corpus(config: DataConfig, data_dir: str | os.PathLike | None = None) -> Corpus:
    """Read, and split by picture, by writer and by alphabet, what a run learns from and is measured on.

    Args:
        config: which sources, and how many pictures.
        data_dir: holds `MNIST/raw`, `pendigits/`, `omniglot/`; None for `$SIAMESE_DATA`, or a download.

    Raises:
        ValueError: a set is not there or cannot be read, or no such alphabet can be held out.
    """
    train, test = load_mnist(data_dir), load_mnist(data_dir, train=False)
    if config.limit:
        train, test = limit(train, config.limit), limit(test, config.limit)
    split = split_by_picture(train, round(len(train) * VALIDATION_SIZE / TRAIN_SIZE))
    pen, pen_held_out = split_by_writer(load_pendigits(data_dir)) if config.pen else ([], [])
    if config.limit:
        pen, pen_held_out = pen[: config.limit], pen_held_out[: config.limit]
    alphabets = load_omniglot(data_dir, config.omniglot) if config.omniglot else []
    held_out = _held_out(config, [alphabet.name for alphabet in alphabets]) if alphabets else set()
    return Corpus(
        train,
        split,
        test,
        pen,
        pen_held_out,
        [alphabet for alphabet in alphabets if alphabet.name not in held_out],
        [alphabet for alphabet in alphabets if alphabet.name in held_out],
    )


def _held_out(config: DataConfig, names: list[str]) -> set[str]:
    held_out = set(config.held_out_alphabets)
    # The default names an alphabet of one set, and need not be in the others.
    unknown = held_out - set(names) - set(DataConfig().held_out_alphabets)
    if unknown or not set(names) - held_out:
        raise ValueError(f"--hold-out takes some of {', '.join(names)}; got {', '.join(config.held_out_alphabets)}")
    return held_out


def digits_to_fit(config: DataConfig, corpus: Corpus) -> LabeledImages:
    """MNIST's training images without the validation ones, and without the classes that are never trained on."""
    return corpus.split.fit.without(config.exclude_classes)


def training_sources(config: DataConfig, corpus: Corpus, digits: LabeledImages) -> list[Source]:
    """The sources that a configuration names, the digits first.

    Args:
        digits: the digits to learn from, and to make outliers and half-swap classes of.
    """
    chosen = limit(digits, config.digits.pictures, seed=13) if config.digits.pictures else digits
    sources = [Source.of(chosen, Role.DIGIT, config.digits)]
    if config.pen:
        drawn = varied(corpus.pen, copies=6, seed=1, redraw=True).without(config.exclude_classes)
        sources.append(Source.of(drawn, Role.DIGIT, config.pen))
    if config.corrupted:
        count = config.corrupted.pictures or len(corpus.split.fit)
        scanned = corrupt(limit(corpus.split.fit, count - count // 4, seed=3), scan, seed=4)
        photographed = corrupt(limit(corpus.split.fit, count // 4, seed=5), photograph, seed=6)
        corrupted = join(scanned, photographed).without(config.exclude_classes)
        sources.append(Source.of(corrupted, Role.DIGIT, config.corrupted))
    if corpus.alphabets:
        sources.append(Source.of(as_classes(corpus.alphabets), Role.SYMBOL, config.symbols))
    if config.half_swaps:
        joined = half_swaps(digits, config.half_swaps.pictures or 100, seed=12)
        sources.append(Source.of(joined, Role.SYNTHETIC, config.half_swaps))
    if config.outliers:
        outliers = make_outliers(digits, config.outliers.pictures or len(digits) // 10, seed=11)
        sources.append(Source.of(outliers, Role.OUTLIER, config.outliers))
    return sources
