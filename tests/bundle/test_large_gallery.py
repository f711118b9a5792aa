"""A large gallery: its pictures are tiles, its embeddings are mapped, and whatever is changed in its files is refused by name."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

import siamese
from siamese.bundle import format as bundle
from siamese.bundle import gallery_files, sprite, tiles
from siamese.config import InferenceConfig, Views
from siamese.models.networks import initialised
from siamese.retrieval import inverted_file
from siamese.retrieval.gallery import Gallery
from siamese.retrieval.inverted_file import InvertedFile
from tests.helpers import TINY, embedded_anew, encoded
from tests.picture_bundle import save_picture_bundle

COUNT = 130


@pytest.fixture(autouse=True, scope="module")
def large() -> Iterator[None]:
    """So that a hundred pictures are many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sprite, "MOST", 100)
        patch.setattr(gallery_files, "IN_MEMORY", 100)
        yield


@pytest.fixture(scope="module")
def whole(matcher, tmp_path_factory) -> Path:
    """A bundle with tiles and an index of five lists, of which two are looked into."""
    net, inference = initialised(TINY, matcher.input, seed=0).eval(), InferenceConfig(Views((-8.0, 0.0, 8.0), 3.0))
    made = embedded_anew(replace(matcher.bundle, net=net, inference=inference, few_shot_net=None), COUNT)
    lists = np.arange(COUNT) % 5
    embeddings = made.gallery.embeddings
    centroids = np.stack([embeddings[lists == number].mean(axis=0) for number in range(5)])
    order = np.argsort(lists, kind="stable").astype(np.int32)
    index = InvertedFile(centroids, order, np.arange(0, COUNT + 1, 26), 2, 0.75)
    gallery = Gallery(made.gallery.images, made.gallery.labels, embeddings, made.gallery.xy, index)
    folder = tmp_path_factory.mktemp("large") / "whole"
    bundle.save(replace(made, gallery=gallery), folder)
    return folder


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def test_what_is_saved_is_loaded(whole, matcher, tmp_path):
    assert {path.name for path in whole.iterdir()} == {*bundle.FILES} - {"gallery.png"} | {"gallery.tiles"}
    loaded = bundle.load(whole)
    first = loaded.gallery
    assert isinstance(first.tiles, tiles.Tiles) and first.images is first.tiles
    assert first.embeddings.dtype == np.float16 and isinstance(first.embeddings, np.memmap)
    assert np.array_equal(first.images[:], matcher.gallery.images[:COUNT])
    assert np.array_equal(first.labels, matcher.gallery.labels[:COUNT])
    assert first.index and (first.index.probes, first.index.recall) == (2, 0.75)
    assert np.abs(np.linalg.norm(first.rows(slice(None)), axis=1) - 1).max() < 1e-6
    bundle.save(loaded, tmp_path / "again")
    assert (tmp_path / "again" / "gallery.tiles").read_bytes() == (whole / "gallery.tiles").read_bytes()
    assert (tmp_path / "again" / "gallery.safetensors").read_bytes() == (whole / "gallery.safetensors").read_bytes()


def test_another_number_of_pictures_leaves_no_file_of_the_first(matcher, folder):
    few = embedded_anew(bundle.load(folder), 50)
    bundle.save(few, folder)
    assert {path.name for path in folder.iterdir()} == set(bundle.FILES)
    assert isinstance(bundle.load(folder).gallery.images, np.ndarray)


def test_a_sheet_of_many_pictures_is_still_read(matcher, tmp_path, monkeypatch):
    monkeypatch.setattr(sprite, "MOST", COUNT)
    bundle.save(replace(matcher.bundle, gallery=part_of(matcher.gallery)), tmp_path / "older")
    monkeypatch.setattr(sprite, "MOST", 100)
    loaded = bundle.load(tmp_path / "older").gallery
    assert loaded.tiles is None and np.array_equal(loaded.images, matcher.gallery.images[:COUNT])


def part_of(gallery: Gallery) -> Gallery:
    return Gallery(*(part[:COUNT] for part in (gallery.images, gallery.labels, gallery.embeddings, gallery.xy)))


