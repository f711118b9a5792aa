"""Class-balanced batches: balanced, true, reproducible."""

from __future__ import annotations

import pytest
import torch

from siamese.data.images import LabeledImages
from siamese.data.sampling import ClassBalancedSampler, Group, groups_of
from siamese.data.sources import Role, Source

LABELS = torch.tensor([0] * 12 + [1] * 8 + [2] * 4 + [5] * 6)


def source(labels: torch.Tensor, classes: int | None, per_class: int, every: int = 1) -> Source:
    """Blank pictures with these labels."""
    images = torch.zeros(len(labels), 1, 28, 28, dtype=torch.uint8)
    names = tuple(map(str, range(int(labels.max()) + 1)))
    return Source(LabeledImages(images, labels, names), Role.DIGIT, per_class, classes, every)


def group(labels: torch.Tensor, classes: int | None, per_class: int) -> Group:
    return Group.of(source(labels, classes, per_class))


def sampler(batches: int = 6, seed: int = 0) -> ClassBalancedSampler:
    return ClassBalancedSampler([group(LABELS, 3, 2)], batches, seed)


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
    batch = next(ClassBalancedSampler([group(torch.tensor([0, 0, 1, 1]), 2, 5)], 1).epoch(0))
    assert sorted(batch.tolist())[::5] == [0, 2]
    assert torch.bincount(batch).tolist() in ([3, 2, 3, 2], [3, 2, 2, 3], [2, 3, 3, 2], [2, 3, 2, 3])


def test_groups_share_a_batch():
    """Pictures of the second group lie behind those of the first in the joined data."""
    groups = groups_of([source(LABELS, 4, 2), source(torch.tensor([7, 7, 8, 8, 9, 9]), 2, 3)])
    for batch in ClassBalancedSampler(groups, 5).epoch(0):
        assert int((batch < len(LABELS)).sum()) == 8
        assert int((batch >= len(LABELS)).sum()) == 6
        assert int(batch.max()) < len(LABELS) + 6


def test_a_group_may_come_in_every_third_batch_only():
    labels = torch.arange(4).repeat_interleave(5)
    groups = groups_of([source(labels, 4, 2), source(labels, 2, 3, every=3)])
    sizes = [len(batch) for batch in ClassBalancedSampler(groups, 6).epoch(0)]
    assert sizes == [14, 8, 8, 14, 8, 8]


def test_epochs_differ_and_come_again_for_the_same_seed():
    assert epoch(sampler(), 3) == epoch(sampler(), 3)
    assert epoch(sampler(), 3) != epoch(sampler(), 4)
    assert epoch(sampler(seed=1), 3) != epoch(sampler(seed=2), 3)


def test_all_classes_are_in_a_batch_where_no_number_is_asked_for():
    (batch,) = ClassBalancedSampler([group(LABELS, None, 2)], 1).epoch(0)
    assert LABELS[batch].unique().tolist() == [0, 1, 2, 5]


def test_data_of_one_class_are_refused():
    with pytest.raises(ValueError, match="at least two classes, the data has 1"):
        ClassBalancedSampler([group(torch.ones(8, dtype=torch.int64), 10, 4)], 1)


def test_batches_of_one_picture_a_class_are_refused():
    with pytest.raises(ValueError, match="two pictures of a class"):
        ClassBalancedSampler([group(LABELS, 4, 1)], 1)
