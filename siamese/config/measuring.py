"""What a run measures and draws besides its own network. It changes no weights, and is no part of the recipe."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MeasuringConfig:
    """What may be left out by those who only want weights.

    Attributes:
        baselines: measure raw pixels and the untrained network too.
        map: lay out the gallery by t-SNE; otherwise its map are the first two principal components.
    """

    baselines: bool = True
    map: bool = True
