"""What is no digit though it is made of digits."""

from __future__ import annotations

import torch

from siamese.data.synthetic.outliers import ADDED, doodles, make_outliers, nested


def test_nested_pictures_hold_one_whole_and_much_beside_it(digits):
    made = nested(digits, 40, seed=1)
    assert made.images.shape == (40, 1, 28, 28)
    assert made.images.dtype == torch.uint8
    assert (made.labels.tolist(), made.names) == ([0] * 40, ("outlier",))
    for picture in made.images:
        # The outer digit is in it unchanged: no pixel of it is darker than it was.
        within = (digits.images <= picture).flatten(1).all(dim=1)
        outer = digits.images[within].flatten(1).sum(1)
        assert within.any()
        assert int(picture.sum()) >= (1 + ADDED) * int(outer.min())


def test_nested_pictures_come_again_for_the_same_seed(digits):
    once, again, other = (nested(digits, 10, seed) for seed in (1, 1, 2))
    assert torch.equal(once.images, again.images)
    assert not torch.equal(once.images, other.images)
    assert nested(digits, 0, 1).images.shape == (0, 1, 28, 28)


def test_doodles_are_more_than_a_ring_and_come_again_for_the_same_seed():
    made, again = doodles(20, seed=1), doodles(20, seed=1)
    assert made.images.shape == (20, 1, 28, 28)
    assert (made.labels.tolist(), made.names) == ([0] * 20, ("outlier",))
    assert torch.equal(made.images, again.images)
    # What a ring holds lies well within it, where a 0 has no ink.
    inside = made.images[1::2, 0, 9:19, 10:18].flatten(1).float().mean(1)
    assert inside.min() > 15
    assert doodles(0, 1).images.shape == (0, 1, 28, 28)


def test_outliers_are_half_nested_and_half_doodles(digits):
    made = make_outliers(digits, 9, seed=1)
    assert (len(made), made.names) == (9, ("outlier",))
    assert torch.equal(made.images[:5], nested(digits, 5, 1).images)
    assert torch.equal(made.images[5:], doodles(4, 1).images)
