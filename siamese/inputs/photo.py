"""Photo: any picture -> the height, width and channels that a network sees, nothing else removed from it."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from siamese.config import InputConfig
from siamese.inputs import Picture
from siamese.inputs.decode import WORK_SIDE, decode


def to_photo(image: Picture, input: InputConfig) -> np.ndarray:
    """Resize a picture to a network's input.

    Args:
        image: as `decode.decode` takes it.
        input: of the kind `photo`. Of a picture of other proportions `crop` keeps the middle; `pad` keeps all, on a
            ground of the training pictures' mean, which the network takes for nothing.

    Returns:
        (H, W) uint8 where the input is grey, (H, W, 3) where it is in colours.

    Raises:
        ValueError: the picture cannot be read, is too small or too large.
    """
    height, width = input.size
    pixels = Image.fromarray(decode(image, max(WORK_SIDE, 2 * max(input.size))))
    mode = "RGB" if input.channels == 3 else "L"
    pixels = pixels.convert(mode) if pixels.mode != mode else pixels
    if input.fit == "crop":
        return np.asarray(ImageOps.fit(pixels, (width, height), Image.Resampling.BICUBIC))
    ground = tuple(round(value * 255) for value in input.mean)
    padded = ImageOps.pad(
        pixels, (width, height), Image.Resampling.BICUBIC, color=ground if mode == "RGB" else ground[0]
    )
    return np.asarray(padded)
