"""Documents: writing or a drawing -> its ink alone, white on black, without the paper that it stands on.

The paper's grey, its stains and its margins tell one collection's forged signatures from the genuine ones; a network that
sees them learns them.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from siamese.config import InputConfig
from siamese.inputs import Picture
from siamese.inputs.ink import ink_of, work_pixels
from siamese.inputs.ink.normalising import FINE, with_stroke_width

MARGIN = 1 / 16  # of the height or the width, free on each side
FREE = 2 * FINE  # pixels around the ink while its strokes are thickened


def to_document(image: Picture, input: InputConfig) -> np.ndarray:
    """Take the ink of a picture, crop to it, scale it to fit a network's input, and even out the width of its strokes.

    Its proportions are kept. A pen's width says little of who writes, and on screens it is anything.

    Args:
        image: as `decode.decode` takes it, dark on light or light on dark.
        input: of the kind `document`.

    Returns:
        (H, W) uint8, white ink on black, in the middle.

    Raises:
        BlankImageError: nothing stands out from the ground.
        ValueError: the picture cannot be read, is too small or too large.
    """
    ink = ink_of(work_pixels(image))
    height, width = input.size
    scale = FINE * min(height * (1 - 2 * MARGIN) / ink.shape[0], width * (1 - 2 * MARGIN) / ink.shape[1])
    size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
    resampling = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    fine = np.pad(np.asarray(Image.fromarray(ink).resize(size, resampling)).clip(0, 1), FREE)
    if input.stroke_widths:
        fine = with_stroke_width(fine, FREE, input.stroke_widths)
    field = np.zeros((FINE * height, FINE * width), np.float32)
    rows, columns = min(fine.shape[0], field.shape[0]), min(fine.shape[1], field.shape[1])
    top, left = (field.shape[0] - rows) // 2, (field.shape[1] - columns) // 2
    above, before = (fine.shape[0] - rows) // 2, (fine.shape[1] - columns) // 2
    field[top : top + rows, left : left + columns] = fine[above : above + rows, before : before + columns]
    small = field.reshape(height, FINE, width, FINE).mean(axis=(1, 3))
    return np.rint(small * 255).astype(np.uint8)
