"""The labelled set: names that travel with it, and splits that never overlap."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from siamese.data.images import LabeledImages, from_ink, join, limit, split_by_picture

MNIST_COUNTS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)  # of the training images
DIGITS = tuple("0123456789")


@pytest.fixture(scope="module")
def numbered() -> LabeledImages:
    """As many pictures of each class as MNIST has, each with its number written into its first bytes."""
    labels = torch.repeat_interleave(torch.arange(10), torch.tensor(MNIST_COUNTS))
    images = np.zeros((60000, 1, 28, 28), np.uint8)
    images[:, 0, 0, :4] = np.arange(60000, dtype=np.uint32).view(np.uint8).reshape(-1, 4)
    return LabeledImages(torch.from_numpy(images), labels, DIGITS)


def numbers(part: LabeledImages) -> set[int]:
    return set(part.images[:, 0, 0, :4].contiguous().numpy().view(np.uint32).ravel().tolist())


# --- splits ------------------------------------------------------------------------------------------


def test_the_split_is_55000_to_fit_and_5000_to_choose_by(numbered):
    split = split_by_picture(numbered)
    assert (len(split.fit), len(split.validation)) == (55000, 5000)


def test_no_picture_is_in_both_parts_and_none_is_lost(numbered):
    split = split_by_picture(numbered)
    fit, validation = numbers(split.fit), numbers(split.validation)
    assert not fit & validation
    assert fit | validation == set(range(60000))


def test_the_split_is_stratified(numbered):
    shares = torch.bincount(split_by_picture(numbered).validation.labels) / torch.tensor(MNIST_COUNTS)
    assert shares.tolist() == pytest.approx([1 / 12] * 10, abs=3e-4)


def test_the_split_is_the_same_each_time_and_not_just_the_first_pictures(numbered):
    once = split_by_picture(numbered)
    torch.manual_seed(123)
    assert torch.equal(once.validation.images, split_by_picture(numbered).validation.images)
    first_zeros = set(range(len(once.validation) // 10))
    assert not first_zeros <= numbers(once.validation)


def test_the_indices_of_a_split_lead_back_to_the_whole_set(numbered):
    split = split_by_picture(numbered)
    assert torch.equal(numbered.images[split.fit_index], split.fit.images)
    assert torch.equal(numbered.labels[split.validation_index], split.validation.labels)
    both = torch.cat([split.fit_index, split.validation_index])
    assert torch.equal(both.sort().values, torch.arange(60000))


@pytest.mark.parametrize("size", [0, 1, 7, 300])
def test_a_split_has_the_size_that_is_asked_for(digits, size):
    split = split_by_picture(digits, size)
    assert (len(split.fit), len(split.validation)) == (300 - size, size)
    assert split.fit.names == split.validation.names == digits.names


def test_limit_draws_without_repeating(numbered):
    some = limit(numbered, 500)
    assert len(numbers(some)) == 500
    assert some.labels.unique().tolist() == list(range(10))
    assert len(limit(some, 1000)) == 500


# --- the set ----------------------------------------------------------------------------------------


def test_without_leaves_out_classes(digits):
    assert digits.without([3, 7]).labels.unique().tolist() == [0, 1, 2, 4, 5, 6, 8, 9]
    assert len(digits.without([])) == len(digits)
    assert digits.without([3, 7]).names == digits.names


def test_pictures_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 28, 28\)"):
        LabeledImages(torch.zeros(2, 28, 28, dtype=torch.uint8), torch.zeros(2, dtype=torch.int64), DIGITS)
    with pytest.raises(ValueError, match=r"\(2, 2, 28, 28\)"):
        LabeledImages(torch.zeros(2, 2, 28, 28, dtype=torch.uint8), torch.zeros(2, dtype=torch.int64), DIGITS)
    with pytest.raises(ValueError, match=r"torch.float32 \(2, 1, 28, 28\)"):
        LabeledImages(torch.zeros(2, 1, 28, 28), torch.zeros(2, dtype=torch.int64), DIGITS)


def test_what_does_not_belong_together_is_refused():
    images, labels = torch.zeros(2, 1, 28, 28, dtype=torch.uint8), torch.tensor([0, 1])
    with pytest.raises(ValueError, match="2 images have 3 labels"):
        LabeledImages(images, torch.zeros(3, dtype=torch.int64), DIGITS)
    with pytest.raises(ValueError, match="labels go from 0 to 1, and there are 1 names"):
        LabeledImages(images, labels, ("0",))
    with pytest.raises(ValueError, match="labels go from -1 to 0"):
        LabeledImages(images, labels - 1, DIGITS)
    with pytest.raises(ValueError, match="same name"):
        LabeledImages(images, labels, ("a", "a"))


def test_pictures_of_any_size_in_grey_or_colour_are_taken():
    for shape in ((2, 1, 28, 28), (2, 3, 64, 48), (0, 3, 5, 5)):
        images = torch.zeros(shape, dtype=torch.uint8)
        assert len(LabeledImages(images, torch.zeros(shape[0], dtype=torch.int64), ("a",))) == shape[0]


def test_sets_are_joined_by_the_names_of_their_classes(digits):
    first, second, third = (
        digits.subset(torch.arange(3)),
        digits.subset(torch.arange(3, 5)),
        digits.subset(torch.arange(2)),
    )
    joined = join(
        LabeledImages(first.images, torch.tensor([0, 1, 1]), ("a", "b")),
        LabeledImages(second.images, torch.tensor([1, 0]), ("c", "b")),
        LabeledImages(third.images, torch.tensor([2, 0]), ("a", "unused", "c")),
    )
    assert joined.names == ("a", "b", "c", "unused")
    assert [joined.names[label] for label in joined.labels] == ["a", "b", "b", "b", "c", "c", "a"]
    assert torch.equal(joined.images, torch.cat([first.images, second.images, third.images]))


def test_single_pictures_of_ink_make_a_set(digits):
    ink = list(digits.images[:3, 0].numpy())
    made = from_ink(ink, [1, 0, 1], ("a", "b"))
    assert torch.equal(made.images, digits.images[:3])
    assert (made.labels.tolist(), made.labels.dtype) == ([1, 0, 1], torch.int64)
    assert from_ink([], [], ("a",)).images.shape == (0, 1, 28, 28)
