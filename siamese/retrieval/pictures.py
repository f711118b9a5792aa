"""Pictures as a matcher takes them: as they come, or encoded before."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from PIL import Image

from siamese import inputs
from siamese.inputs.ink import to_ink
from siamese.retrieval.results import Query

Picture: TypeAlias = inputs.Picture | Query


def unembedded(pictures: Sequence[Picture] | np.ndarray, size: tuple[int, int]) -> list[Query]:
    """Pictures as queries of which only the pixels count; what is a query already stays the same object.

    Args:
        pictures: several pictures or queries, or ink as it is, an (N, height, width) uint8 array.
        size: height and width of ink.

    Raises:
        ValueError: it is a single picture, an array of another shape or type, or a picture that cannot be read.
    """
    nothing = np.empty(0, np.float32)
    if isinstance(pictures, np.ndarray):
        if pictures.dtype != np.uint8 or pictures.ndim != 3 or pictures.shape[1:] != size:
            wanted = "uint8 array (N, {}, {})".format(*size)
            raise ValueError(f"Expected ink as a {wanted}, got {pictures.dtype} {pictures.shape}.")
        return [Query(ink, nothing) for ink in pictures]
    if isinstance(pictures, str | bytes | os.PathLike | Image.Image | Query):
        raise ValueError(f"Expected a list of pictures, got {type(pictures).__name__}; for one, write [picture].")
    return [picture if isinstance(picture, Query) else Query(to_ink(picture), nothing) for picture in pictures]
