"""Photo: any picture -> the height, width and channels that a network sees, nothing else removed from it."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from siamese.config import InputConfig
from siamese.inputs import Picture
from siamese.inputs.decode import WORK_SIDE, decode

GROUND = 128  # of 255: pictures are read, and padded, before their mean is known


def to_photo(image: Picture, input: InputConfig) -> np.ndarray:
    """Resize a picture to a network's input.

    Args:
        image: as `decode.decode` takes it.
        input: of the kind `photo`. Of a picture of other proportions `crop` keeps the middle; `pad` keeps all, on a
            grey ground.

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
    ground = (GROUND,) * 3 if mode == "RGB" else GROUND
    return np.asarray(ImageOps.pad(pixels, (width, height), Image.Resampling.BICUBIC, color=ground))
