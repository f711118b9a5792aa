"""A picture of any size -> one to work on, scaled to what is drawn on it, with its thin lines whole.

An average over a block leaves of a thin line only a shade. On an even ground nothing is drawn but ink, so a picture is
cropped to what differs from its ground, and where the lines are thin, a block takes its strongest pixel.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops

from siamese.inputs.decode import WORK_SIDE, reduced
from siamese.inputs.ink.even import even_ground
from siamese.inputs.ink.masks import box_of, line_width
from siamese.inputs.ranges import MIN_CONTRAST

LOOKED_AT = 200  # pixels a side, at which it is seen whether the ground is even
MARGIN = 0.15  # of the drawing's longer side, kept around it
THIN = 2.5  # blocks: lines narrower than this are kept by their strongest pixels


def to_work_size(image: Image.Image) -> np.ndarray:
    """Reduce a picture to at most `WORK_SIDE` pixels a side.

    Args:
        image: of the mode L or RGB, of any size.

    Returns:
        (H, W) or (H, W, 3) uint8. A large picture with an even ground comes as its difference from that ground: light
        ink on black.
    """
    if max(image.size) <= WORK_SIDE or min(image.size) < 8:
        return np.asarray(reduced(image))
    step = max(1, max(image.size) // LOOKED_AT)
    size = max(4, image.width // step), max(4, image.height // step)
    ground = even_ground(np.asarray(image.resize(size, Image.Resampling.NEAREST)))
    if ground is None:
        return np.asarray(reduced(image))
    plain = Image.new(image.mode, image.size, tuple(ground.tolist()) if len(ground) == 3 else int(ground[0]))
    difference = ImageChops.difference(image, plain)
    first, *others = difference.split()
    for channel in others:
        first = ImageChops.lighter(first, channel)
    apart = _cropped(np.asarray(first))
    factor = -(-max(apart.shape) // WORK_SIDE)
    if factor == 1:
        return apart
    if line_width(apart > apart.max() / 2) < THIN * factor:
        return _strongest(apart, factor)
    return np.asarray(Image.fromarray(apart).reduce(factor))


def _cropped(apart: np.ndarray) -> np.ndarray:
    """The picture cropped to all that differs from its ground, with a margin."""
    box = box_of(apart > MIN_CONTRAST * 255)
    if box is None:
        return apart
    margin = round(MARGIN * max(part.stop - part.start - 1 for part in box)) + 8
    rows, columns = (slice(max(part.start - margin, 0), part.stop + margin) for part in box)
    return np.ascontiguousarray(apart[rows, columns])


def _strongest(apart: np.ndarray, factor: int) -> np.ndarray:
    """The maximum of each block of `factor` x `factor` pixels."""
    height, width = (-(-side // factor) for side in apart.shape)
    padded = np.zeros((height * factor, width * factor), np.uint8)
    padded[: apart.shape[0], : apart.shape[1]] = apart
    return padded.reshape(height, factor, width, factor).max(axis=(1, 3))
