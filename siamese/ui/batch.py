"""The Many at once tab: embed and score a whole set of pictures, on the Space GPU where there is one."""

from __future__ import annotations

import copy
import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np
import torch
from PIL import Image

from siamese.inputs.ink import to_ink
from siamese.matcher import Matcher, Symbol, vote
from siamese.models.networks import embed
from siamese.ui import answers
from siamese.ui.gpu import on_gpu

MOST = 500  # pictures in a set
MOST_BYTES = 100_000_000  # of a zip's pictures, unpacked
LARGEST = 30_000_000  # bytes of one picture
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
COLUMNS = ["file", "reads as", "votes", "nearest in the gallery", "distance", "note"]
# Left to Gradio they go by what the cells hold, and headings are broken within words.
WIDTHS = ["130px", "80px", "100px", "115px", "95px", "150px"]


@dataclass(frozen=True)
class Row:
    """One picture of a set: its name, and what was found, or why nothing was."""

    name: str
    symbol: Symbol | None
    problem: str = ""


def build(matcher: Matcher) -> None:
    """Lay out the tab and wire it."""
    gr.Markdown(
        f"Upload up to {MOST} pictures, or a zip of them, 16 MB together: each is read, and every pair is compared.",
        elem_classes="lead",
    )
    files = gr.File(
        file_count="multiple", label="Pictures, or a zip", file_types=["image", ".zip"], elem_id="batch-files"
    )
    start = gr.Button("Compare all", variant="primary", elem_id="batch-start")
    summary = gr.Markdown(elem_id="batch-summary")
    with gr.Row():
        table = gr.Dataframe(
            headers=COLUMNS,
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
    download = gr.DownloadButton("Download as CSV", interactive=False, elem_id="batch-csv")

    # Decorated before the app starts: ZeroGPU looks for it then. The net travels with the worker's memory.
    @on_gpu
    def embed_set(inks: np.ndarray) -> np.ndarray:
        return embed_anywhere(matcher, inks)

    @answers.told
    def run(paths: list[str] | None, progress: gr.Progress = gr.Progress()) -> tuple:  # noqa: B008 (Gradio's own way)
        rows = read_set(matcher, paths or [], embed_set, lambda share, what: progress(share, desc=what))
        found = [row for row in rows if row.symbol]
        lines = table_of(matcher, rows)
        file = answers.downloadable("compared.csv", as_csv(lines))
        words = f"{len(found)} of {len(rows)} pictures were read."
        shown = gr.update(value=lines, visible=True)
        return words, shown, matrix(matcher, found), gr.update(value=file, interactive=True)

    start.click(run, files, [summary, table, picture, download], api_visibility="private", concurrency_limit=1)


def embed_anywhere(matcher: Matcher, inks: np.ndarray) -> np.ndarray:
    """(N, 28, 28) ink -> (N, dim), on the GPU if this process has one."""
    if not torch.cuda.is_available():
        return matcher.embed(inks)
    # A copy: other visitors' answers come from the net itself, on the CPU, at the same time.
    net = copy.deepcopy(matcher.net).to("cuda")
    return embed(net, torch.from_numpy(inks)[:, None]).numpy()


def read_set(
    matcher: Matcher,
    paths: list[str],
    embed_set: Callable[[np.ndarray], np.ndarray],
    tell: Callable[[float, str], None],
) -> list[Row]:
    """Read every picture; one that cannot be read gets a row that says why.

    Raises:
        ValueError: there are none, or too many.
    """
    # One picture at a time is held; what is kept of each is its ink, or why there is none.
    inks: dict[str, np.ndarray] = {}
    problems: dict[str, str] = {}
    names = []
    for name, content in unpacked(paths):
        tell(0.8 * len(names) / MOST, f"reading {name}")
        names.append(name)
        try:
            inks[name] = to_ink(content)
        except ValueError as error:
            problems[name] = str(error)
    if not names:
        raise ValueError("There is no picture in this set. Upload image files, or a zip of them.")
    tell(0.85, "embedding")
    stacked = np.stack(list(inks.values())) if inks else None
    symbols = dict(zip(inks, matcher.symbols(stacked, embed_set(stacked)), strict=True)) if inks else {}
    return [Row(name, symbols.get(name), problems.get(name, "")) for name in names]


def unpacked(paths: list[str]) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of each picture, zips opened; names are made unique."""
    seen: dict[str, int] = {}
    for count, (name, content) in enumerate(_contents(paths)):
        if count >= MOST:
            raise ValueError(f"There are more than {MOST} pictures in this set. Send fewer.")
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), content


def _contents(paths: list[str]) -> Iterator[tuple[str, bytes]]:
    for path in map(Path, paths):
        if path.suffix.lower() != ".zip":
            if path.stat().st_size > LARGEST:
                raise ValueError(f"{path.name!r} is larger than {LARGEST // 10**6} MB. Send a smaller picture.")
            yield path.name, path.read_bytes()
            continue
        try:
            with zipfile.ZipFile(path) as archive:
                yield from _zipped(archive)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, RuntimeError, EOFError) as error:
            raise ValueError(f"{path.name!r} cannot be read as a zip.") from error


def _zipped(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    members = [
        member
        for member in archive.infolist()
        if Path(member.filename).suffix.lower() in SUFFIXES and not member.filename.startswith("__MACOSX")
    ]
    # The directory of a zip may lie about sizes, so no member is read beyond what it may hold.
    if sum(member.file_size for member in members) > MOST_BYTES:
        raise ValueError(f"The zip's pictures are larger than {MOST_BYTES // 10**6} MB together. Send fewer.")
    for member in members:
        with archive.open(member) as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError(f"{member.filename!r} is larger than {LARGEST // 10**6} MB. Send a smaller picture.")
        yield Path(member.filename).name, content


def table_of(matcher: Matcher, rows: list[Row]) -> list[list]:
    lines = []
    for row in rows:
        if row.symbol is None:
            lines.append([row.name, "", "", "", "", row.problem])
            continue
        found = matcher.neighbours(row.symbol, answers.VOTERS)
        label = vote(found)
        votes = f"{sum(n.label == label for n in found)} of {len(found)}"
        note = "looks like nothing in the gallery" if matcher.is_novel(row.symbol) else ""
        lines.append([row.name, matcher.bundle.labels[label], votes, found[0].index, round(found[0].distance, 4), note])
    return lines


def as_csv(lines: list[list]) -> str:
    """The table as CSV; a leading sign that a spreadsheet would run as a formula is defused."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" else cell for cell in line])
    return buffer.getvalue()


def matrix(matcher: Matcher, rows: list[Row]) -> Image.Image | None:
    """Every pair's probability as a picture, in the order of what the pictures read as; None without two."""
    if len(rows) < 2:
        return None
    read = [vote(matcher.neighbours(row.symbol, answers.VOTERS)) for row in rows]
    order = np.argsort(read, kind="stable")
    embeddings = np.stack([rows[i].symbol.embedding for i in order])
    distances = np.sqrt(np.maximum(2 - 2 * embeddings @ embeddings.T, 0))
    probability = matcher.calibration.probability(distances)[..., None]
    colours = np.array([255, 255, 255]) * (1 - probability) + np.array([0, 74, 122]) * probability
    zoom = max(1, 600 // len(rows))
    image = Image.fromarray(np.rint(colours).astype(np.uint8))
    return image.resize((image.width * zoom, image.height * zoom), Image.Resampling.NEAREST)
