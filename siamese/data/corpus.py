"""All pictures of a run, split into disjoint parts for training, for model selection and for the final report."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

from siamese.config import DataConfig, SourceConfig
from siamese.data.images import VALIDATION_SIZE, LabeledImages, Split, join, limit, split_by_picture
from siamese.data.mnist import TRAIN_SIZE, load_mnist
from siamese.data.omniglot import Alphabet, as_classes, load_omniglot
from siamese.data.pendigits import Recording, load_pendigits, split_by_writer
from siamese.data.sources import Role, Source
from siamese.data.synthetic.corruptions import corrupt, photograph, scan
from siamese.data.synthetic.half_swaps import half_swaps
from siamese.data.synthetic.outliers import make_outliers
from siamese.data.synthetic.pen import varied
from siamese.data.synthetic.shapes import drawn_shapes


@dataclass(frozen=True)
class Corpus:
    """The data that a run uses.

    Attributes:
        train: MNIST's training images.
        split: the same images in two parts, to fit and to validate.
        test: MNIST's test images, which are scored only once, at the end.
        pen: pen recordings to train on; empty if the run does not use them.
        pen_held_out: recordings by other writers, for calibration and evaluation.
        alphabets: Omniglot alphabets to train on; empty if the run does not use them.
        alphabets_held_out: alphabets that are never trained on.
    """

    train: LabeledImages
    split: Split
    test: LabeledImages
    pen: list[Recording]
    pen_held_out: list[Recording]
    alphabets: list[Alphabet]
    alphabets_held_out: list[Alphabet]

    @cached_property
    def pen_drawings(self) -> LabeledImages:
        """Six renderings of each pen recording to train on, made when they are first asked for."""
        return varied(self.pen, copies=6, seed=1, redraw=True)


def load_corpus(config: DataConfig, data_dir: str | os.PathLike | None = None) -> Corpus:
    """Read the data of a run. MNIST is split by picture, pen recordings by writer, and Omniglot by alphabet.

    Args:
        config: the data sets to read, and limits on their size.
        data_dir: the folder with `MNIST/raw`, `pendigits` and `omniglot`; None for `$SIAMESE_DATA`, or `./data`, to
            which MNIST is downloaded.

    Raises:
        ValueError: a data set is missing or cannot be read, or `config.held_out_alphabets` names an unknown alphabet
            or all of them.
    """
    train, test = load_mnist(data_dir), load_mnist(data_dir, train=False)
    if config.limit:
        train, test = limit(train, config.limit), limit(test, config.limit)
    split = split_by_picture(train, round(len(train) * VALIDATION_SIZE / TRAIN_SIZE))
    pen, pen_held_out = split_by_writer(load_pendigits(data_dir)) if config.pen else ([], [])
    if config.limit:
        pen, pen_held_out = pen[: config.limit], pen_held_out[: config.limit]
    alphabets = load_omniglot(data_dir, config.omniglot) if config.omniglot else []
    return Corpus(train, split, test, pen, pen_held_out, *split_alphabets(alphabets, config))


def references(config: DataConfig, corpus: Corpus) -> LabeledImages:
    """The pictures trained on that k-NN is fitted on: all, or `config.reference_pictures` of them at random."""
    fit = corpus.split.fit
    return limit(fit, config.reference_pictures, seed=1) if config.reference_pictures else fit


def split_alphabets(alphabets: list[Alphabet], config: DataConfig) -> tuple[list[Alphabet], list[Alphabet]]:
    """Alphabets to train on, and those that are held out.

    Raises:
        ValueError: `config.held_out_alphabets` names an unknown alphabet or all of them.
    """
    if not alphabets:
        return [], []
    names, held_out = [alphabet.name for alphabet in alphabets], set(config.held_out_alphabets)
    # The default alphabet is in one of the sets only, so it may be missing from the others.
    unknown = held_out - set(names) - set(DataConfig().held_out_alphabets)
    if unknown or not set(names) - held_out:
        raise ValueError(
            f"Some of {', '.join(names)} can be held out, and not all; got {', '.join(config.held_out_alphabets)}"
        )
    return (
        [alphabet for alphabet in alphabets if alphabet.name not in held_out],
        [alphabet for alphabet in alphabets if alphabet.name in held_out],
    )


def digits_to_fit(config: DataConfig, corpus: Corpus) -> LabeledImages:
    """MNIST's training images without the validation images, and without the excluded classes."""
    return corpus.split.fit.without(config.exclude_classes)


def training_sources(config: DataConfig, corpus: Corpus, digits: LabeledImages | None = None) -> list[Source]:
    """The sources of training pictures that a configuration names.

    Args:
        config: the sources, and their shares of a batch.
        corpus: the data of the run. Its validation, test and held-out parts are not used.
        digits: the digits to train on; `digits_to_fit` if None. Outliers and half-swap classes are made of them too,
            corrupted digits of all of `corpus.split.fit`.

    Returns:
        the digits, then pen drawings, corrupted digits, rare shapes, symbols, half-swap classes and outliers, as far as configured.
    """
    digits = digits_to_fit(config, corpus) if digits is None else digits
    chosen = limit(digits, config.digits.pictures, seed=13) if config.digits.pictures else digits
    sources = [Source.of(chosen, Role.DIGIT, config.digits)]
    if config.pen:
        drawn = corpus.pen_drawings.without(config.exclude_classes)
        sources.append(Source.of(drawn, Role.DIGIT, config.pen))
    if config.corrupted:
        count = _number_of(config.corrupted)
        scanned = corrupt(limit(corpus.split.fit, count - count // 4, seed=3), scan, seed=4)
        photographed = corrupt(limit(corpus.split.fit, count // 4, seed=5), photograph, seed=6)
        corrupted = join(scanned, photographed).without(config.exclude_classes)
        sources.append(Source.of(corrupted, Role.DIGIT, config.corrupted))
    if config.shapes:
        shapes = drawn_shapes(_number_of(config.shapes), seed=15).without(config.exclude_classes)
        sources.append(Source.of(shapes, Role.DIGIT, config.shapes))
    if corpus.alphabets:
        sources.append(Source.of(as_classes(corpus.alphabets), Role.SYMBOL, config.symbols))
    if config.half_swaps:
        joined = half_swaps(digits, _number_of(config.half_swaps), seed=12)
        sources.append(Source.of(joined, Role.SYNTHETIC, config.half_swaps))
    if config.outliers:
        sources.append(
            Source.of(make_outliers(digits, _number_of(config.outliers), seed=11), Role.OUTLIER, config.outliers)
        )
    return sources


def _number_of(config: SourceConfig) -> int:
    assert config.pictures is not None, "DataConfig refuses pictures to be made without their number"
    return config.pictures
