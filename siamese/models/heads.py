"""Projection heads: features -> embedding, one linear layer for each kind of class."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class ProjectionHeads(nn.ModuleDict):
    """A linear layer a head, on the same features.

    On one unit sphere, symbols push the digits together and digits take room from symbols. With a head for each,
    what tells digits apart and what tells any two shapes apart are learned on the same features without
    getting in each other's way (`benchmarks/recipes.md`).

    Args:
        names: of the heads. The last one, which serves unseen classes or everything, sees all features; the others
            see the first `out_features`, the backbone's last stage.
        out_features: length of the backbone's last stage.
        all_features: of all that the backbone gives.
        embedding_dim: length of the embedding.
    """

    def __init__(self, names: tuple[str, ...], out_features: int, all_features: int, embedding_dim: int) -> None:
        widths = [out_features] * (len(names) - 1) + [all_features]
        super().__init__({name: nn.Linear(width, embedding_dim) for name, width in zip(names, widths, strict=True)})

    def project(self, features: Tensor, head: str) -> Tensor:
        """(B, features) -> (B, embedding_dim), not yet of length 1: the shorter, the less sure the network is.

        Raises:
            ValueError: there is no such head.
        """
        if head not in self:
            raise ValueError(f"There is no head {head!r}; the network has {', '.join(self)}.")
        layer = self[head]
        return layer(features[:, : layer.in_features]).float()

    def forward(self, features: Tensor, head: str) -> Tensor:
        """(B, features) -> (B, embedding_dim) float32, rows of length 1."""
        return F.normalize(self.project(features, head), dim=1)
