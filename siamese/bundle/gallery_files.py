"""A gallery as two files: its pictures, on a sprite sheet or as tiles where there are many, and the arrays that belong to them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from siamese.bundle import sprite, tiles
from siamese.bundle.arrays import StoredArray, stored_arrays, write_arrays
from siamese.bundle.files import write_whole
from siamese.config import InputConfig
from siamese.retrieval import inverted_file
from siamese.retrieval.gallery import Gallery
from siamese.retrieval.inverted_file import InvertedFile
from siamese.retrieval.search import to_float32

ARRAYS = "gallery.safetensors"
MOST_PICTURES = 10_000_000  # of a gallery
IN_MEMORY = 200_000  # embeddings that are read at once, as float32; of more the file is mapped
TYPES = {"embeddings": ("F16", "F32"), "labels": ("I64", "I32"), "xy": ("F32", "F64"), "offsets": ("I64",)}
INDEX_TYPES = {"centroids": ("F32",), "order": ("I32",), "starts": ("I64",), "probes": ("I64",), "recall": ("F32",)}
INDEX = "index."  # what the names of the index's arrays begin with
ROUNDED = 0.01  # of a length, or of the map's half width, that storing may have cost


def pictures_file(gallery: Gallery, input: InputConfig) -> str:
    """The name of the file that a gallery's pictures are saved to."""
    return tiles.FILE if gallery.tiles or len(gallery) > sprite.MOST else sprite.file_name(input)


def save_gallery(gallery: Gallery, folder: Path, input: InputConfig) -> None:
    """Write both files. Embeddings are rounded to float16, which moves a distance by less than 0.001."""
    arrays: dict[str, np.ndarray] = {
        "embeddings": gallery.embeddings.astype(np.float16, copy=False),
        "labels": gallery.labels.astype(np.int64, copy=False),
        "xy": gallery.xy.astype(np.float32, copy=False),
    }
    name = pictures_file(gallery, input)
    if name != tiles.FILE:
        sheet = sprite.encode(gallery.images, input)
        write_whole(folder / name, lambda path: path.write_bytes(sheet))
    elif isinstance(gallery.images, tiles.Tiles):
        shutil.copyfile(gallery.images.path, folder / name)
        arrays["offsets"] = gallery.images.offsets
    else:
        encoded = (tiles.encode(picture, input) for picture in gallery.images)
        arrays["offsets"] = tiles.write_tiles(encoded, folder / name)
    if gallery.index:
        arrays |= {INDEX + part: array for part, array in gallery.index.arrays().items()}
    write_whole(folder / ARRAYS, lambda path: write_arrays(arrays, path))


def load_gallery(folder: Path, embedding_dim: int, names: int, input: InputConfig) -> Gallery:
    """Read what `save_gallery` wrote.

    Args:
        folder: with both files.
        embedding_dim: of the network that it belongs to.
        names: how many label names there are.
        input: of the network.

    Raises:
        ValueError: a file is missing or damaged, or holds anything but what belongs there; the message names it.
    """
    path = folder / ARRAYS
    stored = _checked(path, embedding_dim)
    labels, xy = stored["labels"].read(), stored["xy"].read()
    count = len(labels)
    if labels.min() < 0 or labels.max() >= names:
        raise ValueError(f"{path}: labels go from {labels.min()} to {labels.max()}; config.json has {names} names.")
    if not (np.abs(xy) <= 1 + ROUNDED).all():
        raise ValueError(f"{path} holds places on the map that are not within -1 and 1.")
    embeddings = _embeddings(stored["embeddings"])
    index = _index(stored, path) if INDEX + "order" in stored else None
    picture = folder / (tiles.FILE if "offsets" in stored else sprite.file_name(input))
    if not picture.is_file():
        raise ValueError(f"{str(folder)!r} is no complete model: {picture.name} is missing.")
    if "offsets" in stored:
        try:
            return Gallery(tiles.Tiles(picture, stored["offsets"].read(), input), labels, embeddings, xy, index)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    # Checked now, decoded when a picture is first asked for: a visit may well need none.
    try:
        if picture.stat().st_size > sprite.most_bytes(count, input):
            raise ValueError(f"is larger than {count} pictures are.")
        sheet = picture.read_bytes()
        sprite.check(sheet, count, input)
    except ValueError as error:
        raise ValueError(f"{picture} {error}") from error

    def images() -> np.ndarray:
        try:
            return sprite.unpack(sheet, count, input)
        except ValueError as error:  # WebP has no checksum: what is damaged within shows when it is decoded
            raise ValueError(f"{picture} {error}") from error

    return Gallery(images, labels, embeddings, xy, index)


def _checked(path: Path, embedding_dim: int) -> dict[str, StoredArray]:
    """The arrays of a file, none of them read yet, once its header says that they fit together.

    Raises:
        ValueError: the file is damaged, or an array is missing, unexpected, or of another type or shape.
    """
    stored = stored_arrays(path)
    indexed = {INDEX + part: types for part, types in INDEX_TYPES.items()}
    types = TYPES | indexed
    if not stored.keys() <= types.keys() or types.keys() - stored.keys() - {"offsets"} not in (set(), indexed.keys()):
        raise ValueError(
            f"{path} holds {sorted(stored)}, expected embeddings, labels, xy, and if need be offsets, and all of "
            f"{', '.join(indexed)} or none of them."
        )
    shapes = {name: array.shape for name, array in stored.items()}
    count = shapes["labels"][0] if len(shapes["labels"]) == 1 else 0
    if not 1 <= count <= MOST_PICTURES:
        raise ValueError(f"{path}: labels are {shapes['labels']}, expected a row of 1 to {MOST_PICTURES}.")
    wanted = {"embeddings": (count, embedding_dim), "labels": (count,), "xy": (count, 2), "offsets": (count + 1,)}
    if indexed.keys() <= stored.keys():
        lists = min(max((1, *shapes[INDEX + "centroids"][:1])), count)
        parts = inverted_file.shapes(count, lists, embedding_dim)
        wanted |= {INDEX + part: shape for part, shape in parts.items()}
    for name, array in stored.items():
        allowed = ("F16",) if name == "embeddings" and count > IN_MEMORY else types[name]
        if array.shape != wanted[name] or array.type not in allowed:
            raise ValueError(
                f"{path}: {name} are {array.type} {array.shape}, expected {' or '.join(allowed)} {wanted[name]}."
            )
    return stored


def _embeddings(stored: StoredArray) -> np.ndarray:
    """Few are read, in float32, and their length is brought to 1; of many all are checked, and the file is mapped.

    Raises:
        ValueError: the length of one is not 1.
    """
    blocks = [stored.read()] if stored.shape[0] <= IN_MEMORY else stored.blocks()
    for block in blocks:
        rows = to_float32(block)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        if not (np.abs(norms - 1) <= ROUNDED).all():
            raise ValueError(f"{stored.path} holds embeddings whose length is not 1.")
    return rows / norms if isinstance(blocks, list) else stored.mapped()


def _index(stored: dict[str, StoredArray], path: Path) -> InvertedFile:
    try:
        return InvertedFile.of({part: stored[INDEX + part].read() for part in INDEX_TYPES})
    except ValueError as error:
        raise ValueError(f"{path}: {INDEX}{error}") from error
