"""Interactive plots of what was measured, by plotly: training curves, ROC, calibration, distances."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go

from siamese.bundle.files import write_text
from siamese.bundle.measurements import Measurements

SAME, DIFFERENT, NEUTRAL = "#0072b2", "#d55e00", "#6b7280"


def roc_figure(measurements: Measurements) -> go.Figure:
    """True accepts over false accepts. The axis is logarithmic, as verifiers differ at low rates of false accepts."""
    curve = measurements.curves.roc
    figure = go.Figure(go.Scatter(x=curve.false_accept, y=curve.true_accept, mode="lines", line_color=SAME))
    figure.update_xaxes(type="log", title="different pairs accepted", tickformat=".0e", range=[-6, 0])
    figure.update_yaxes(title="same pairs accepted", tickformat=".0%")
    return _calm(figure, "ROC, all test pairs")


def calibration_figure(measurements: Measurements) -> go.Figure:
    """The reliability diagram: accuracy over confidence."""
    curve = measurements.curves.calibration
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": NEUTRAL}, hoverinfo="skip")
    confidence, accuracy = [point.confidence for point in curve], [point.accuracy for point in curve]
    text = [f"{point.weight:.2%} of pairs" for point in curve]
    figure.add_scatter(x=confidence, y=accuracy, mode="lines+markers", text=text, line_color=SAME)
    figure.update_xaxes(title="predicted probability", tickformat=".0%")
    figure.update_yaxes(title="share that was the same", tickformat=".0%")
    return _calm(figure, "Calibration, balanced test pairs")


def distance_figure(measurements: Measurements, threshold: float) -> go.Figure:
    """The distributions of the distances of same and of different validation pairs, and the threshold between them."""
    histogram = measurements.curves.validation_distances
    count = len(histogram.same)
    centres = [(i + 0.5) * 2 / count for i in range(count)]
    figure = go.Figure()
    for name, shares, colour in (("same", histogram.same, SAME), ("different", histogram.different, DIFFERENT)):
        figure.add_scatter(
            x=centres,
            y=shares,
            name=name,
            mode="lines",
            line={"color": colour, "shape": "hvh"},
            fill="tozeroy",
        )
    figure.add_vline(x=threshold, line_dash="dot", line_color=NEUTRAL, annotation_text="threshold")
    figure.update_xaxes(title="distance", range=[0, 2])
    figure.update_yaxes(title="share of pairs", tickformat=".0%")
    return _calm(figure, "Distances of validation pairs", legend=True)


def training_figure(measurements: Measurements) -> go.Figure:
    """Loss, share of active pairs and validation error, epoch by epoch."""
    history, figure = measurements.history, go.Figure()
    epochs = [row.epoch for row in history]
    figure.add_scatter(x=epochs, y=[row.loss for row in history], name="loss", line_color=SAME)
    figure.add_scatter(x=epochs, y=[row.active for row in history], name="active share", line_color="#009e73")
    error = [max(1 - row.validation_accuracy, 1e-5) for row in history]
    figure.add_scatter(x=epochs, y=error, name="validation error", line_color=DIFFERENT, yaxis="y2")
    figure.update_layout(
        yaxis={"title": "loss, active share"},
        yaxis2={
            "title": "validation 5-NN error",
            "overlaying": "y",
            "side": "right",
            "type": "log",
            "tickformat": ".2%",
            "showgrid": False,
        },
    )
    figure.update_xaxes(title="epoch")
    return _calm(figure, "Training", legend=True)


def write_report(measurements: Measurements, threshold: float, path: Path) -> None:
    """All plots as one HTML page that needs no network.

    Args:
        measurements: of a run.
        threshold: the distance up to which two pictures are called the same.
        path: of the page; it appears whole or not at all.
    """
    figures = [
        training_figure(measurements),
        roc_figure(measurements),
        calibration_figure(measurements),
        distance_figure(measurements, threshold),
    ]
    parts = [figure.to_html(full_html=False, include_plotlyjs=not i) for i, figure in enumerate(figures)]
    page = "<!doctype html><meta charset='utf-8'><title>Training report</title>" + "\n".join(parts)
    write_text(path, page)


def _calm(figure: go.Figure, title: str, legend: bool = False) -> go.Figure:
    """The look that all share. A legend lies below the plot, where it may take as many lines as a narrow screen needs: the
    plot gives way to it, but nothing gives way above, where the title is. A finger on a plot scrolls the page."""
    figure.update_xaxes(automargin=True, title_standoff=10)
    figure.update_yaxes(automargin=True, title_standoff=10)
    return figure.update_layout(
        title={"text": title, "font": {"size": 15}, "x": 0, "xref": "container", "xanchor": "left", "pad": {"l": 8}},
        template="none",
        font={"family": "system-ui, sans-serif", "size": 12},
        margin={"l": 48, "r": 16, "t": 44, "b": 40},
        height=360,
        dragmode=False,
        showlegend=legend,
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0, "xanchor": "left"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
