"""Masks of ink: their rim, their box, the parts on the rim, the width of lines, the largest disc inside."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

COARSE = 70  # rows or columns, about: enough to measure discs in


def rim(mask: np.ndarray) -> np.ndarray:
    """The pixels on the picture's rim, of a mask or of any picture; those in a corner twice."""
    return np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])


def box_of(mask: np.ndarray) -> tuple[slice, slice] | None:
    """Rows and columns from the first True pixel to the last; None where there is none."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)) if rows.size else None


def parts_on_rim(mask: np.ndarray, diagonal: bool = True) -> np.ndarray:
    """The connected parts of a mask that touch the picture's rim.

    Args:
        mask: (H, W) bool.
        diagonal: whether pixels that touch at a corner are connected.

    Returns:
        (H, W) bool.
    """
    labels, count = ndimage.label(mask, np.ones((3, 3)) if diagonal else None)
    touching = np.zeros(count + 1, bool)
    touching[rim(labels)] = True
    touching[0] = False
    return touching[labels]


def line_width(mask: np.ndarray) -> float:
    """Mean width of lines, in pixels: twice their area by the number of pixels on their edges."""
    inner = mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    area = np.count_nonzero(mask)
    return 2 * area / max(area - np.count_nonzero(inner), 1)


def coarsened(mask: np.ndarray) -> np.ndarray:
    """Every so many rows and columns of a mask, `COARSE` or a few more of them."""
    step = max(1, max(mask.shape) // COARSE)
    return mask[::step, ::step]


def widest(mask: np.ndarray) -> float:
    """Radius of the largest disc inside the mask, as a share of the longer side. The disc may extend past the edge."""
    if mask.all():
        return 1.0
    return float(ndimage.distance_transform_edt(mask).max()) / max(mask.shape)
