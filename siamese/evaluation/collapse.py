"""Collapse: a network that learned nothing says so at the end of its run.

Metric learning can fail in silence: all pictures get the same embedding, the loss stands still, and every file is written as
usual (Schroff, Kalenichenko and Philbin, 2015, tell of it for triplets with the hardest negatives).
"""

from __future__ import annotations

from siamese.bundle.measurements import Measurements
from siamese.bundle.metrics import find

NEAR = 0.05  # mean distance of different pairs below which all embeddings are alike; a trained network's is about 1
RAW = "Raw pixels"  # the baseline
TRY = (
    "Try a lower --learning-rate, --loss supcon, or --mining semi-hard for triplets; and look at the pictures' labels."
)


def warnings(measurements: Measurements) -> list[str]:
    """What is wrong with a trained network as a whole, a sentence each; none where it beats raw pixels."""
    told = []
    different = measurements.curves.distances.different
    width = 2 / len(different)
    mean = sum(share * (number + 0.5) * width for number, share in enumerate(different))
    if mean < NEAR:
        told.append(
            f"WARNING: the network has collapsed: different pictures are {mean:.3f} apart, all look alike. {TRY}"
        )
    for key in ("5-nn accuracy", "equal error rate"):
        own, raw = (find(metrics, key) for metrics in (measurements.test, measurements.baselines.get(RAW, ())))
        if own and raw and (own.value < raw.value if own.better == "higher" else own.value > raw.value):
            told.append(
                f"WARNING: by {own.title} ({own.text}) the network is worse than raw pixels ({raw.text}). {TRY}"
            )
    return told
