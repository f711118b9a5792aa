"""Pairs and triplets of the classic form: true, balanced, reproducible."""

from __future__ import annotations

import pytest
import torch

from siamese.data.images import LabeledImages
from siamese.data.pairs import PairDataset, TripletDataset

LABELS = torch.tensor([0] * 12 + [1] * 8 + [2] * 4 + [5] * 6)


@pytest.fixture
def data() -> LabeledImages:
    """Each picture says in its corner which it is."""
    images = torch.zeros(len(LABELS), 1, 28, 28, dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.arange(len(LABELS))
    return LabeledImages(images, LABELS, tuple("012345"))


def test_pairs_are_what_they_say_and_half_are_the_same(data):
    pairs = PairDataset(data)
    assert len(pairs) == len(data)
    same = 0
    for i in range(len(pairs)):
        first, second, flag = pairs[i]
        first, second = int(first[0, 0, 0]), int(second[0, 0, 0])
        assert first == i
        assert second != first
        assert (LABELS[first] == LABELS[second]) == bool(flag)
        same += int(flag)
    assert same == len(data) // 2


def test_every_picture_can_become_a_partner(data):
    pairs, partners = PairDataset(data), set()
    for number in range(60):
        pairs.set_epoch(number)
        partners |= set(pairs.pairs[:, 1].tolist())
    assert partners == set(range(len(data)))


def test_fixed_pairs_stay_and_others_are_drawn_anew(data):
    fixed, fresh = PairDataset(data, seed=1, fixed=True), PairDataset(data, seed=1)
    before_fixed, before_fresh = fixed.pairs.clone(), fresh.pairs.clone()
    assert torch.equal(before_fixed, before_fresh)
    for dataset in (fixed, fresh):
        dataset.set_epoch(1)
    assert torch.equal(fixed.pairs, before_fixed)
    assert not torch.equal(fresh.pairs, before_fresh)


@pytest.mark.parametrize("kind", [PairDataset, TripletDataset])
def test_an_epoch_comes_again_for_the_same_seed(data, kind):
    def drawn(seed: int, number: int) -> list[list[int]]:
        dataset = kind(data, seed)
        dataset.set_epoch(number)
        return [[int(picture.flatten()[0]) for picture in dataset[i]] for i in range(len(dataset))]

    assert drawn(1, 5) == drawn(1, 5)
    assert drawn(1, 5) != drawn(1, 6)
    assert drawn(1, 5) != drawn(2, 5)


def test_triplets_are_what_they_say(data):
    triplets = TripletDataset(data)
    assert len(triplets) == len(data)
    for i in range(len(triplets)):
        anchor, positive, negative = (int(picture[0, 0, 0]) for picture in triplets[i])
        assert anchor == i != positive
        assert LABELS[anchor] == LABELS[positive] != LABELS[negative]


@pytest.mark.parametrize("kind", [PairDataset, TripletDataset])
def test_data_of_one_class_are_refused(data, kind):
    with pytest.raises(ValueError, match="at least two classes, the data has 1"):
        kind(data.subset(LABELS == 1))


@pytest.mark.parametrize("kind", [PairDataset, TripletDataset])
def test_a_class_of_one_picture_is_refused(data, kind):
    with pytest.raises(ValueError, match="two pictures of every class"):
        kind(data.subset(torch.tensor([0, 1, 12])))
