"""A process's share of a batch. Random numbers are drawn for the whole batch, so that all processes draw the same."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Share:
    """Consecutive rows of a batch.

    Attributes:
        whole: rows of the batch.
        rows: those of the share.
    """

    whole: int
    rows: slice

    @classmethod
    def of(cls, whole: int, number: int = 0, count: int = 1) -> Share:
        """The share `number` of `count`; shares differ by a row at most where they cannot be even."""
        return cls(whole, slice(whole * number // count, whole * (number + 1) // count))

    def rand(self, *size: int, generator: torch.Generator) -> Tensor:
        """(rows, *size) uniform in [0, 1): the share's rows of what is drawn for the batch."""
        return torch.rand(self.whole, *size, generator=generator)[self.rows]

    def randn(self, *size: int, generator: torch.Generator) -> Tensor:
        """The same, normally distributed."""
        return torch.randn(self.whole, *size, generator=generator)[self.rows]
