"""The Many at once tab: embed and score a whole set of pictures, on the Space GPU where there is one."""

from __future__ import annotations

import copy
import csv
import hashlib
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gradio as gr
import numpy as np
import torch
from PIL import Image

from siamese.inputs.decode import pixels_of
from siamese.inputs.preparing import to_batch
from siamese.matcher import Matcher
from siamese.models.inference import embed
from siamese.retrieval.distances import distance_of
from siamese.retrieval.results import Query
from siamese.ui import answers, components
from siamese.ui.batch_files import MAX_PICTURES, Budget, unpacked
from siamese.ui.gpu import on_gpu
from siamese.ui.line import Line
from siamese.ui.map_points import own_points
from siamese.ui.wording import wording_of

FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")  # how a cell begins that a spreadsheet may run
COLUMNS = ["file", "reads as", "votes", "nearest in the gallery", "distance", "note"]
# Gradio's own widths depend on the cells alone, and break headings within words.
WIDTHS: list[str | int] = ["130px", "80px", "100px", "115px", "95px", "150px"]


@dataclass(frozen=True)
class Row:
    """One picture of a set.

    Attributes:
        name: of its file.
        query: the encoded picture, or None if it could not be encoded.
        problem: why it could not; empty otherwise.
    """

    name: str
    query: Query | None
    problem: str = ""


def build(matcher: Matcher, line: Line) -> tuple[gr.Button, gr.State]:
    """Lay out the tab and wire it; returns the button that shows the set on the map, and the set as the map's value.

    Args:
        matcher: reads the pictures.
        line: that sets wait in.
    """
    gr.Markdown(
        f"Upload up to {MAX_PICTURES} pictures, or a zip of them, 16 MB together: each is read, and every pair is compared.",
        elem_classes="lead",
    )
    files = gr.File(
        file_count="multiple", label="Pictures, or a zip", file_types=["image", ".zip"], elem_id="batch-files"
    )
    start = gr.Button("Compare all", variant="primary", elem_id="batch-start")
    summary = gr.Markdown(elem_id="batch-summary")
    with gr.Row():
        table = gr.Dataframe(
            headers=columns(matcher),
            column_widths=WIDTHS,
            interactive=False,
            wrap=True,
            scale=3,
            visible=False,  # until there are results
            label="Results",
            elem_id="batch-table",
        )
        picture = gr.Image(
            label="Every pair: dark is the same", interactive=False, format="png", scale=2, elem_id="batch-matrix"
        )
    with gr.Row():
        download = gr.DownloadButton("Download as CSV", interactive=False, elem_id="batch-csv")
        look = gr.Button("Show them on the map", interactive=False, elem_id="batch-map")
    on_map = gr.State(None)

    # Decorated before the app starts, when ZeroGPU looks for decorated functions. Its worker is forked, and so has the net.
    @on_gpu
    def embed_set(pixels: np.ndarray) -> np.ndarray:
        return embed_anywhere(matcher, pixels)

    @answers.show_errors
    def run(paths: list[str] | None, request: gr.Request, progress: gr.Progress = gr.Progress()) -> tuple:  # noqa: B008 (Gradio's own way)
        with line.place(str(request.session_hash)) as place:
            for ahead in line.ahead(place):
                progress(0, desc=f"waiting, {ahead} before yours")

            def report(done: float, what: str) -> None:
                if line.gone(place):
                    raise ValueError("Nobody waits for this set any more.")
                progress(done, desc=what)

            rows = encode_set(matcher, paths or [], embed_set, report)
        found = [row.query for row in rows if row.query is not None]
        lines = table_of(matcher, rows)
        file = answers.downloadable("compared.csv", as_csv(lines, columns(matcher)))
        words = f"{len(found)} of {len(rows)} pictures were read."
        shown = gr.update(value=lines, visible=True)
        places = own_points(matcher, [(row.name, row.query) for row in rows if row.query is not None])
        offer = gr.update(interactive=bool(found))
        csv_file = gr.update(value=file, interactive=True)
        return words, shown, matrix(matcher, found), csv_file, offer, components.to_json(places)

    outputs = [summary, table, picture, download, look, on_map]
    start.click(run, files, outputs, api_visibility="private", concurrency_limit=None)  # the line has one
    return look, on_map


