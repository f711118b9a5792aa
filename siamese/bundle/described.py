"""What config.json says of a bundle, and what of it fits together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from siamese.config import InferenceConfig, InputConfig, NetworkConfig, check_input
from siamese.config.model import INK_SIDES
from siamese.config.values import OPTIONAL
from siamese.retrieval.calibration import Calibration

FORMAT_VERSION = 3
MOST_LABELS, LONGEST_LABEL = 20_000, 255  # names, and characters of one: a folder's name at most


@dataclass(frozen=True)
class BundleConfig:
    """The content of config.json.

    Raises:
        ValueError: an input is not one that this code prepares, there is no such few-shot head, or the labels are
            not different names.
    """

    format_version: int
    input: InputConfig
    network: NetworkConfig
    inference: InferenceConfig
    labels: tuple[str, ...]
    calibration: Calibration
    few_shot_calibration: Calibration
    few_shot_input: InputConfig | None = field(default=None, metadata=OPTIONAL)
    few_shot_network: NetworkConfig | None = field(default=None, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        check_input(self.input)
        if (self.few_shot_input is None) != (self.few_shot_network is None):
            raise ValueError("few_shot_input and few_shot_network go together: one of them is missing")
        inference = self.inference
        for name, asked in (
            ("few_shot_distortion", inference.few_shot_distortion),
            ("views.deskew", inference.views.deskew),
            ("few_shot_views.deskew", inference.few_shot_views.deskew),
        ):
            if asked and self.input.kind != "ink":
                raise ValueError(f"inference.{name} is for ink, not for {self.input.kind}")
        if self.few_shot_input:
            check_input(self.few_shot_input, INK_SIDES)
            if not self.few_shot_input.kind == self.input.kind == "ink":
                raise ValueError(f"few_shot_input.kind must be ink, as input.kind; got {self.few_shot_input.kind}")
        head, heads = self.inference.few_shot_head, (self.few_shot_network or self.network).heads
        if head not in heads:
            raise ValueError(f"inference.few_shot_head is {head!r}; the network has {', '.join(heads)}")
        if not 1 <= len(self.labels) <= MOST_LABELS:
            raise ValueError(f"labels must be 1 to {MOST_LABELS} names, got {len(self.labels)}")
        twice = [name for name, count in Counter(self.labels).items() if count > 1]
        if twice:
            raise ValueError(f"labels must be different names, got {twice[0]!r} twice")
        for name in self.labels:
            if not 1 <= len(name) <= LONGEST_LABEL or not name.isprintable() or name.isspace():
                raise ValueError(
                    f"labels must be names of 1 to {LONGEST_LABEL} printable characters, got {name[:LONGEST_LABEL]!r}"
                )
