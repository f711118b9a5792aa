"""Pictures as a matcher takes them: as they come, or encoded before."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from PIL import Image

from siamese import inputs
from siamese.config import InputConfig
from siamese.inputs.preparing import pixel_shape
from siamese.retrieval.results import Query

Picture: TypeAlias = inputs.Picture | Query


def unembedded(
    pictures: Sequence[Picture] | np.ndarray, input: InputConfig, prepare: Callable[[inputs.Picture], np.ndarray]
) -> list[Query]:
    """Pictures as queries of which only the pixels count; what is a query already stays the same object.

    Args:
        pictures: several pictures or queries, or pictures that are prepared already, an (N, height, width) uint8 array,
            or (N, height, width, 3) where the input has colours.
        input: of the network.
        prepare: brings a picture into its form.

    Raises:
        ValueError: it is a single picture, an array of another shape or type, or a picture that cannot be read.
    """
    nothing = np.empty(0, np.float32)
    if isinstance(pictures, np.ndarray):
        shape = pixel_shape(input)
        if pictures.dtype != np.uint8 or pictures.shape[1:] != shape:
            wanted = f"uint8 array (N, {', '.join(map(str, shape))})"
            raise ValueError(f"Expected {input.kind} as a {wanted}, got {pictures.dtype} {pictures.shape}.")
        return [Query(pixels, nothing) for pixels in pictures]
    if isinstance(pictures, str | bytes | os.PathLike | Image.Image | Query):
        raise ValueError(f"Expected a list of pictures, got {type(pictures).__name__}; for one, write [picture].")
    return [picture if isinstance(picture, Query) else Query(prepare(picture), nothing) for picture in pictures]
