"""Digits scanned and photographed; whether they are still read is asserted in tests/inputs/ink/test_ink.py."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from siamese.data.synthetic.corruptions import corrupt, photograph, scan
from siamese.inputs.ink import to_ink


def test_a_scan_is_a_small_grey_picture_and_a_photograph_a_large_one_in_colour(hundred):
    rng = np.random.default_rng(0)
    for ink in hundred.images[:10, 0].numpy():
        scanned, photographed = scan(ink, rng), photograph(ink, rng, side=200)
        assert (scanned.ndim, scanned.dtype) == (2, np.uint8)
        assert max(scanned.shape) < 60
        assert (photographed.mode, photographed.size) == ("RGB", (200, 200))


@pytest.mark.parametrize("corruption", [scan, photograph])
def test_corrupted_pictures_keep_their_order_and_their_labels(hundred, corruption):
    some = hundred.subset(torch.arange(20))
    made, again, other = (corrupt(some, corruption, seed) for seed in (1, 1, 2))
    assert made.images.shape == some.images.shape
    assert torch.equal(made.labels, some.labels)
    assert made.names == some.names
    assert torch.equal(made.images, again.images)
    assert not torch.equal(made.images, other.images)
    rng = np.random.default_rng(1)
    assert np.array_equal(made.images[0, 0].numpy(), to_ink(corruption(some.images[0, 0].numpy(), rng)))


def test_a_picture_that_comes_out_blank_stays_as_it_was(hundred):
    some = hundred.subset(torch.arange(3))
    made = corrupt(some, lambda ink, rng: np.full((50, 50), 255, np.uint8), seed=1)
    assert torch.equal(made.images, some.images)


def test_no_pictures_stay_none(hundred):
    assert corrupt(hundred.subset(torch.arange(0)), scan, seed=1).images.shape == (0, 1, 28, 28)
