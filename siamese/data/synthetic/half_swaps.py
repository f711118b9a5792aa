"""Half-swap classes: the upper half of one digit above the lower half of another.

They are additional classes for training. An Omniglot character was drawn by twenty people, but MNIST's digits by
hundreds, so these classes show more variation of handwriting. Ten digits give 90 of them. The idea is that of CutMix
(Yun et al., 2019), except that each combination is a class of its own.
"""

from __future__ import annotations

import torch

from siamese.data.images import LabeledImages


def half_swaps(digits: LabeledImages, each: int, seed: int) -> LabeledImages:
    """Combine every ordered pair of different digits into a class.

    Args:
        digits: the pictures to combine. A picture may be used more than once.
        each: number of pictures of each class.
        seed: determines all pictures.

    Returns:
        classes named "3 over 5", for each two different digits that have pictures.
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
