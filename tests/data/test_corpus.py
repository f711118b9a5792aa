"""What a run reads, how it is split, and what it learns from: roles, order, shares, and nothing that is held out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from siamese.config import DataConfig, SourceConfig
from siamese.data.corpus import Corpus, digits_to_fit, load_corpus, training_sources
from siamese.data.images import LabeledImages, limit
from siamese.data.mnist import load_mnist
from siamese.data.omniglot import as_classes
from siamese.data.sources import Role, Source
from siamese.data.synthetic.half_swaps import half_swaps
from siamese.data.synthetic.outliers import make_outliers
from siamese.data.synthetic.pen import varied
from tests.omniglot_files import write_omniglot

WRITERS = range(1, 13)  # the 6th and the 12th are held out
EVERYTHING = DataConfig(
    limit=200,
    digits=SourceConfig(per_class=5),
    pen=SourceConfig(per_class=3),
    corrupted=SourceConfig(pictures=20, per_class=2, every=2),
    omniglot=("small1",),
    symbols=SourceConfig(classes=7, per_class=4, every=4),
    half_swaps=SourceConfig(pictures=3, classes=6, per_class=2),
    outliers=SourceConfig(pictures=9, per_class=8, every=3),
)


def unipen() -> str:
    """A 1 and an 8 by each writer, the latter as a zigzag."""
    segments = [".VERSION 1.0"]
    for writer in WRITERS:
        for digit, points in ((1, "250 400\n250 100"), (8, f"200 400\n300 300\n200 200\n{300 + writer} 100")):
            segments.append(f'.SEGMENT DIGIT ? ? "{digit}"\n.COMMENT {digit} {writer} 1\n.PEN_DOWN\n{points}\n.PEN_UP')
    return "\n".join(segments)


@pytest.fixture(scope="module")
def data_dir(mnist_dir, tmp_path_factory) -> Path:
    """A data folder with MNIST, pen digits by twelve writers, and one Omniglot set of three alphabets."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "MNIST").symlink_to(mnist_dir / "MNIST")
    (folder / "pendigits").mkdir()
    (folder / "pendigits" / "pendigits-orig.tra").write_text(unipen())
    write_omniglot(folder, "small1", {"Greek": 3, "Early_Aramaic": 2, "Tagalog": 1})
    return folder


@pytest.fixture(scope="module")
def corpus(data_dir) -> Corpus:
    return load_corpus(EVERYTHING, data_dir)


def images_of(pictures: LabeledImages) -> set[bytes]:
    return {image.tobytes() for image in pictures.images.numpy()}


def same(a: LabeledImages, b: LabeledImages) -> bool:
    return torch.equal(a.images, b.images) and torch.equal(a.labels, b.labels) and a.names == b.names


def classes_of(pictures: LabeledImages) -> set[str]:
    """The names of the classes that have a picture."""
    return {pictures.names[label] for label in pictures.labels.tolist()}


# --- the corpus ---------------------------------------------------------------------------------------


def test_all_of_mnist_is_read_unless_it_is_limited(data_dir):
    whole = load_corpus(DataConfig(), data_dir)
    assert (len(whole.train), len(whole.split.fit), len(whole.split.validation)) == (60000, 55000, 5000)
    assert same(whole.train, load_mnist(data_dir))
    assert same(whole.test, load_mnist(data_dir, train=False))


def test_a_limit_counts_for_training_and_test_pictures_and_for_recordings(data_dir, corpus):
    assert same(corpus.train, limit(load_mnist(data_dir), 200))
    assert same(corpus.test, limit(load_mnist(data_dir, train=False), 200))
    assert (len(corpus.split.fit), len(corpus.split.validation)) == (183, 17)


def test_no_picture_is_in_two_parts(corpus):
    fit, validation, test = (images_of(p) for p in (corpus.split.fit, corpus.split.validation, corpus.test))
    assert not fit & validation
    assert not (fit | validation) & test
    assert fit | validation == images_of(corpus.train)
    assert torch.equal(corpus.train.images[corpus.split.fit_index], corpus.split.fit.images)
    assert torch.equal(corpus.train.images[corpus.split.validation_index], corpus.split.validation.images)


