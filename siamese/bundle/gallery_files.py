"""A gallery as two files: a sprite sheet of its pictures, and the arrays that belong to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from siamese.bundle import sprite
from siamese.bundle.files import write_whole
from siamese.config import InputConfig
from siamese.retrieval.gallery import Gallery

ARRAYS = "gallery.safetensors"


def save_gallery(gallery: Gallery, folder: Path, input: InputConfig) -> None:
    """Write both files. Embeddings are rounded to float16, which moves a distance by less than 0.001."""
    sheet = sprite.encode(gallery.images, input)
    write_whole(folder / sprite.file_name(input), lambda path: path.write_bytes(sheet))
    arrays: dict[str, np.ndarray] = {
        "embeddings": gallery.embeddings.astype(np.float16),
        "labels": gallery.labels.astype(np.int64),
        "xy": gallery.xy.astype(np.float32),
    }
    write_whole(folder / ARRAYS, lambda path: save_file(arrays, path))


def load_gallery(folder: Path, embedding_dim: int, names: int, input: InputConfig) -> Gallery:
    """Read what `save_gallery` wrote.

    Args:
        folder: with both files.
        embedding_dim: of the network that it belongs to.
        names: how many label names there are.
        input: of the network.

    Raises:
        ValueError: a file is damaged, or holds anything but what belongs there; the message names it.
    """
    path = folder / ARRAYS
    try:
        arrays = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from error
    except (AttributeError, TypeError) as error:  # safetensors looks for bfloat16 and the like in NumPy
        raise ValueError(f"{path} holds numbers of a type that NumPy lacks: {error}") from error
    if set(arrays) != {"embeddings", "labels", "xy"}:
        raise ValueError(f"{path} holds {sorted(arrays)}, expected embeddings, labels, xy.")
    embeddings, labels, xy = arrays["embeddings"], arrays["labels"], arrays["xy"]
    count = labels.size
    if not count or labels.shape != (count,) or labels.dtype.kind not in "iu" or labels.min() < 0:
        raise ValueError(f"{path}: labels are {labels.dtype} {labels.shape}, expected a row of whole numbers from 0.")
    if labels.max() >= names:
        raise ValueError(f"{path}: labels go up to {labels.max()}, but config.json has {names} names.")
    for name, array, shape in (("embeddings", embeddings, (count, embedding_dim)), ("xy", xy, (count, 2))):
        if array.shape != shape or array.dtype.kind != "f":
            raise ValueError(f"{path}: {name} are {array.dtype} {array.shape}, expected numbers {shape}.")
    embeddings = embeddings.astype(np.float32)
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    if not (np.isfinite(norms).all() and norms.all() and np.isfinite(xy).all()):
        raise ValueError(f"{path} holds embeddings or places that are not numbers, or embeddings of length 0.")
    # Checked now, decoded when a picture is first asked for: a visit may well need none.
    picture = folder / sprite.file_name(input)
    sheet = picture.read_bytes()
    try:
        sprite.check(sheet, count, input)
    except ValueError as error:
        raise ValueError(f"{picture} {error}") from error

    def images() -> np.ndarray:
        try:
            return sprite.unpack(sheet, count, input)
        except ValueError as error:  # WebP has no checksum: what is damaged within shows when it is decoded
            raise ValueError(f"{picture} {error}") from error

    return Gallery(images, labels, embeddings / norms, xy)
