"""The input seam: a picture of any kind -> the pixels that a network of a given input sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from siamese.config import InputConfig
from siamese.inputs import Picture
from siamese.inputs.document import to_document
from siamese.inputs.ink import to_inks
from siamese.inputs.photo import to_photo


def prepare(image: Picture, input: InputConfig) -> np.ndarray:
    """A picture as a network sees it.

    Args:
        image: a Pillow image, a path, the bytes of an image file, or an array.
        input: the network's.

    Returns:
        (H, W) uint8, or (H, W, 3) where the input has three channels.

    Raises:
        BlankImageError: it shows nothing, where ink is asked for.
        ValueError: it is no picture that can be read.
    """
    (pixels,) = prepare_for([input], image)
    return pixels


def prepare_for(forms: Sequence[InputConfig], image: Picture) -> list[np.ndarray]:
    """A picture as several networks see it, whose inputs are of one kind; ink is found once for all of them.

    Raises:
        ValueError: as of `prepare`.
    """
    if forms[0].kind == "ink":
        return to_inks(image, [form.size[0] for form in forms])
    return [to_document(image, form) if form.kind == "document" else to_photo(image, form) for form in forms]


def resized(pixels: np.ndarray, input: InputConfig) -> np.ndarray:
    """A prepared picture of another size, (h, w) or (h, w, 3) uint8, at the size that the network sees."""
    if pixels.shape[:2] == input.size:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(input.size[::-1], Image.Resampling.BICUBIC))


def pixel_shape(input: InputConfig) -> tuple[int, ...]:
    """The shape of what `prepare` returns: (H, W), or (H, W, 3)."""
    return (*input.size, 3) if input.channels == 3 else input.size


def to_batch(pixels: Sequence[np.ndarray] | np.ndarray, input: InputConfig) -> torch.Tensor:
    """N prepared pictures as the (N, channels, H, W) uint8 tensor that a network is given."""
    batch = torch.from_numpy(np.array(pixels, np.uint8).reshape(-1, *input.size, input.channels))
    return batch.permute(0, 3, 1, 2).contiguous()


def to_pixels(batch: torch.Tensor, input: InputConfig) -> np.ndarray:
    """The N prepared pictures, (N, H, W) or (N, H, W, 3) uint8, that `to_batch` made a batch of."""
    return np.ascontiguousarray(batch.permute(0, 2, 3, 1).numpy()).reshape(-1, *pixel_shape(input))