def test_nobody_who_is_held_out_is_learned_from(corpus):
    assert {recording.writer for recording in corpus.pen_held_out} == {6, 12}
    assert {recording.writer for recording in corpus.pen} == set(WRITERS) - {6, 12}


def test_no_alphabet_that_is_held_out_is_learned_from(data_dir, corpus):
    assert [alphabet.name for alphabet in corpus.alphabets] == ["Greek", "Tagalog"]
    assert [alphabet.name for alphabet in corpus.alphabets_held_out] == ["Early_Aramaic"]
    other = load_corpus(replace(EVERYTHING, held_out_alphabets=("Tagalog", "Greek")), data_dir)
    assert [alphabet.name for alphabet in other.alphabets] == ["Early_Aramaic"]
    assert [alphabet.name for alphabet in other.alphabets_held_out] == ["Greek", "Tagalog"]


def test_the_default_of_what_is_held_out_need_not_be_there(data_dir, tmp_path):
    (tmp_path / "MNIST").symlink_to(data_dir / "MNIST")
    write_omniglot(tmp_path, "small2", {"Greek": 1})
    found = load_corpus(DataConfig(limit=100, omniglot=("small2",)), tmp_path)
    assert [alphabet.name for alphabet in found.alphabets] == ["Greek"]
    assert found.alphabets_held_out == []


@pytest.mark.parametrize("held_out", [("Klingon",), ("Greek", "Klingon"), ("Greek", "Early_Aramaic", "Tagalog")])
def test_alphabets_that_cannot_be_held_out_are_refused(data_dir, held_out):
    with pytest.raises(
        ValueError,
        match=f"Some of Early_Aramaic, Greek, Tagalog can be held out, and not all; got {', '.join(held_out)}",
    ):
        load_corpus(replace(EVERYTHING, held_out_alphabets=held_out), data_dir)


def test_what_is_not_configured_is_not_read(data_dir, mnist_dir):
    """It need not even be there."""
    assert (data_dir / "pendigits").is_dir()
    assert not (mnist_dir / "pendigits").exists()
    for folder in (data_dir, mnist_dir):
        found = load_corpus(DataConfig(limit=100), folder)
        assert found.pen == found.pen_held_out == found.alphabets == found.alphabets_held_out == []


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (DataConfig(limit=100, pen=SourceConfig()), "No pen strokes"),
        (DataConfig(limit=100, omniglot=("small1",)), "No Omniglot set"),
    ],
)
def test_what_is_configured_and_missing_is_refused(mnist_dir, config, message):
    with pytest.raises(ValueError, match=message):
        load_corpus(config, mnist_dir)


# --- the sources --------------------------------------------------------------------------------------


def test_sources_have_their_order_their_roles_and_their_shares(corpus):
    sources = training_sources(EVERYTHING, corpus, corpus.split.fit)
    assert [(s.role, s.per_class, s.classes, s.every, len(s.pictures)) for s in sources] == [
        (Role.DIGIT, 5, None, 1, 183),
        (Role.DIGIT, 3, None, 1, 6 * 2 * 10),  # six drawings of two digits by ten writers
        (Role.DIGIT, 2, None, 2, 20),
        (Role.SYMBOL, 4, 7, 4, 4 * 4 * 4),  # four drawings of four characters, in four rotations
        (Role.SYNTHETIC, 2, 6, 1, 3 * 90),
        (Role.OUTLIER, 8, None, 3, 9),
    ]


