"""A run as a whole: everything that makes a trained bundle what it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from siamese.config.data import DataConfig
from siamese.config.few_shot import FewShotConfig
from siamese.config.folder import FolderConfig
from siamese.config.inference import Views
from siamese.config.model import InputConfig, NetworkConfig, check_input
from siamese.config.training import TrainingConfig
from siamese.config.values import OPTIONAL, coerce


@dataclass(frozen=True)
class RunConfig:
    """Everything that makes a trained bundle what it is; where data lie and results go is not part of it.

    Attributes:
        data: digits and symbols to learn from.
        network: the architecture.
        training: how it learns.
        few_shot: the network of its own for classes never trained on; None to leave those to the last head.
        input: the form of the network's pictures.
        folder: own pictures to learn from, in the place of `data`; None for digits.
        head_centring: in the end, centre the last head on the digits and half-swap classes; True, or None for not.
        views: of the first head, of digits; None for three of the pictures whose embedding norm is smallest.

    Raises:
        ValueError: values that do not go together.
    """

    data: DataConfig = field(default_factory=DataConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    few_shot: FewShotConfig | None = None
    input: InputConfig = field(default_factory=InputConfig)
    folder: FolderConfig | None = None
    head_centring: bool | None = field(default=None, metadata=OPTIONAL)
    views: Views | None = field(default=None, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        coerce(self)
        check_input(self.input)
        if self.folder and (self.data != DataConfig() or self.few_shot):
            raise ValueError("folder stands in the place of the digits and symbols: leave those out")
        for name in ("head_centring", "views"):
            if self.folder and getattr(self, name):
                raise ValueError(f"{name} is of digits: leave it out with a folder")
        classic = self.training.sampling != "classes"
        if classic and self.data.outliers:
            raise ValueError("outliers belong to no class: they go with sampling 'classes' alone")
        if self.data.half_swaps and (classic or len(self.network.heads) > 1):
            raise ValueError("half_swaps are near to digits: they go with a single head, and sampling 'classes'")
        if self.few_shot and not (self.data.omniglot and self.input.kind == "ink"):
            raise ValueError("few_shot learns from symbols, which are ink: it takes Omniglot")
