"""The measurements as Markdown tables: for the model card, README.md, the page and the end of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from siamese.bundle.measurements import Measurements
from siamese.bundle.metrics import Metric, find

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
FOLDER_ROWS = (  # Recall@1 comes late: it flatters, raw pixels often have it high
    "equal error rate",
    "same name/equal error rate",
    "same group/equal error rate",
    "map@r",
    "5-way one-shot",
    "5-way five-shot",
    "20-way one-shot",
    "20-way five-shot",
    "roc auc",
    "tar@far=0.01",
    "tar@far=0.001",
    "recall@1",
    "recall@5",
    "accuracy at threshold",
    "calibration error",
)
BEGIN, END = "<!-- results -->", "<!-- /results -->"
PICTURES_BEGIN, PICTURES_END = "<!-- groceries -->", "<!-- /groceries -->"


def results_table(measurements: Measurements) -> str:
    """The test figures beside those of the baselines; a cell is empty where nothing was measured.

    A figure that was measured of none has no row.
    """
    columns = {"This network": measurements.test} | measurements.baselines
    return side_by_side(columns, FOLDER_ROWS if measurements.folder else ROWS)


def side_by_side(columns: Mapping[str, Sequence[Metric]], keys: Iterable[str]) -> str:
    """Figures beside each other, a row for each key that any of the columns has."""
    lines = ["| | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    for key in keys:
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


def with_tables(readme: str, measurements: Measurements, begin: str = BEGIN, end: str = END) -> str:
    """The text of README.md with the tables between its markers.

    Raises:
        ValueError: it does not hold each marker once.
    """
    if readme.count(begin) != 1 or readme.count(end) != 1:
        raise ValueError(f"README.md must hold {begin} and {end} once each.")
    before, rest = readme.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n{both_tables(measurements)}\n{end}{after}"
