"""What callbacks are told of a step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Step:
    """A step of training, as callbacks are told of it.

    Attributes:
        step: counted over all epochs, from 1.
        epoch: the one under way, from 0.
        loss: of the batch.
        active: share of its pairs, triplets or anchors that still pull or push.
        images: that the network saw in the step.
    """

    step: int
    epoch: int
    loss: float
    active: float
    images: int