def test_a_large_gallery_answers_as_one_in_memory_does(whole, matcher, monkeypatch):
    mapped = siamese.load(whole)
    monkeypatch.setattr(gallery_files, "IN_MEMORY", COUNT)
    held = siamese.load(whole)
    assert held.gallery.embeddings.dtype == np.float32
    pictures, among = list(matcher.gallery.images[:3]), np.arange(3, 90)
    for picture in pictures:
        for answers in (
            lambda m, picture=picture: m.neighbours(picture, 20),
            lambda m, picture=picture: m.neighbours(picture, 7, among),
            lambda m, picture=picture: m.farthest(picture, 7, among),
            lambda m: m.neighbours_of(7, 5),
        ):
            one, other = answers(mapped), answers(held)
            assert [found.index for found in one] == [found.index for found in other]
            assert [found.distance for found in one] == pytest.approx([found.distance for found in other], abs=1e-6)
        assert mapped.locate(picture) == pytest.approx(held.locate(picture), abs=1e-4)
    assert np.allclose(mapped.gallery_query(7).embedding, held.gallery_query(7).embedding, atol=1e-6)
    found = mapped.farthest(pictures[0], COUNT)
    assert sorted(found, key=lambda one: -one.distance) == found and len({one.index for one in found}) == COUNT


@pytest.mark.parametrize("kind", ["photo", "document", "ink"])
def test_tiles_are_indexed_as_an_array_is(kind, matcher, tmp_path):
    if kind == "ink":
        input, images = matcher.input, matcher.gallery.images[:9]
    else:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sprite, "MOST", 10_000)
            loaded = bundle.load(save_picture_bundle(tmp_path / "things", 3, 4, kind))
        input, images = loaded.net.input, loaded.gallery.images
    path = tmp_path / "gallery.tiles"
    found = tiles.Tiles(path, tiles.write_tiles((tiles.encode(one, input) for one in images), path), input)
    assert (found.shape, found.dtype, len(found)) == (images.shape, images.dtype, len(images))
    assert found.media_type == ("image/png" if kind == "ink" else "image/webp")
    decoded = found[:]
    assert decoded.shape == images.shape
    assert np.abs(decoded.astype(int) - images).mean() < (1e-9 if kind == "ink" else 12)
    odd = np.arange(len(images)) % 2 == 1
    for index in (
        0,
        -1,
        np.int64(3),
        slice(2, 5),
        slice(None, None, -2),
        np.array([4, 1, 1]),
        odd,
        [2, 0],
        slice(0, 0),
    ):
        assert np.array_equal(found[index], decoded[index])
    assert len(list(found)) == len(images)
    for index in (len(images), -len(images) - 1):
        with pytest.raises(IndexError, match=f"no picture {index}"):
            found[index]
    with Image.open(io.BytesIO(found.encoded(2))) as image:
        assert np.array_equal(np.asarray(image.convert("RGB" if images.ndim == 4 else "L")), decoded[2])


