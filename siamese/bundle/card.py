"""The model card: the README of a bundle, written from its `metrics.json`."""

from __future__ import annotations

ROWS = (
    ("5-NN accuracy", "5-nn accuracy", "{:.2%}"),
    ("1-NN accuracy", "1-nn accuracy", "{:.2%}"),
    ("Recall@1", "recall@1", "{:.2%}"),
    ("MAP@R", "map@r", "{:.2%}"),
    ("ROC AUC", "roc auc", "{:.5f}"),
    ("Equal error rate", "equal error rate", "{:.2%}"),
    ("True accepts at 0.1 % false accepts", "tar@far=0.001", "{:.2%}"),
    ("Accuracy at the threshold", "accuracy at threshold", "{:.2%}"),
    ("Calibration error", "calibration error", "{:.2%}"),
)

DATA = {
    "mnist": "MNIST (LeCun, Cortes and Burges), all of its training images but 5,000, or what `--limit` or `--digits` left of them. Its Hub card "
    "says MIT, other sources CC BY-SA 3.0.",
    "strokes": "UCI Pen-Based Recognition of Handwritten Digits (Alpaydin and Alimoglu, 1998), CC BY 4.0: "
    "`pendigits-orig.tra` without every sixth of its thirty writers, rendered with many brushes.",
    "omniglot": "Omniglot's background sets (Lake, Salakhutdinov and Tenenbaum, 2015), MIT.",
}
TWO_HEADS = (
    " Digits are embedded by one head, other symbols by a second one on the same backbone, which was trained on other "
    "alphabets and on invented characters, so that symbols never trained on can be told apart."
)


def results_table(metrics: dict) -> str:
    """The digits' test figures beside the baselines, as Markdown."""
    columns = {"This network": metrics["test"]} | {name.capitalize(): m for name, m in metrics["baselines"].items()}
    lines = ["| | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    for title, key, form in ROWS:
        cells = [form.format(column[key]) if key in column else "" for column in columns.values()]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def other_table(metrics: dict) -> str:
    """What was measured beside MNIST's test set, as Markdown; empty if nothing was."""
    rows = metrics.get("beyond", {})
    if not rows:
        return ""
    lines = ["| Not fitted to | Figure |", "| --- | ---: |"]
    return "\n".join(lines + [f"| {name} | {value:.2%} |" for name, value in rows.items()])


def model_card(metrics: dict, repo: str = "user/repo") -> str:
    """Markdown with the front matter that the Hub validates."""
    test = metrics["test"]
    indexed = (
        ("k-nn accuracy", "5-NN accuracy", "5-nn accuracy"),
        ("equal-error-rate", "Equal error rate", "equal error rate"),
    )
    front = [
        "---",
        "license: mit",
        "library_name: pytorch",
        "pipeline_tag: image-feature-extraction",
        "datasets:",
        "- ylecun/mnist",
        "tags:",
        "- siamese-network",
        "- metric-learning",
        "- one-shot",
        "- mnist",
        "model-index:",
        "- name: Siamese digits",
        "  results:",
        "  - task:",
        "      type: image-feature-extraction",
        "      name: Verification and k-NN classification of handwritten digits",
        "    dataset:",
        "      type: ylecun/mnist",
        "      name: MNIST",
        "      split: test",
        "    metrics:",
    ]
    for kind, name, key in indexed:
        front += [f"    - type: {kind}", f"      name: {name}", f"      value: {test[key]:.6f}"]
    front.append("---")
    parts = [
        "\n".join(front),
        "# A Siamese network for handwritten symbols",
        "It embeds a 28x28 picture of a handwritten symbol as a unit vector, so that pictures of the same symbol lie "
        "near each other. Two pictures are compared by the distance of their embeddings, which a calibration curve "
        "turns into the probability that they show the same symbol."
        + TWO_HEADS
        * ("symbols" in metrics.get("network", {}).get("heads", ())),
        "## Use",
        "```python\nimport siamese  # the code is in the Space and the repository that this model belongs to\n\n"
        f'matcher = siamese.load("{repo}")\nprint(matcher.compare("four.png", "nine.png"))\n```',
        "Meant for demonstrations and for learning about metric learning. It is not for reading cheques, forms, or "
        "anything on which something depends: it knows single symbols only, mostly digits as they were written in the "
        "United States and in Turkey in the 1990s.",
        "## Results",
        f"MNIST's {metrics['test_images']:,} test images, scored once a run, at its end; k-NN fitted on the "
        f"{metrics['fit_images']:,} training images; verification over all {test['pairs']:,} pairs of test images; "
        "calibration over the same pairs, same and different ones weighing alike.",
        results_table(metrics),
        other_table(metrics),
        "## Training",
        "\n".join(f"- {DATA[name]}" for name in metrics["trained_on"]),
        f"Made with `{metrics['command']}` in {metrics['seconds'] / 60:.0f} minutes on {metrics['hardware']}. Threshold and "
        "calibration come from validation pictures that the network was not fitted to.",
        "The gallery holds pictures from MNIST's test set, credited to Yann LeCun, Corinna Cortes and Christopher Burges "
        "(MIT according to its Hub card, CC BY-SA 3.0 according to other sources).",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


BEGIN, END = "<!-- results -->", "<!-- /results -->"


def with_tables(text: str, metrics: dict) -> str:
    """A README with the tables of results between its markers."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    tables = "\n\n".join(table for table in (results_table(metrics), other_table(metrics)) if table)
    return f"{before}{BEGIN}\n{tables}\n{END}{after}"
