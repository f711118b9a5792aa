"""What a run and a model are made of, as plain values: no code that acts on them is here.

`model` is what lies in a bundle, `run` what made it, `presets` the recipes by name, `values` their JSON.
"""

from siamese.config.model import Backbone, InferenceConfig, InputConfig, NetworkConfig, Views
from siamese.config.presets import PRESETS
from siamese.config.run import (
    AugmentationConfig,
    DataConfig,
    HeadRetrainingConfig,
    Loss,
    Mining,
    OmniglotSet,
    RunConfig,
    Sampling,
    SourceConfig,
    TrainingConfig,
)
from siamese.config.values import from_json, to_json

__all__ = [
    "PRESETS",
    "AugmentationConfig",
    "Backbone",
    "DataConfig",
    "HeadRetrainingConfig",
    "InferenceConfig",
    "InputConfig",
    "Loss",
    "Mining",
    "NetworkConfig",
    "OmniglotSet",
    "RunConfig",
    "Sampling",
    "SourceConfig",
    "TrainingConfig",
    "Views",
    "from_json",
    "to_json",
]