def embed_anywhere(matcher: Matcher, pixels: np.ndarray) -> np.ndarray:
    """N prepared pictures -> (N, dim) embeddings, on the GPU if this process has one."""
    if not torch.cuda.is_available():
        return matcher.embed(pixels)
    # A copy: other visitors' answers come from the net itself, on the CPU, at the same time.
    net = copy.deepcopy(matcher.net).to("cuda")
    return embed(net, to_batch(pixels, matcher.input), views=matcher.inference.views).numpy()


def encode_set(
    matcher: Matcher,
    paths: list[str],
    embed_set: Callable[[np.ndarray], np.ndarray],
    report: Callable[[float, str], None],
) -> list[Row]:
    """Encode every picture; one that cannot be encoded gets a row that says why.

    Args:
        matcher: looks up each picture's neighbours.
        paths: of picture files and zips.
        embed_set: embeds N prepared pictures.
        report: called with the share that is done, and the current step in words.

    Raises:
        ValueError: there are none, or too many.
    """
    # One file at a time is in memory. Of each picture only what the network sees is kept, or the problem; equal files are
    # read once.
    budget = Budget()
    read: dict[bytes, np.ndarray | str] = {}
    files: dict[str, bytes] = {}
    for name, content in unpacked(paths):
        report(0.8 * len(files) / MAX_PICTURES, f"reading {name}")
        files[name] = key = hashlib.sha256(content).digest()
        if key not in read:
            try:
                budget.spend(pixels_of(content))
                read[key] = matcher.prepare(content)
            except ValueError as error:
                read[key] = str(error)
    if not files:
        raise ValueError("There is no picture in this set. Upload image files, or a zip of them.")
    report(0.85, "embedding")
    prepared = {key: pixels for key, pixels in read.items() if isinstance(pixels, np.ndarray)}
    queries: dict[bytes, Query] = {}
    if prepared:
        pixels = np.stack(list(prepared.values()))
        queries = dict(zip(prepared, matcher.queries(pixels, embed_set(pixels)), strict=True))
    return [Row(name, queries.get(key), "" if key in queries else str(read[key])) for name, key in files.items()]


def table_of(matcher: Matcher, rows: list[Row]) -> list[list]:
    """The lines of the table, one a picture, with a cell for each of `COLUMNS`."""
    lines: list[list] = []
    for row in rows:
        if row.query is None:
            lines.append([row.name, "", "", "", "", row.problem])
            continue
        found = matcher.neighbours(row.query, answers.VOTERS)
        label = answers.majority(found)
        votes = f"{sum(n.label == label for n in found)} of {len(found)}"
        note = "looks like nothing in the gallery" if matcher.is_novel(row.query) else ""
        lines.append([row.name, matcher.labels[label], votes, found[0].index, round(found[0].distance, 4), note])
    return lines


def columns(matcher: Matcher) -> list[str]:
    """The table's headings, in the words of the page."""
    return [wording_of(matcher).reads if name == "reads as" else name for name in COLUMNS]


def as_csv(lines: list[list], headings: Sequence[str] = COLUMNS) -> str:
    """The table as CSV; a cell that a spreadsheet would take for a formula gets an apostrophe in front.

    Blanks and line ends in front of it do not keep a spreadsheet from that, so they do not count here either.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(headings)
    for line in lines:
        writer.writerow([f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell for cell in line])
    return buffer.getvalue()


def matrix(matcher: Matcher, queries: list[Query]) -> Image.Image | None:
    """Every pair's probability as a picture, ordered by the label that each is read as; None for fewer than two."""
    if len(queries) < 2:
        return None
    labels = [answers.majority(matcher.neighbours(query, answers.VOTERS)) for query in queries]
    embeddings = np.stack([queries[i].embedding for i in np.argsort(labels, kind="stable")])
    probability = matcher.calibration.probability(distance_of(embeddings @ embeddings.T))[..., None]
    colours = np.array([255, 255, 255]) * (1 - probability) + np.array([0, 74, 122]) * probability
    zoom = max(1, 600 // len(queries))
    image = Image.fromarray(np.rint(colours).astype(np.uint8))
    return image.resize((image.width * zoom, image.height * zoom), Image.Resampling.NEAREST)
