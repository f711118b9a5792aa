"""The upper half of one digit on the lower half of another."""

from __future__ import annotations

import torch

from siamese.data.synthetic.half_swaps import half_swaps


def halves(pictures: torch.Tensor) -> tuple[list[bytes], list[bytes]]:
    return [p[0, :14].numpy().tobytes() for p in pictures], [p[0, 14:].numpy().tobytes() for p in pictures]


def test_each_two_digits_make_a_class_of_their_own(digits):
    made = half_swaps(digits, 5, seed=1)
    assert made.images.shape == (90 * 5, 1, 28, 28)
    assert made.images.dtype == torch.uint8
    assert made.labels.bincount().tolist() == [5] * 90
    assert len(made.names) == 90
    above, below = halves(digits.images)
    digit_above = dict(zip(above, digits.labels.tolist(), strict=True))
    digit_below = dict(zip(below, digits.labels.tolist(), strict=True))
    kinds: dict[int, set[tuple[int, int]]] = {}
    for label, upper, lower in zip(made.labels.tolist(), *halves(made.images), strict=True):
        kinds.setdefault(label, set()).add((digit_above[upper], digit_below[lower]))
    assert all(len(kind) == 1 for kind in kinds.values())
    for label, ((upper_digit, lower_digit),) in kinds.items():
        assert made.names[label] == f"{upper_digit} over {lower_digit}"
    assert {pair for kind in kinds.values() for pair in kind} == {
        (a, b) for a in range(10) for b in range(10) if a != b
    }


def test_digits_that_are_not_there_are_in_no_half_swap(digits):
    assert len(half_swaps(digits.without([8, 9]), 3, seed=1)) == 8 * 7 * 3


def test_half_swaps_come_again_for_the_same_seed(digits):
    once, again, other = (half_swaps(digits, 4, seed) for seed in (1, 1, 2))
    assert torch.equal(once.images, again.images)
    assert not torch.equal(once.images, other.images)