def test_sources_are_made_of_what_there_is_to_fit(corpus):
    fit = corpus.split.fit
    digits, pen, corrupted, symbols, swaps, outliers = (s.pictures for s in training_sources(EVERYTHING, corpus, fit))
    assert digits is fit
    assert same(pen, varied(corpus.pen, copies=6, seed=1, redraw=True))
    assert same(symbols, as_classes(corpus.alphabets))
    assert same(swaps, half_swaps(fit, 3, seed=12))
    assert same(outliers, make_outliers(fit, 9, seed=11))
    # Three scans to a photograph.
    wanted = [*limit(fit, 15, seed=3).labels.tolist(), *limit(fit, 5, seed=5).labels.tolist()]
    assert corrupted.labels.tolist() == wanted
    assert not images_of(corrupted) & images_of(fit)


def test_nothing_that_is_held_out_is_in_a_source(corpus):
    held_out = images_of(corpus.split.validation) | images_of(corpus.test)
    for source in training_sources(EVERYTHING, corpus, digits_to_fit(EVERYTHING, corpus)):
        assert not images_of(source.pictures) & held_out
        assert not any(name.startswith("Early_Aramaic") for name in source.pictures.names)


def test_excluded_digits_are_in_no_source(corpus):
    config = replace(EVERYTHING, exclude_classes=(8, 9))
    kept = digits_to_fit(config, corpus)
    assert classes_of(corpus.split.fit) == set("0123456789")
    assert classes_of(kept) == set("01234567")
    digits, pen, corrupted, symbols, swaps, _ = (s.pictures for s in training_sources(config, corpus, kept))
    assert same(digits, kept)
    assert classes_of(pen) == {"1"}  # the pen drew 1 and 8
    assert classes_of(corrupted) <= set("01234567")
    assert len(symbols) == 64
    assert set(swaps.names) == {f"{a} over {b}" for a in range(8) for b in range(8) if a != b}


def test_a_source_that_is_not_configured_is_left_out(corpus):
    (only,) = training_sources(DataConfig(), replace(corpus, alphabets=[]), corpus.split.fit)
    assert (only.role, only.per_class, only.pictures) == (Role.DIGIT, 12, corpus.split.fit)
    for name in ("pen", "corrupted", "half_swaps", "outliers"):
        fewer = training_sources(replace(EVERYTHING, **{name: None}), corpus, corpus.split.fit)
        assert len(fewer) == 5, name


def test_fewer_digits_to_draw_batches_from_still_all_serve_to_make_others(corpus):
    fit = corpus.split.fit
    config = replace(EVERYTHING, digits=SourceConfig(pictures=50, per_class=5))
    digits, *_, swaps, outliers = (s.pictures for s in training_sources(config, corpus, fit))
    assert same(digits, limit(fit, 50, seed=13))
    assert same(swaps, half_swaps(fit, 3, seed=12))
    assert same(outliers, make_outliers(fit, 9, seed=11))


def test_without_digits_of_its_own_a_run_learns_from_those_to_fit(corpus):
    config = DataConfig(exclude_classes=(3,))
    source, *_ = training_sources(config, corpus)
    assert same(source.pictures, corpus.split.fit.without([3]))


def test_sources_come_again(corpus):
    for once, again in zip(*(training_sources(EVERYTHING, corpus, corpus.split.fit) for _ in "12"), strict=True):
        assert same(once.pictures, again.pictures)


def test_a_source_takes_its_shares_from_the_configuration(digits):
    source = Source.of(digits, Role.SYMBOL, SourceConfig(pictures=5, classes=3, per_class=2, every=4))
    assert source == Source(digits, Role.SYMBOL, per_class=2, classes=3, every=4)
    assert Source(digits, Role.DIGIT, 2) == Source.of(digits, Role.DIGIT, SourceConfig(per_class=2))


def test_shapes_are_digits_of_their_own_source(corpus):
    """They follow the corrupted digits, without the classes that are left out."""
    config = replace(EVERYTHING, shapes=SourceConfig(pictures=40, per_class=2), exclude_classes=(4,))
    sources = training_sources(config, corpus)
    assert len(sources) == len(training_sources(replace(config, shapes=None), corpus)) + 1
    assert sources[3].role is Role.DIGIT
    assert classes_of(sources[3].pictures) == {"1", "7", "9"}
