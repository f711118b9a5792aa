"""The model card of a bundle that was trained on a folder of own pictures."""

from __future__ import annotations

from siamese.bundle.folder_record import Folder
from siamese.bundle.measurements import Measurements
from siamese.bundle.tables import both_tables

SUMMARY = (
    "It embeds a picture as a unit vector, so that pictures of the same thing lie near each other. Two pictures are compared "
    "by the distance of their embeddings, which a calibration curve turns into the probability that they show the same."
)
USE = """```python
import siamese  # the code is in the Space and the repository that this model belongs to

matcher = siamese.load("{repo}")
print(matcher.compare("first.jpg", "second.jpg"))
```"""
BY_CLASS = (
    "The classes of {name} were split before anything else: {fit} to train on, {validation} to choose and calibrate by, "
    "{test} to report on. The classes that are reported on were never trained on nor chosen by{grouped}."
)
BY_PICTURE = (
    "The pictures of {name} were split before anything else: {fit} to train on, {validation} to choose and calibrate by, "
    "{test} to report on. All three show the same classes; of other classes these figures say nothing."
)
RESULTS = (
    "Verification is over all {pairs:,} pairs of test pictures. An N-way one-shot task names a picture by one example of "
    "each of N classes; ± is one standard error over 2,000 tasks."
)
LIMITS = (
    "The probability was calibrated on classes of this folder, with same and different pairs weighing alike. On other "
    "kinds of pictures, on other cameras, or where same pairs are rare, it is no promise: measure it there by "
    "`python -m siamese evaluate pairs PAIRS.csv`.\n\n"
    "It must not be used to identify people without their consent, nor to decide anything about a person: whether a "
    "signature is genuine, who is in a picture, who may enter."
)
TRAINING = "Made with `{command}` in {minutes:.0f} minutes on {hardware}."


def folder_card(measurements: Measurements, folder: Folder, repo: str) -> str:
    """Markdown with the front matter that the Hub validates.

    Args:
        measurements: of the bundle that it belongs to.
        folder: that it was trained on.
        repo: "user/repo", from which its example loads the model.
    """
    made = TRAINING.format(
        command=measurements.command, minutes=measurements.seconds / 60, hardware=measurements.hardware
    )
    parts = [
        f"---\n{front_matter(measurements, folder)}\n---",
        f"# A Siamese network for {folder.name}",
        SUMMARY,
        "## Use",
        USE.format(repo=repo),
        LIMITS,
        "## Results",
        split_words(folder, folder.name),
        RESULTS.format(pairs=measurements.pictures.pairs),
        both_tables(measurements),
        "## Training",
        " ".join(filter(None, (made, measurements.provenance))),
        "\n".join(f"- {note}" for note in folder.notes),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def split_words(folder: Folder, name: str) -> str:
    """How the pictures were split, in sentences.

    Args:
        folder: of the pictures.
        name: that it is called by there.
    """
    words = BY_CLASS if folder.split == "classes" else BY_PICTURE
    counts = {part: f"{of.classes:,} ({of.pictures:,} pictures)" for part, of in folder.parts().items()}
    grouped = ", and classes that belong together stayed on one side" if folder.grouped else ""
    return words.format(name=name, grouped=grouped, **counts)


def front_matter(measurements: Measurements, folder: Folder) -> str:
    """The card's metadata, in YAML. The Hub's model index shows two of the figures."""
    # Imported here, since loading a bundle needs no client of the Hub.
    from huggingface_hub import EvalResult, ModelCardData

    results = [
        EvalResult(
            task_type="image-feature-extraction",
            task_name="Verification and retrieval of pictures",
            dataset_type="imagefolder",
            dataset_name=folder.name,
            metric_type=kind,
            metric_name=metric.title,
            metric_value=round(metric.value, 6),
        )
        for kind, metric in (
            (key.replace(" ", "-"), measurements.metric(key)) for key in ("equal error rate", "recall@1")
        )
    ]
    return ModelCardData(
        library_name="pytorch",
        pipeline_tag="image-feature-extraction",
        tags=["siamese-network", "metric-learning", "one-shot"],
        model_name=f"Siamese {folder.name}",
        eval_results=results,
    ).to_yaml()
