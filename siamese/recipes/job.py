"""What a run needs besides its configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from siamese.config import MeasuringConfig


@dataclass(frozen=True)
class Job:
    """What a run needs besides its configuration: where data lie, where it computes, where results go.

    Attributes:
        data_dir: holds `MNIST/raw`; None for `$SIAMESE_DATA`, or a download to `./data`.
        out: folder of the bundle.
        resume: go on from its last checkpoint.
        device: cpu, cuda or mps.
        push_to_hub: "user/repo", or None.
        private: create that repository so that only you see it.
        images: the folder of own pictures; None for digits.
        weights: file of weights that the backbone begins with; None for new ones.
        threads: that it computes with; None to find the best number by trial.
        measuring: what is measured and drawn besides.
    """

    data_dir: str | None
    out: Path
    resume: bool
    device: str
    push_to_hub: str | None
    private: bool
    images: Path | None = None
    weights: Path | None = None
    threads: int | None = None
    measuring: MeasuringConfig = MeasuringConfig()
