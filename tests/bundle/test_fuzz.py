"""A bundle that loads works: whatever is changed in one, it is refused in a line, or every tab and endpoint answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from siamese.bundle import format as bundle
from siamese.bundle.card import model_card
from siamese.config import InferenceConfig, Views, ink_input
from siamese.inputs.preparing import to_batch
from siamese.matcher import Matcher
from siamese.models.inference import embed
from siamese.models.networks import initialised
from siamese.retrieval.gallery import Gallery
from siamese.ui import about, compare, learn, page
from tests.helpers import TINY, canvas

PICTURES = 120
VALUES = (None, True, 0, -1, 2, 0.5, 10**30, -(10**30), 1e308, "", "text", "\ud800", "![x](http://a.b/c.png)", "x" * 5000, [], [[]], {})  # fmt: skip
NAN = "not a number"  # stands for NaN, which is no JSON
REMOVED = "removed"
Mutation = tuple[str, Callable[[Path], None]]


@pytest.fixture(scope="module")
def whole(matcher, tmp_path_factory) -> Path:
    """A bundle with two small networks, and with the shipped one's measurements."""
    net = initialised(TINY, matcher.input, seed=0).eval()
    index = np.linspace(0, len(matcher.gallery) - 1, PICTURES).astype(int)
    images = matcher.gallery.images[index]
    inference = InferenceConfig(Views((-8.0, 0.0, 8.0), 3.0), "symbols")
    few_shot_net = initialised(replace(TINY, heads=("symbols",)), ink_input(56), seed=0).eval()
    embeddings = embed(net, to_batch(images, net.input), views=inference.views).numpy()
    gallery = Gallery(images, matcher.gallery.labels[index], embeddings, matcher.gallery.xy[index])
    made = replace(matcher.bundle, net=net, gallery=gallery, inference=inference, few_shot_net=few_shot_net)
    folder = tmp_path_factory.mktemp("fuzz") / "whole"
    bundle.save(made, folder)
    return folder


# --- mutations ---------------------------------------------------------------------------------------------


