"""A gallery as two files: a sprite sheet of its pictures, and the arrays that belong to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from siamese.bundle import sprite
from siamese.bundle.files import write_whole
from siamese.config import InputConfig
from siamese.retrieval.gallery import Gallery

ARRAYS = "gallery.safetensors"
MOST_PICTURES = 200_000  # of a gallery
TYPES = {"embeddings": ("F16", "F32"), "labels": ("I64", "I32"), "xy": ("F32", "F64")}  # as safetensors names them
ROUNDED = 0.01  # of a length, or of the map's half width, that storing may have cost


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


def _arrays(path: Path, embedding_dim: int) -> dict[str, np.ndarray]:
    """The arrays of a file, read once its header says that they fit together.

    Raises:
        ValueError: the file is damaged, or an array is missing, unexpected, or of another type or shape.
    """
    try:
        with safe_open(path, framework="np") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}
            if set(slices) != {"embeddings", "labels", "xy"}:
                raise ValueError(f"{path} holds {sorted(slices)}, expected embeddings, labels, xy.")
            shapes = {name: tuple(found.get_shape()) for name, found in slices.items()}
            count = shapes["labels"][0] if len(shapes["labels"]) == 1 else 0
            if not 1 <= count <= MOST_PICTURES:
                raise ValueError(f"{path}: labels are {shapes['labels']}, expected a row of 1 to {MOST_PICTURES}.")
            wanted = {"embeddings": (count, embedding_dim), "labels": (count,), "xy": (count, 2)}
            for name, found in slices.items():
                if shapes[name] != wanted[name] or found.get_dtype() not in TYPES[name]:
                    raise ValueError(
                        f"{path}: {name} are {found.get_dtype()} {shapes[name]}, expected "
                        f"{' or '.join(TYPES[name])} {wanted[name]}."
                    )
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from error


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
    arrays = _arrays(path, embedding_dim)
    embeddings, labels, xy = arrays["embeddings"].astype(np.float32), arrays["labels"], arrays["xy"]
    count = len(labels)
    if labels.min() < 0 or labels.max() >= names:
        raise ValueError(f"{path}: labels go from {labels.min()} to {labels.max()}; config.json has {names} names.")
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    if not (np.abs(norms - 1) <= ROUNDED).all():
        raise ValueError(f"{path} holds embeddings whose length is not 1.")
    if not (np.abs(xy) <= 1 + ROUNDED).all():
        raise ValueError(f"{path} holds places on the map that are not within -1 and 1.")
    # Checked now, decoded when a picture is first asked for: a visit may well need none.
    picture = folder / sprite.file_name(input)
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

    return Gallery(images, labels, embeddings / norms, xy)
