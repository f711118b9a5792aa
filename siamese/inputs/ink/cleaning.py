"""Darkness -> the symbol alone: removes specks, frames, ruled lines, and shadows at the edge of the picture."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from siamese.inputs.errors import BlankImageError
from siamese.inputs.ink.borders import Box, border_parts, by_same_pen, part_width
from siamese.inputs.ink.masks import line_width

HALVED_SIDE = 128  # pixels; larger pictures are segmented at half their size, to save time
NEAR = 0.5  # of the main part's longer side: how far from its box a dot may be


def clean(darkness: np.ndarray, photographed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Keep the symbol; remove specks, frames and ruled lines.

    Args:
        darkness: (H, W) float32 in [0, 1], 1 for ink.
        photographed: whether to expect pale ruled lines, and shadows at the edge of the picture.

    Returns:
        darkness: (H, W) float32 in [0, 1], 0 outside the symbol.
        mask: (H, W) bool, True for the pixels of the symbol.

    Raises:
        BlankImageError: no ink is left.
    """
    if min(darkness.shape) < 40:  # a tight scan of the symbol: nothing has to be removed
        return darkness, darkness > 0.35
    if photographed:
        # Ruled lines are paler than the pen, so this threshold removes them.
        darkness = np.clip((darkness - 0.3) / 0.45, 0, 1)
    mask = darkness > 0.45
    halved = min(mask.shape) >= HALVED_SIDE
    if halved:
        mask = _halved(mask)
    mask = _main_parts(_without_ruling(mask), photographed)
    if not mask.any():
        raise BlankImageError
    grown = _grown(_grown(mask))
    if halved:
        mask, grown = (_doubled(part, darkness.shape) for part in (mask, grown))
    return darkness * grown, mask


def _halved(mask: np.ndarray) -> np.ndarray:
    """The mask at half its size. A pixel is True if any of the four it replaces is."""
    height, width = mask.shape
    even = np.pad(mask, ((0, height % 2), (0, width % 2))) if height % 2 or width % 2 else mask
    return even[::2, ::2] | even[1::2, ::2] | even[::2, 1::2] | even[1::2, 1::2]


def _doubled(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The mask at twice its size, cropped to `shape`: the inverse of `_halved`."""
    return mask.repeat(2, axis=0).repeat(2, axis=1)[: shape[0], : shape[1]]


def _grown(mask: np.ndarray) -> np.ndarray:
    """The mask dilated by one pixel in four directions, as `ndimage.binary_dilation` does in ten times the time."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown


def _without_ruling(mask: np.ndarray) -> np.ndarray:
    """The mask without lines that span the whole picture and are no strokes, if enough other ink remains without them."""
    rows, columns = _is_full(mask, 0), _is_full(mask, 1)
    if not rows.any() and not columns.any():
        return mask
    pen, kept = line_width(np.pad(mask & ~rows[:, None] & ~columns, 1)), mask
    for axis in (0, 1):
        full = _is_full(kept, axis)
        if not full.any() or full.mean() > 0.25 or by_same_pen(_thickness(kept, full, axis), pen):
            continue
        lines = np.zeros_like(kept)
        lines[full if axis == 0 else slice(None), slice(None) if axis == 0 else full] = True
        rest = kept & ~lines
        if rest.sum() > 0.3 * (kept & lines).sum() and _extent(rest) > 0.15:
            # Removing a line interrupts the strokes that cross it. A closing across the gap reconnects them.
            thickness = int(full.sum() / ndimage.label(full)[1]) + 2
            size = (thickness + 2, 1) if axis == 0 else (1, thickness + 2)
            kept = ndimage.binary_closing(np.pad(rest, thickness), np.ones(size, bool))
            kept = kept[thickness:-thickness, thickness:-thickness]
    return kept


def _is_full(mask: np.ndarray, axis: int) -> np.ndarray:
    """Which rows (`axis` 0) or columns of a mask hold ink nearly all along."""
    return np.count_nonzero(mask, axis=1 - axis) > 0.85 * mask.shape[1 - axis]


def _thickness(mask: np.ndarray, full: np.ndarray, axis: int) -> float:
    """The median thickness of the lines that lie in full rows or columns, in pixels: they may slope a little beyond them."""
    across = np.zeros((3, 3), bool)
    across[(slice(None), 1) if axis == 0 else (1, slice(None))] = True
    runs, _ = ndimage.label(mask, across)
    lengths = np.bincount(runs.ravel())
    lines = runs[full] if axis == 0 else runs[:, full]
    return float(np.median(lengths[lines[lines > 0]]))


def _extent(mask: np.ndarray) -> float:
    """The height or width of the ink, whichever is the larger share of the picture's; 0 without ink."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return max(np.ptp(rows) / mask.shape[0], np.ptp(columns) / mask.shape[1]) if rows.size else 0.0


def _main_parts(mask: np.ndarray, photographed: bool) -> np.ndarray:
    """The connected parts that make up the symbol, without borders, specks, and shadows that touch the edge."""
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    if count <= 1:
        return mask
    areas = np.bincount(labels.ravel())[1:]
    boxes = ndimage.find_objects(labels)
    spans = np.array([max(rows.stop - rows.start, cols.stop - cols.start) for rows, cols in boxes])
    dropped = border_parts(labels, boxes, spans)
    height, width = mask.shape
    at_rim = np.array(
        [rows.start == 0 or cols.start == 0 or rows.stop == height or cols.stop == width for rows, cols in boxes]
    )
    areas = np.where(dropped, 0, areas)
    spans = np.where(dropped, 0, spans)
    main = int(np.argmax(np.where(at_rim & photographed, 0.1, 1.0) * areas))
    # A speck is small in both length and area, compared with the main part.
    specks = (areas < 0.03 * areas[main]) | ((spans < 0.12 * spans[main]) & (areas < 0.1 * areas[main]))
    if specks.any() and not photographed:
        specks &= ~_are_dots(boxes, main, part_width(labels, boxes, main))
    # Ink that touches the edge of the picture and is not connected to the main part is not of the symbol.
    foreign = at_rim & (photographed | (areas < 0.3 * areas[main]))
    foreign[main] = False
    keep = ~(specks | dropped | foreign)
    return np.concatenate([[False], keep])[labels]


def _are_dots(boxes: list[Box], main: int, pen: float) -> np.ndarray:
    """Which parts are no smaller than a touch of the pen and near the main part: the dot of an i."""
    near = NEAR * max(part.stop - part.start for part in boxes[main])

    def is_dot(box: Box) -> bool:
        return all(
            by_same_pen(part.stop - part.start, pen)
            and beside.start - near < part.stop
            and part.start < beside.stop + near
            for part, beside in zip(box, boxes[main], strict=True)
        )

    return np.array([is_dot(box) for box in boxes])
