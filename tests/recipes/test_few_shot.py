"""The network for few-shot classification: what it learns from, what is kept from it, and that it is trained twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from siamese.config import DataConfig
from siamese.data.corpus import load_corpus
from siamese.data.sampling import ClassBalancedSampler, groups_of
from siamese.data.synthetic.letters import load_scripts
from siamese.evaluation import few_shot as measuring
from siamese.recipes import few_shot as recipe
from siamese.recipes.job import Job
from tests.helpers import FEW_SHOT, identical, six_times, weights, write_mnist
from tests.omniglot_files import write_omniglot

DATA = DataConfig(
    limit=200, omniglot=("small1",), held_out_alphabets=("Early_Aramaic", "Korean"), exclude_classes=(8, 9)
)
CHOSEN = ("OlChiki", "Phoenician", "Runic")


@pytest.fixture(scope="module")
def data_dir(matcher, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    images, labels = matcher.gallery.images, matcher.gallery.labels
    write_mnist(folder, (six_times(images), np.tile(labels, 6)), (images, labels))
    write_omniglot(folder, "small1", {"Greek": 7, "Early_Aramaic": 21, "Korean": 5})
    return folder


@pytest.fixture
def sources_seen(monkeypatch):
    """The sources of each training."""
    monkeypatch.setattr(recipe, "load_scripts", lambda: tuple(s for s in load_scripts() if s.name in CHOSEN))
    monkeypatch.setattr(measuring, "RUNS", 4)
    seen = []

    class Noted(recipe.Trainer):
        def __init__(self, net, sources, config, device):
            super().__init__(net, sources, config, device)
            seen.append((sources, config.epochs))

    monkeypatch.setattr(recipe, "Trainer", Noted)
    return seen


def trained(data_dir, tmp_path, config=FEW_SHOT, data=DATA, steps=10_000):
    job = Job(str(data_dir), tmp_path, False, "cpu", None, False, threads=1)
    return recipe.train_few_shot(config, data, load_corpus(data, data_dir), job, steps)


def names_of(source) -> set[str]:
    return {source.pictures.names[label].split()[0] for label in source.pictures.labels.unique().tolist()}


def test_it_is_measured_without_what_is_held_out_and_then_learns_from_all(data_dir, tmp_path, sources_seen):
    made = trained(data_dir, tmp_path, data=replace(DATA, limit=None))
    (first, _), (second, _) = sources_seen
    assert [names_of(source) for source in first] == [{"Greek"}, {"OlChiki", "Runic"}, set("01234567")]
    # Phoenician is like Aramaic.
    assert [names_of(source) for source in second] == [
        {"Greek", "Early_Aramaic", "Korean"},
        set(CHOSEN),
        set("01234567"),
    ]
    for source in (*first, *second):
        assert source.pictures.images.shape[1:] == (1, 56, 56)
    assert [figure.key for figure in made.figures] == [
        "Early_Aramaic/one-shot error",
        "Early_Aramaic/raw pixels/one-shot error",
    ]
    assert made.figures[0].title.endswith("the same network trained without it")
    assert made.calibration is not None
    assert (made.net.config, made.net.input.size, made.net.training) == (FEW_SHOT.network, (56, 56), False)


def test_what_is_measured_is_what_is_kept_where_it_is_not_trained_again(data_dir, tmp_path, sources_seen):
    made = trained(data_dir, tmp_path, replace(FEW_SHOT, all_alphabets=False))
    assert len(sources_seen) == 1
    assert made.figures[0].title.endswith(", this network")


def test_without_letters_digits_and_alphabets_held_out_it_learns_from_omniglot(data_dir, tmp_path, sources_seen):
    data = replace(DATA, held_out_alphabets=())
    made = trained(data_dir, tmp_path, replace(FEW_SHOT, letters=None, digits=None), data)
    (((source,), _),) = sources_seen
    assert names_of(source) == {"Greek", "Early_Aramaic", "Korean"}
    assert (made.figures, made.calibration) == ((), None)


def test_a_batch_holds_several_letters_of_a_script(data_dir, tmp_path, sources_seen):
    trained(data_dir, tmp_path)
    (_, letters, _), _ = sources_seen[0]
    (batch,) = ClassBalancedSampler(groups_of([letters]), batches=1).epoch(0)
    drawn = set(letters.pictures.labels[batch].tolist())
    assert sorted(len(set(labels) & drawn) for labels in letters.alike)[-2:] == [6, 6]


def test_it_is_trained_no_longer_than_the_digits_were(data_dir, tmp_path, sources_seen):
    trained(data_dir, tmp_path, steps=1)
    assert [epochs for _, epochs in sources_seen] == [1, 1]
    trained(data_dir, tmp_path)
    assert [epochs for _, epochs in sources_seen[2:]] == [FEW_SHOT.training.epochs] * 2


def test_a_limit_leaves_few_letters(data_dir, tmp_path, sources_seen):
    trained(data_dir, tmp_path, data=replace(DATA, limit=100))
    assert names_of(sources_seen[0][0][1]) == {"OlChiki"}
    assert names_of(sources_seen[1][0][1]) == {"OlChiki", "Phoenician"}


def test_the_same_seed_makes_the_same_network_of_weights_that_16_bits_hold(data_dir, tmp_path, sources_seen):
    first, second = (trained(data_dir, tmp_path).net for _ in range(2))
    assert identical(weights(first), weights(second))
    assert all(torch.equal(weight.half().float(), weight) for weight in first.parameters() if weight.ndim > 1)
