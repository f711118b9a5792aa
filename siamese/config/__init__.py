"""What a run and a model are made of, as plain values: no code that acts on them is here.

`model` and `inference` are what lies in a bundle. `data` and `training` make up a `run`, of which `presets` are the recipes
by name. `values` writes them all as JSON.
"""

from siamese.config.data import DataConfig, OmniglotSet, SourceConfig
from siamese.config.few_shot import FewShotConfig
from siamese.config.folder import FolderConfig, SplitName
from siamese.config.inference import InferenceConfig, Views
from siamese.config.measuring import MeasuringConfig
from siamese.config.model import FitName, InputConfig, InputKind, NetworkConfig, check_input, ink_input
from siamese.config.presets import PRESETS
from siamese.config.run import RunConfig
from siamese.config.training import (
    AugmentationConfig,
    LossName,
    MiningName,
    PhotoAugmentationConfig,
    SamplingName,
    TrainingConfig,
)
from siamese.config.values import from_json, to_json

__all__ = [
    "PRESETS",
    "AugmentationConfig",
    "DataConfig",
    "FewShotConfig",
    "FitName",
    "FolderConfig",
    "InferenceConfig",
    "InputConfig",
    "InputKind",
    "LossName",
    "MeasuringConfig",
    "MiningName",
    "NetworkConfig",
    "OmniglotSet",
    "PhotoAugmentationConfig",
    "RunConfig",
    "SamplingName",
    "SourceConfig",
    "SplitName",
    "TrainingConfig",
    "Views",
    "check_input",
    "from_json",
    "ink_input",
    "to_json",
]
