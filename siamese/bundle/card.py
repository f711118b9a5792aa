"""The model card: the README of a bundle, written from its measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from siamese.bundle.folder_card import folder_card
from siamese.bundle.measurements import Measurements
from siamese.bundle.tables import both_tables

DATA = {
    "mnist": "MNIST (LeCun, Cortes and Burges): all of its training images but 5,000, or what `--limit` left of them. Its "
    "Hub card says MIT, other sources CC BY-SA 3.0.",
    "pen": "UCI Pen-Based Recognition of Handwritten Digits (Alpaydin and Alimoglu, 1998), CC BY 4.0: "
    "`pendigits-orig.tra` without every sixth of its thirty writers, rendered with many brushes.",
    "omniglot": "Omniglot's background sets (Lake, Salakhutdinov and Tenenbaum, 2015), MIT.",
    "letters": "Letters of more than a hundred scripts: strokes of the Noto fonts (Google), SIL Open Font License 1.1.",
}

SUMMARY = (
    "It embeds a 28x28 picture of a handwritten symbol as a unit vector, so that pictures of the same symbol lie near "
    "each other. Two pictures are compared by the distance of their embeddings, which a calibration curve turns into "
    "the probability that they show the same symbol."
)
TWO_HEADS = (
    " Digits are embedded by one head, other symbols by a second one on the same backbone. The second head was trained "
    "on other alphabets and on procedural characters, so that it tells apart symbols that it never saw in training."
)
OWN_NETWORK = (
    " Symbols other than digits have a network of their own. It was trained on other alphabets, so that it tells apart symbols "
    "that it never saw in training."
)
DISTORTION = (
    " Beside its distance, the strokes of two drawings are matched, each to what lies near it in the other (image distortion "
    "model; Keysers et al., 2007)."
)
USE = """```python
import siamese  # the code is in the Space and the repository that this model belongs to

matcher = siamese.load("{repo}")
print(matcher.compare("four.png", "nine.png"))
```"""
LIMITS = (
    "Meant for demonstrations and for learning about metric learning. It is not for reading cheques, forms, or anything "
    "on which something depends: it knows single symbols only, mostly digits as they were written in the United States "
    "and in Turkey in the 1990s."
)
RESULTS = (
    "MNIST's {test:,} test images, scored once a run, at its end. k-NN is fitted on the {fit:,} training images. "
    "Verification is over all {pairs:,} pairs of test images; calibration is over the same pairs, with same and "
    "different ones weighing alike."
)
TRAINED_WITHOUT = "the same network trained without it"  # ends the title of a figure of an alphabet held out at first
TRAINED_WITH = (
    "The network for other symbols learned from all alphabets. Where a figure says that it is of the same network trained without "
    "an alphabet, that alphabet was held out from a first training, by which it was measured and calibrated."
)
TRAINING = "Made with `{command}` in {minutes:.0f} minutes on {hardware}."
CHOICES = "Threshold and calibration come from validation pictures that the network was not fitted to."
GALLERY = (
    "The gallery holds pictures from MNIST's test set, credited to Yann LeCun, Corinna Cortes and Christopher Burges "
    "(MIT according to its Hub card, CC BY-SA 3.0 according to other sources)."
)

INDEXED = "The gallery was made by"  # how the provenance of a bundle with another gallery than its own begins


def model_card(
    measurements: Measurements,
    heads: Sequence[str],
    own_network: bool = False,
    repo: str = "user/repo",
    distortion: bool = False,
) -> str:
    """Markdown with the front matter that the Hub validates.

    Args:
        measurements: of the bundle that it belongs to.
        heads: names of its network's projection heads.
        own_network: whether it has another network for classes never trained on.
        repo: "user/repo", from which its example loads the model.
        distortion: whether the image distortion model stands beside the network for classes never trained on.

    Raises:
        ValueError: a figure of the front matter was not measured, or a data set is unknown.
    """
    if measurements.folder:
        return folder_card(measurements, measurements.folder, repo)
    for name in measurements.trained_on:
        if name not in DATA:
            raise ValueError(f"trained_on names {name!r}; known are {', '.join(DATA)}")
    made = TRAINING.format(
        command=measurements.command, minutes=measurements.seconds / 60, hardware=measurements.hardware
    )
    parts = [
        f"---\n{front_matter(measurements)}\n---",
        "# A Siamese network for handwritten symbols",
        SUMMARY
        + (OWN_NETWORK if own_network else TWO_HEADS if len(heads) > 1 else "")
        + (DISTORTION if distortion else ""),
        "## Use",
        USE.format(repo=repo),
        LIMITS,
        "## Results",
        RESULTS.format(**asdict(measurements.pictures)),
        both_tables(measurements),
        TRAINED_WITH if any(found.title.endswith(TRAINED_WITHOUT) for found in measurements.generalisation) else "",
        "## Training",
        "\n".join(f"- {DATA[name]}" for name in measurements.trained_on),
        " ".join(filter(None, (made, measurements.provenance, CHOICES))),
        "" if measurements.provenance.startswith(INDEXED) else GALLERY,
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def front_matter(measurements: Measurements) -> str:
    """The card's metadata, in YAML. The Hub's model index shows two of the figures.

    Raises:
        ValueError: one of the two was not measured.
    """
    # Imported here, since loading a bundle needs no client of the Hub.
    from huggingface_hub import EvalResult, ModelCardData

    shown = (("k-nn accuracy", "5-nn accuracy"), ("equal-error-rate", "equal error rate"))
    results = [
        EvalResult(
            task_type="image-feature-extraction",
            task_name="Verification and k-NN classification of handwritten digits",
            dataset_type="ylecun/mnist",
            dataset_name="MNIST",
            dataset_split="test",
            metric_type=kind,
            metric_name=metric.title,
            metric_value=round(metric.value, 6),
        )
        for kind, metric in ((kind, measurements.metric(key)) for kind, key in shown)
    ]
    return ModelCardData(
        license="mit",
        library_name="pytorch",
        pipeline_tag="image-feature-extraction",
        datasets=["ylecun/mnist"],
        tags=["siamese-network", "metric-learning", "one-shot", "mnist"],
        model_name="Siamese digits",
        eval_results=results,
    ).to_yaml()
