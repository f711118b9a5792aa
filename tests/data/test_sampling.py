"""What a step is made of: balanced, true, reproducible."""

from __future__ import annotations

import pytest
import torch

from siamese.data.images import LabeledImages
from siamese.data.sampling import ClassBalancedSampler, Group, PairDataset, TripletDataset

LABELS = torch.tensor([0] * 12 + [1] * 8 + [2] * 4 + [5] * 6)


@pytest.fixture
def data() -> LabeledImages:
    """Each picture says in its corner which it is."""
    images = torch.zeros(len(LABELS), 1, 28, 28, dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.arange(len(LABELS))
    return LabeledImages(images, LABELS)


def sampler(batches: int = 6, seed: int = 0) -> ClassBalancedSampler:
    return ClassBalancedSampler([Group.of(LABELS, classes=3, per_class=2)], batches, seed)


def epoch(sampler: ClassBalancedSampler, number: int = 0) -> list[list[int]]:
    return [batch.tolist() for batch in sampler.epoch(number)]


def test_a_batch_holds_as_many_pictures_of_each_of_its_classes():
    batches = list(sampler().epoch(0))
    assert len(batches) == len(sampler()) == 6
    for batch in batches:
        _, counts = LABELS[batch].unique(return_counts=True)
        assert counts.tolist() == [2, 2, 2]


def test_classes_take_turns():
    """Three of four classes in a batch, over four batches: each class comes three times."""
    seen = torch.cat([LABELS[batch].unique() for batch in sampler(batches=4).epoch(0)])
    assert torch.bincount(seen)[[0, 1, 2, 5]].tolist() == [3, 3, 3, 3]


def test_each_picture_comes_once_before_any_comes_again():
    dealt = {label: [] for label in LABELS.tolist()}
    for batch in sampler(batches=40).epoch(0):
        for index in batch.tolist():
            dealt[int(LABELS[index])].append(index)
    for label, order in dealt.items():
        members = torch.nonzero(LABELS == label).flatten().tolist()
        assert len(order) > 2 * len(members)
        for start in range(0, len(order) - len(members), len(members)):
            assert sorted(order[start : start + len(members)]) == members


def test_a_class_with_fewer_pictures_than_are_asked_for_repeats_them():
    batch = next(ClassBalancedSampler([Group.of(torch.tensor([0, 0, 1, 1]), 2, 5)], 1).epoch(0))
    assert sorted(batch.tolist())[::5] == [0, 2]
    assert torch.bincount(batch).tolist() in ([3, 2, 3, 2], [3, 2, 2, 3], [2, 3, 3, 2], [2, 3, 2, 3])


def test_groups_share_a_batch():
    """Pictures of the second group lie behind those of the first in the joined data."""
    groups = [Group.of(LABELS, 4, 2), Group.of(torch.tensor([7, 7, 8, 8, 9, 9]), 2, 3, offset=len(LABELS))]
    for batch in ClassBalancedSampler(groups, 5).epoch(0):
        assert int((batch < len(LABELS)).sum()) == 8
        assert int((batch >= len(LABELS)).sum()) == 6
        assert int(batch.max()) < len(LABELS) + 6


def test_a_group_may_come_in_every_third_batch_only():
    labels = torch.arange(4).repeat_interleave(5)
    often, rarely = Group.of(labels, 4, 2), Group.of(labels, 2, 3, offset=20, every=3)
    sizes = [len(batch) for batch in ClassBalancedSampler([often, rarely], 6).epoch(0)]
    assert sizes == [14, 8, 8, 14, 8, 8]


def test_epochs_differ_and_come_again_for_the_same_seed():
    assert epoch(sampler(), 3) == epoch(sampler(), 3)
    assert epoch(sampler(), 3) != epoch(sampler(), 4)
    assert epoch(sampler(seed=1), 3) != epoch(sampler(seed=2), 3)


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


def test_data_of_one_class_are_refused(data):
    alone = data.subset(LABELS == 1)
    with pytest.raises(ValueError, match="at least two classes, the data has 1"):
        ClassBalancedSampler([Group.of(alone.labels, 10, 4)], 1)
    for kind in (PairDataset, TripletDataset):
        with pytest.raises(ValueError, match="at least two classes, the data has 1"):
            kind(alone)


def test_a_class_of_one_picture_is_refused(data):
    lone = data.subset(torch.tensor([0, 1, 12]))
    with pytest.raises(ValueError, match="two pictures of every class"):
        PairDataset(lone)
    with pytest.raises(ValueError, match="two pictures of a class"):
        ClassBalancedSampler([Group.of(LABELS, 4, 1)], 1)
