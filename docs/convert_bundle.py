"""Bring the bundle that ships from format 2 to format 3: python docs/convert_bundle.py SOURCE TARGET

Done once. Weights keep their bits under new names, the gallery's files are copied, and what was measured, chosen and
recorded finds its place in the new config.json and metrics.json. TARGET may be SOURCE.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file, save_file

from siamese.bundle.card import model_card
from siamese.bundle.curves import Curves, Epoch
from siamese.bundle.described import FORMAT_VERSION, BundleConfig
from siamese.bundle.files import write_json, write_text, write_whole
from siamese.bundle.measurements import Measurements, Pictures
from siamese.bundle.metrics import KINDS, Metric, metric
from siamese.config import PRESETS, InferenceConfig, InputConfig, NetworkConfig, Views, from_json, to_json
from siamese.retrieval.calibration import Calibration

# The one run whose settings are known to be those of a preset.
COMMAND = (
    "python train.py --epochs 12 --strokes --scans 20000 --strangers 4000 --drop-outliers --omniglot small1 small2"
)
PRESET = "full"
ALPHABET = "Early_Aramaic (used to choose the recipe), 20-way one-shot error"
GENERALISATION = {  # today's titles, and the keys they get
    **{
        f"Pen drawings by people never seen, brush {brush} of 280: 5-NN accuracy": f"pen/brush {brush}/5-nn accuracy"
        for brush in (8, 14, 20)
    },
    "Pen drawings by people never seen: equal error rate": "pen/equal error rate",
    "Pen drawings by people never seen: calibration error": "pen/calibration error",
    f"{ALPHABET}, this network": "Early_Aramaic/one-shot error",
    f"{ALPHABET}, raw pixels": "Early_Aramaic/raw pixels/one-shot error",
}
PROVENANCE = (
    "It was trained by commit ab65eb4 with what is now this preset; then, with `--resume`, its head for symbols was "
    "retrained and all of it measured by 234325f, and its files were brought to format 3 (`docs/convert_bundle.py`), the "
    "weights bit for bit."
)
FITTED = "calibration error on the pictures it was fitted to"


def convert(source: Path, target: Path) -> None:
    """Convert one bundle.

    Raises:
        ValueError: it is no bundle of format 2, or of another run than the one that ships.
    """
    old = json.loads((source / "config.json").read_text(encoding="utf-8"))
    recorded = json.loads((source / "metrics.json").read_text(encoding="utf-8"))
    if old["format_version"] != 2:
        raise ValueError(f"{source} has format version {old['format_version']}, not 2.")
    if recorded["command"] != COMMAND:
        raise ValueError(f"{source} was made by another run: {recorded['command']}")
    config, measured = new_config(old), new_measurements(recorded)
    weights = {name.replace("neck.heads.", "heads."): a for name, a in load_file(source / "model.safetensors").items()}
    gallery = {name: (source / name).read_bytes() for name in ("gallery.png", "gallery.safetensors")}

    write_whole(target / "model.safetensors", lambda path: save_file(weights, path))
    for name, content in gallery.items():
        write_whole(target / name, lambda path, content=content: path.write_bytes(content))  # type: ignore[misc]
    write_json(target / "metrics.json", to_json(measured))
    write_text(target / "README.md", model_card(measured, config.network.heads))
    write_json(target / "config.json", to_json(config))


def new_config(old: dict[str, Any]) -> BundleConfig:
    """config.json; the rotations of the views, the rank of novelty and the normalisation stood in the code before."""
    network = dict(old["network"])
    gate, grid = network.pop("doubt"), network.pop("details")
    return BundleConfig(
        format_version=FORMAT_VERSION,
        input=InputConfig(box=old["ink"]["box"], stroke_widths=tuple(old["ink"]["stroke_widths"])),
        network=from_json(NetworkConfig, network | {"intermediate_grid": grid}, "network"),
        inference=InferenceConfig(
            views=Views((-8.0, 0.0, 8.0), gate),
            few_shot_head="symbols",
            few_shot_views=Views((-15.0, -8.0, 0.0, 8.0, 15.0)),
            novelty_rank=5,
            novelty_threshold=old["calibration"]["novelty"],
        ),
        labels=tuple(old["labels"]),
        calibration=calibration(old["calibration"]),
        few_shot_calibration=calibration(old["symbol_calibration"]),
    )


def calibration(old: dict[str, Any]) -> Calibration:
    return from_json(Calibration, {key: value for key, value in old.items() if key != "novelty"}, "calibration")


def new_measurements(old: dict[str, Any]) -> Measurements:
    """metrics.json. The distance at the equal error rate, which nothing reads, is left out."""
    config = PRESETS[PRESET]
    validation = [metric("5-nn accuracy", old["validation"]["5-nn accuracy"])]
    for name, value in old["validation"]["equal error rate"].items():
        validation.append(metric(f"{name}/equal error rate", value))
    for name, value in old["validation"][FITTED].items():
        validation.append(metric(f"{name}/calibration error", value, f"{FITTED.capitalize()}, {name}"))
    roc = old["curves"]["roc"]
    curves = {
        "roc": {"false_accept": roc["false accept"], "true_accept": roc["true accept"]},
        "calibration": [
            {"weight": point["weight"], "confidence": point["said"], "accuracy": point["so"]}
            for point in old["curves"]["calibration"]
        ],
        "distances": old["curves"]["distances"],
        "validation_distances": old["validation distances"],
    }
    history = [
        {key.replace("validation 5-nn", "validation_accuracy"): value for key, value in row.items()}
        for row in old["history"]
    ]
    return Measurements(
        test=metrics(old["test"]),
        baselines={name.capitalize(): metrics(values) for name, values in old["baselines"].items()},
        validation=tuple(validation),
        generalisation=tuple(metric(GENERALISATION[title], value, title) for title, value in old["beyond"].items()),
        curves=from_json(Curves, curves, "curves"),
        history=tuple(from_json(Epoch, row, "history") for row in history),
        pictures=Pictures(fit=old["fit_images"], test=old["test_images"], pairs=old["test"]["pairs"]),
        trained_on=tuple("pen" if name == "strokes" else name for name in old["trained_on"]),
        config=to_json(replace(config, training=replace(config.training, seed=old["seed"]))),
        parameters=old["network"]["parameters"],
        command=f"python train.py --preset {PRESET}",
        provenance=PROVENANCE,
        seed=old["seed"],
        seconds=old["seconds"],
        hardware=old["hardware"],
        versions=old["versions"],
    )


def metrics(old: dict[str, float]) -> tuple[Metric, ...]:
    return tuple(metric(key, old[key]) for key in KINDS if key in old)


if __name__ == "__main__":
    try:
        convert(*map(Path, sys.argv[1:]))
    except ValueError as error:
        sys.exit(f"docs/convert_bundle.py: {error}")
