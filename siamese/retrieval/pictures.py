"""Pictures as a matcher takes them: as they come, or encoded before."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from PIL import Image

from siamese import inputs
from siamese.config import InferenceConfig, InputConfig
from siamese.inputs.preparing import pixel_shape, prepare_for, resized, to_batch
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.few_shot import squared_distances
from siamese.retrieval.results import Query

Picture: TypeAlias = inputs.Picture | Query
Prepare: TypeAlias = Callable[[Sequence[InputConfig], inputs.Picture], list[np.ndarray]]


def unembedded(
    pictures: Sequence[Picture] | np.ndarray, forms: Sequence[InputConfig], prepare_for: Prepare = prepare_for
) -> list[Query]:
    """Pictures as queries of which only the pixels count; what is a query already stays the same object.

    Args:
        pictures: several pictures or queries, or pictures that are prepared already, an (N, height, width) uint8 array,
            or (N, height, width, 3) where the input has colours.
        forms: inputs of the networks: of the first, and of the one for few-shot classification, if it is another and
            asked for. Prepared pictures may be of either.
        prepare_for: brings a picture into these forms.

    Raises:
        ValueError: it is a single picture, an array of another shape or type, or a picture that cannot be read.
    """
    if isinstance(pictures, np.ndarray):
        shapes = [pixel_shape(form) for form in forms]
        if pictures.dtype != np.uint8 or pictures.shape[1:] not in shapes:
            wanted = f"uint8 array (N, {', '.join(map(str, shapes[0]))})"
            raise ValueError(f"Expected {forms[0].kind} as a {wanted}, got {pictures.dtype} {pictures.shape}.")
        known = pictures.shape[1:] == shapes[0]
        return [_query([pixels] if known else [resized(pixels, forms[0]), pixels]) for pixels in pictures]
    if isinstance(pictures, str | bytes | os.PathLike | Image.Image | Query):
        raise ValueError(f"Expected a list of pictures, got {type(pictures).__name__}; for one, write [picture].")
    return [picture if isinstance(picture, Query) else _query(prepare_for(forms, picture)) for picture in pictures]


def _query(prepared: Sequence[np.ndarray]) -> Query:
    """A picture as the networks see it, not embedded yet."""
    pixels, *few_shot = prepared
    return Query(pixels, np.empty(0, np.float32), few_shot_pixels=few_shot[0] if few_shot else None)


def embed_few_shot(queries: Sequence[Query], net: EmbeddingNet, inference: InferenceConfig) -> None:
    """Give queries that lack it their embedding for few-shot classification; they are embedded together."""
    missing = [query for query in queries if query.few_shot_embedding is None]
    if not missing:
        return
    batch = to_batch([resized(query.finest, net.input) for query in missing], net.input)
    rows = embed(net, batch, inference.few_shot_head, inference.few_shot_views).numpy()
    for query, row in zip(missing, rows, strict=True):
        query.few_shot_embedding = row


def few_shot_distances(
    query: Query, examples: Sequence[Query], form: InputConfig, inference: InferenceConfig
) -> np.ndarray:
    """(N,) distances in [0, 2] of a query to N examples, all embedded for few-shot classification.

    Args:
        form: the input of that network.
        inference: how much the image distortion model counts.
    """
    if not examples:
        return np.empty(0, np.float32)
    rows = np.stack([each.few_shot_embedding for each in (query, *examples) if each.few_shot_embedding is not None])
    pixels = np.stack([resized(each.finest, form) for each in (query, *examples)])
    squared = squared_distances(rows[:1], rows[1:], pixels[:1], pixels[1:], inference.few_shot_distortion)
    return squared[0].clip(0, 4) ** 0.5
