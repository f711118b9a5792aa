"""What a run needs besides its configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
    """

    data_dir: str | None
    out: Path
    resume: bool
    device: str
    push_to_hub: str | None
    private: bool
    images: Path | None = None
    weights: Path | None = None