def leaves(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """The paths of all values within JSON; of a list's, the first and the last item's."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for at in sorted({0, len(value) - 1}):
            yield from leaves(value[at], (*path, at))


def changed(folder: Path, name: str, path: tuple, value: Any) -> None:
    """Write a JSON file anew with another value at a path."""
    file = folder / name
    content = json.loads(file.read_text(encoding="utf-8"))
    place = content
    for key in path[:-1]:
        place = place[key]
    if value is REMOVED:
        del place[path[-1]]
    elif path:
        place[path[-1]] = float("nan") if value is NAN else value
    else:
        content = value
    file.write_text(json.dumps(content), encoding="utf-8")


def json_mutations(whole: Path, name: str, values: tuple) -> Iterator[Mutation]:
    content = json.loads((whole / name).read_text(encoding="utf-8"))
    paths = list(leaves(content))
    if name == "metrics.json":  # its record of the run is read by no code, and its curves are many alike
        paths = [path for path in paths if path[:1] != ("config",)]
    for number, path in enumerate(paths):
        # Not all values at all places: each place gets some of them, in turn.
        for value in (*values[number % 6 :: 6], NAN, *([REMOVED] if path else [])):
            yield (
                f"{name}: {'.'.join(map(str, path))} = {str(value)[:20]!r}",
                lambda f, p=path, v=value: changed(f, name, p, v),
            )
    for key in ("unknown", "format_version "):
        yield f"{name}: {key!r} is new", lambda f, k=key: changed(f, name, (k,), 1)


def raw_mutations() -> Iterator[Mutation]:
    """Files that are cut, flipped, empty, of another kind, missing."""
    rng = np.random.default_rng(0)
    names = ("config.json", "metrics.json", "model.safetensors", "gallery.safetensors", "gallery.png")

    def cut(folder: Path, name: str, share: float) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(share * len(content))])

    def flipped(folder: Path, name: str, share: float, bit: int) -> None:
        content = bytearray((folder / name).read_bytes())
        content[int(share * len(content))] ^= 1 << bit
        (folder / name).write_bytes(bytes(content))

    for name in names:
        yield f"{name} is missing", lambda f, n=name: (f / n).unlink()
        yield f"{name} is a folder", lambda f, n=name: ((f / n).unlink(), (f / n).mkdir())[0]
        yield f"{name} is zeros", lambda f, n=name: (f / n).write_bytes(bytes(1000))
        for share in (0, 0.001, 0.3, 0.9, 0.9999):
            yield f"{name} is cut at {share}", lambda f, n=name, s=share: cut(f, n, s)
        for share, bit in zip(rng.random(12), rng.integers(8, size=12), strict=True):
            yield f"{name} is flipped at {share:.3f}", lambda f, n=name, s=share, b=bit: flipped(f, n, s, b)
        for other in names:
            if other != name:
                yield f"{name} is {other}", lambda f, n=name, o=other: shutil.copy(f / o, f / n)
    for text in (
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"format_version": 3, "format_version": 3}',
        "\x00",
        '"text"',
        "nan",
    ):
        for name in names[:2]:
            yield f"{name} is {text[:20]!r}", lambda f, n=name, t=text: (f / n).write_text(t, encoding="utf-8")


def array_mutations() -> Iterator[Mutation]:
    """Arrays of other types, shapes, names and values, all in whole files."""

    def rewritten(name: str, change: Callable[[dict[str, np.ndarray]], Any]) -> Callable[[Path], None]:
        def write(folder: Path) -> None:
            arrays = load_file(folder / name)
            change(arrays)
            save_file({key: np.ascontiguousarray(array) for key, array in arrays.items()}, folder / name)

        return write

    for key in ("embeddings", "labels", "xy"):
        for what, change in {
            "float64": lambda a: a.astype(np.float64), "int8": lambda a: a.astype(np.int8), "bool": lambda a: a > 0,
            "empty": lambda a: a[:0], "one less": lambda a: a[:-1], "twice": lambda a: np.concatenate([a, a]),
            "flat": lambda a: a.reshape(-1), "deeper": lambda a: a[None], "zero": lambda a: a * 0,
            "negative": lambda a: -1 - a, "huge": lambda a: (a * 1000).astype(a.dtype), "shuffled": lambda a: a[::-1],
            "scalar": lambda a: a.reshape(-1)[0],
        }.items():  # fmt: skip
            yield f"{key}: {what}", rewritten("gallery.safetensors", lambda a, k=key, c=change: a.update({k: c(a[k])}))
        yield f"{key} is missing", rewritten("gallery.safetensors", lambda a, k=key: a.pop(k))
        for value in (np.nan, np.inf):
            if key != "labels":
                yield (
                    f"{key}: {value}",
                    rewritten("gallery.safetensors", lambda a, k=key, v=value: a[k].__setitem__(3, v)),
                )
    yield "gallery: one more", rewritten("gallery.safetensors", lambda a: a.update(more=a["xy"]))
    for at in (0, 5, -1):
        for what, change in {
            "doubled": lambda a: a * 2, "zero": lambda a: a * 0, "negative": lambda a: -a, "half": lambda a: a.astype(np.float16),
            "nan": lambda a: a * np.nan, "flat": lambda a: a.reshape(-1), "noise": lambda a: a + np.sin(np.arange(a.size)).reshape(a.shape).astype(a.dtype),
        }.items():  # fmt: skip
            yield (
                f"weights {at}: {what}",
                rewritten("model.safetensors", lambda a, i=at, c=change: a.update({sorted(a)[i]: c(a[sorted(a)[i]])})),
            )


def picture_mutations() -> Iterator[Mutation]:
    def drawn(size: tuple[int, int], mode: str, kind: str = "PNG") -> Callable[[Path], None]:
        return lambda folder: Image.new(mode, size).save(folder / "gallery.png", kind)

    right = (2800, 28 * -(-PICTURES // 100))
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16"):
        yield f"gallery.png is {mode}", drawn(right, mode)
    for size in ((28, 28), (2800, 28), (56, 2800), (2801, 56), (12_000, 12_000)):
        yield f"gallery.png is of {size}", drawn(size, "L")
    for kind in ("JPEG", "WEBP", "GIF", "BMP"):
        yield f"gallery.png is a {kind}", drawn(right, "L", kind)


# --- what has to answer ------------------------------------------------------------------------------------


def works(folder: Path, full: bool) -> None:
    """Every endpoint answers; so do the tabs that show what a bundle says, and all of them if `full`."""
    matcher = Matcher.of(folder, "fuzzed")
    first, second = (canvas(matcher.gallery.images[i]) for i in (0, 50))
    answer = matcher.compare(first, second)
    assert 0 <= answer.probability <= 1 and 0 <= answer.distance <= 2
    assert len(matcher.neighbours(first, 10)) == 10
    assert all(-1.02 <= place <= 1.02 for place in matcher.locate(first))
    assert set(matcher.recognise([("a", first), ("b", second)], second).probabilities) == {"a", "b"}
    assert all(np.isfinite(places).all() for places in matcher.differences(first, second))
    assert model_card(matcher.bundle.measurements, matcher.bundle.net.config.heads)
    for number in range(len(compare.examples(matcher))):
        compare.shown_example(matcher, number)
    if learn.possible(matcher):
        learn.split_of(matcher)
    if full:
        shown = page.build(matcher)
    else:
        with gr.Blocks() as shown:
            about.build(matcher, "")
    assert all(about.figures(matcher))
    for block in shown.blocks.values():
        if isinstance(block, gr.Markdown):
            assert "![x](" not in (block.value or ""), block.value


def test_a_changed_bundle_is_refused_in_a_line_or_works(whole, tmp_path):
    works(whole, full=True)
    mutations = [
        *json_mutations(whole, "config.json", VALUES),
        *json_mutations(whole, "metrics.json", VALUES[::2]),
        *raw_mutations(),
        *array_mutations(),
        *picture_mutations(),
    ]
    refused, working = [], []
    for number, (what, mutate) in enumerate(mutations):
        folder = tmp_path / str(number)
        shutil.copytree(whole, folder)
        mutate(folder)
        try:
            bundle.load(folder)
        except ValueError as error:
            told = str(error)
            assert told and "\n" not in told.strip(), (what, told)
            assert str(folder) in told, (what, told)
            refused.append(what)
        else:
            try:
                works(folder, full=not what.startswith("metrics.json"))
            except Exception as error:
                raise AssertionError(f"loads, but does not work: {what}") from error
            working.append(what)
        shutil.rmtree(folder)
    print(f"{len(mutations)} changed bundles: {len(refused)} refused, {len(working)} work")
    assert len(mutations) >= 400 and len(refused) > 300 and len(working) > 20, (len(refused), len(working))
