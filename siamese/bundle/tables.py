"""The measurements as Markdown tables: for the model card, README.md, the page and the end of a run."""

from __future__ import annotations

from siamese.bundle.measurements import Measurements, find

ROWS = (
    "5-nn accuracy",
    "1-nn accuracy",
    "recall@1",
    "map@r",
    "roc auc",
    "equal error rate",
    "tar@far=0.001",
    "accuracy at threshold",
    "calibration error",
)
BEGIN, END = "<!-- results -->", "<!-- /results -->"


def results_table(measurements: Measurements) -> str:
    """The test figures beside those of the baselines; a cell is empty where nothing was measured.

    A figure that was measured of none has no row.
    """
    columns = {"This network": measurements.test} | measurements.baselines
    lines = ["| | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    for key in ROWS:
        found = [find(metrics, key) for metrics in columns.values()]
        title = next((metric.title for metric in found if metric), None)
        if title is not None:
            lines.append(f"| {title} | " + " | ".join(metric.text if metric else "" for metric in found) + " |")
    return "\n".join(lines)


def generalisation_table(measurements: Measurements) -> str:
    """What was measured on pictures from elsewhere; empty if nothing was."""
    if not measurements.generalisation:
        return ""
    lines = ["| Not fitted to | Figure |", "| --- | ---: |"]
    return "\n".join(lines + [f"| {metric.title} | {metric.text} |" for metric in measurements.generalisation])


def both_tables(measurements: Measurements) -> str:
    """One table after the other, without the second where there is nothing in it."""
    return "\n\n".join(filter(None, (results_table(measurements), generalisation_table(measurements))))


def with_tables(readme: str, measurements: Measurements) -> str:
    """The text of README.md with the tables between its markers.

    Raises:
        ValueError: it does not hold each marker once.
    """
    if readme.count(BEGIN) != 1 or readme.count(END) != 1:
        raise ValueError(f"README.md must hold {BEGIN} and {END} once each.")
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{both_tables(measurements)}\n{END}{after}"
