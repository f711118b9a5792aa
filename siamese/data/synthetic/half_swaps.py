"""Half-swap classes: the upper half of one digit on the lower half of another, symbols that nobody ever drew.

A letter of Omniglot was drawn by twenty people, a digit of MNIST by hundreds. A class for each two digits joined thus
shows a symbol in many more handwritings, and there are 90 such classes beside the ten digits (in the spirit of CutMix,
Yun et al., 2019, with a class of its own for each combination).
"""

from __future__ import annotations

import torch

from siamese.data.images import LabeledImages


def half_swaps(digits: LabeledImages, each: int, seed: int) -> LabeledImages:
    """Pictures of every two different digits joined, one above and one below.

    Args:
        digits: to make them of. A picture may give more than one half.
        each: number of pictures of each class.
        seed: decides all of them.

    Returns:
        classes named "3 over 5"; none of a single digit.
    """
    generator = torch.Generator().manual_seed(seed)
    present = digits.labels.unique().tolist()
    members = {digit: torch.nonzero(digits.labels == digit).flatten() for digit in present}
    middle = digits.images.shape[2] // 2

    def some(digit: int) -> torch.Tensor:
        chosen = torch.randint(len(members[digit]), (each,), generator=generator)
        return digits.images[members[digit][chosen]]

    pairs = [(above, below) for above in present for below in present if above != below]
    joined = [torch.cat([some(above)[:, :, :middle], some(below)[:, :, middle:]], dim=2) for above, below in pairs]
    labels = torch.arange(len(pairs)).repeat_interleave(each)
    names = tuple(f"{digits.names[above]} over {digits.names[below]}" for above, below in pairs)
    return LabeledImages(torch.cat([digits.images[:0], *joined]), labels, names)
