"""Pictures enlarged in blocks, as plots and previews of tiny pictures are -> one pixel a block."""

from __future__ import annotations

import numpy as np

from siamese.inputs.ink.masks import box_of, rim

FEWEST, MOST = 5, 40  # blocks along the longer side
LEAST = 6  # pixels a block; smaller ones need no undoing
BORDERS = 0.85  # of all change between neighbouring pixels that lies on the borders of blocks
SAME, MOSTLY = 24, 0.97  # levels between a block and its pixels, and the share of pixels within them
FULL = 0.5  # of each side of a rectangle that what has a margin around it takes
NOISE = 0.1  # of the strongest change: less is what compression adds


def without_blocks(pixels: np.ndarray) -> np.ndarray:
    """The picture before it was enlarged, (rows, columns[, 3]) uint8; itself where it was not enlarged in blocks.

    Args:
        pixels: (H, W) or (H, W, 3) uint8.
    """
    small = _small(pixels)
    if small is None:
        return pixels
    inner = _without_margin(small)
    if inner is None:
        return small
    # The margin need not be as wide as whole blocks, so that they were taken for smaller ones.
    rows, columns = (
        slice(part.start * length // each, part.stop * length // each)
        for part, each, length in zip(inner, small.shape, pixels.shape, strict=False)
    )
    alone = _small(pixels[rows, columns])
    return np.ascontiguousarray(small[inner]) if alone is None else alone


def _without_margin(small: np.ndarray) -> tuple[slice, slice] | None:
    """Rows and columns of a picture on a page: what fills a rectangle within a margin of one colour."""
    margin = small[0, 0]
    other = small != margin if small.ndim == 2 else (small != margin).any(axis=2)
    box = box_of(other)
    if box is None or rim(other).any():
        return None
    inner = other[box]
    sides = (inner[0], inner[-1], inner[:, 0], inner[:, -1])
    return box if min(inner.shape) >= FEWEST and min(side.mean() for side in sides) >= FULL else None


def _small(pixels: np.ndarray) -> np.ndarray | None:
    """The picture that was enlarged, where change is confined to the borders of blocks of one size."""
    gray = pixels if pixels.ndim == 2 else pixels[..., 1]
    if min(gray.shape) < FEWEST * LEAST:
        return None
    changes = [change for axis in (0, 1) if (change := _change(gray, axis)) is not None]
    if len(changes) < 2:
        return None
    lengths = pixels.shape[:2]
    for count in range(FEWEST, min(MOST, max(lengths) // LEAST) + 1):
        counts = [max(1, round(length * count / max(lengths))) for length in lengths]
        if all(_on_borders(change, each) for change, each in zip(changes, counts, strict=True)):
            middles = [
                (np.arange(each) * 2 + 1) * length // (2 * each) for each, length in zip(counts, lengths, strict=True)
            ]
            small = np.ascontiguousarray(pixels[np.ix_(*middles)])
            if _is_enlarged(small, pixels):
                return small
    return None


def _is_enlarged(small: np.ndarray, pixels: np.ndarray) -> bool:
    """Whether the picture is the small one in blocks, but for their borders and what compression adds."""
    rows, columns = (
        (np.arange(length) * 2 + 1) * each // (2 * length)
        for each, length in zip(small.shape, pixels.shape[:2], strict=False)
    )
    apart = np.abs(small[np.ix_(rows, columns)].astype(np.int16) - pixels)
    return bool((apart <= SAME).mean() >= MOSTLY)


def _change(gray: np.ndarray, axis: int) -> np.ndarray | None:
    """Mean change from each row (or column) to the next; None where too many change for the borders of blocks."""
    lines = gray[:, :: max(1, gray.shape[1] // 64)].T if axis == 0 else gray[:: max(1, gray.shape[0] // 64)]
    change = np.abs(np.diff(lines.astype(np.int16), axis=1)).mean(axis=0)
    change = np.maximum(change - NOISE * change.max(), 0)
    strong = np.flatnonzero(change)
    # What is drawn changes nearly everywhere between its first and its last column.
    return change if strong.size and strong.size <= max(3, (strong[-1] - strong[0]) / 2) else None


def _on_borders(change: np.ndarray, count: int) -> bool:
    """Whether change is confined to the borders of so many blocks of one size.

    Of uneven blocks, and of blocks reduced since, a border lies within a pixel of its even place.
    """
    sums = np.concatenate([[0], np.cumsum(change)])
    borders = np.rint(np.arange(1, count) * (len(change) + 1) / count).astype(int)
    within = sums[np.minimum(borders + 1, len(change))] - sums[np.maximum(borders - 2, 0)]
    return bool(within.sum() > BORDERS * sums[-1] > 0)
