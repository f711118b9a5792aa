"""Chimeras: the upper half of one digit on the lower half of another, symbols that nobody ever drew.

A letter of Omniglot was drawn by twenty people, a digit of MNIST by hundreds. Each two digits joined make a
symbol in the hands of all of these, so that what tells symbols apart is learned from many more hands, and not
from ten shapes only (in the spirit of CutMix, Yun et al., 2019, with a class of its own for each combination).
"""

from __future__ import annotations

import torch

from siamese.data.images import LabeledImages
from siamese.inputs.ink import SIDE

FIRST_CHIMERA = 10_000  # the first label; those of Omniglot's characters, turned or not, lie below


def joined(digits: LabeledImages, each: int, seed: int) -> LabeledImages:
    """`each` chimeras of every two different digits, one above and one below, in a class for each such two.

    A picture may give more than one half. There are none of a single digit.
    """
    chance = torch.Generator().manual_seed(seed)
    present = digits.labels.unique().tolist()
    members = {digit: torch.nonzero(digits.labels == digit).flatten() for digit in present}

    def some(digit: int) -> torch.Tensor:
        chosen = torch.randint(len(members[digit]), (each,), generator=chance)
        return digits.images[members[digit][chosen]]

    kinds = [(above, below) for above in present for below in present if above != below]
    halves = [
        torch.cat([some(above)[:, :, : SIDE // 2], some(below)[:, :, SIDE // 2 :]], dim=2) for above, below in kinds
    ]
    labels = torch.arange(FIRST_CHIMERA, FIRST_CHIMERA + len(kinds)).repeat_interleave(each)
    return LabeledImages(torch.cat([digits.images[:0], *halves]), labels)