@pytest.mark.parametrize(
    "content", [b"", b"nothing", encoded(Image.new("L", (29, 28)), "PNG"), encoded(Image.new("RGB", (28, 28)), "PNG")]
)
def test_a_damaged_tile_is_named_when_it_is_asked_for(content, tmp_path, matcher):
    path = tmp_path / "gallery.tiles"
    good = tiles.encode(matcher.gallery.images[0], matcher.input)
    for damaged in (content, good[: len(good) // 2], good[:60] + b"xx" + good[62:]):
        if not damaged:
            continue
        found = tiles.Tiles(path, tiles.write_tiles([good, damaged], path), matcher.input)
        assert np.array_equal(found[0], matcher.gallery.images[0])
        with pytest.raises(ValueError, match=r"gallery\.tiles: picture 1 is ") as caught:
            found[1]
        assert "\n" not in str(caught.value)


def changes() -> Iterator[tuple[str, str, object]]:
    """Name of an array, what is changed in it, and the change."""
    for name in ("embeddings", "labels", "xy", "offsets", "index.centroids", "index.order", "index.starts"):
        yield name, "removed", lambda a: None
        for what, change in {
            "a row less": lambda a: a[:-1], "none": lambda a: a[:0], "flat": lambda a: a.reshape(-1, 1)[:, :1], "int8": lambda a: a.astype(np.int8),
            "scalar": lambda a: a.reshape(-1)[0], "shifted": lambda a: a + np.ones((), a.dtype), "negative": lambda a: -1 - a,
        }.items():  # fmt: skip
            yield name, what, change
    for name in ("embeddings", "xy", "index.centroids", "index.recall"):
        for value in (np.nan, np.inf):
            yield (
                name,
                str(value),
                lambda a, value=value: np.where(
                    np.arange(a.size).reshape(a.shape) == a.size // 2, a.dtype.type(value), a
                ),
            )
    for name in ("offsets", "index.starts"):
        yield name, "falls", lambda a: np.concatenate([a[:3], a[1:-2]])
        yield name, "overflows", lambda a: np.where(np.arange(a.size) == 2, np.iinfo(a.dtype).min, a)
    yield "index.order", "twice the same", lambda a: np.concatenate([a[:1], a[:1], a[2:]])
    for value in (-1, 0, 6, 2**62):
        yield "index.probes", str(value), lambda a, value=value: np.array([value])
    yield "index.recall", "above one", lambda a: a + 1
    yield "index.recall", "removed", lambda a: None
    yield "more", "new", lambda a: np.zeros(3, np.float32)


def test_a_changed_array_is_refused_by_name(whole, tmp_path):
    for number, (name, what, change) in enumerate(changes()):
        changed = Path(shutil.copytree(whole, tmp_path / str(number)))
        arrays = load_file(changed / "gallery.safetensors")
        made = change(arrays.pop(name, None))
        if made is not None:
            arrays[name] = np.ascontiguousarray(made)
        save_file(arrays, changed / "gallery.safetensors")
        if (name, what) in (("labels", "shifted"), ("index.order", "shifted")):
            continue  # other labels are labels; a shifted order is refused by its last number, below
        with pytest.raises(ValueError) as caught:
            bundle.load(changed)
        told = str(caught.value)
        part = name.removeprefix("index.") if what != "removed" else "gallery"
        assert str(changed) in told and "\n" not in told, (name, what, told)
        assert part in told or "gallery.safetensors" in told, (name, what, told)
        shutil.rmtree(changed)


def test_a_changed_file_of_tiles_is_refused_or_named(whole, tmp_path):
    content = (whole / "gallery.tiles").read_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 4
    for number, changed in enumerate(
        (b"", content[:-1], content + b"x", bytes(len(content)), content[::-1], bytes(flipped))
    ):
        folder = Path(shutil.copytree(whole, tmp_path / str(number)))
        (folder / "gallery.tiles").write_bytes(changed)
        with pytest.raises(ValueError, match=r"gallery\.(tiles|safetensors)") as caught:
            _ = bundle.load(folder).gallery.images[:]
        assert "\n" not in str(caught.value)
    (folder / "gallery.tiles").unlink()
    with pytest.raises(ValueError, match=r"gallery\.tiles is missing|gallery\.png or gallery\.webp or gallery\.tiles"):
        bundle.load(folder)
    shutil.copy(whole.parent / "whole" / "gallery.tiles", folder / "gallery.png")
    with pytest.raises(ValueError, match=r"gallery\.tiles is missing"):
        bundle.load(folder)


def test_the_shapes_of_an_index_are_told_in_one_place(whole):
    arrays = load_file(whole / "gallery.safetensors")
    found = {name.removeprefix("index."): array.shape for name, array in arrays.items() if name.startswith("index.")}
    assert found == inverted_file.shapes(COUNT, 5, TINY.embedding_dim)


def test_tiles_are_one_of_a_bundles_files_on_the_hub_too(whole):
    names = [path.name for path in whole.iterdir()]
    assert bundle.missing_files(names) == [] and set(bundle.files_of([*names, "other.tiles"])) == set(names)
    names.remove("gallery.tiles")
    assert bundle.missing_files(names) == ["gallery.png or gallery.webp or gallery.tiles"]
