"""Borders: the sides of a cell or a frame, and lines beside a symbol, as forms and squared paper leave in a picture."""

from __future__ import annotations

import numpy as np

from siamese.inputs.ink.masks import line_width

Box = tuple[slice, slice]

FRAME = 0.5  # of the picture's longer side: the least length of a frame's longer side
LINE = 0.35  # of the picture's longer side: the least length of a single line
THIN = 0.12  # of its length: the greatest breadth of a line's box, which leaves room for a few degrees of slope
RIM = 0.12  # of a frame's shorter side: the breadth of the rim in which its lines run
SYMBOL = 0.1  # of the picture's longer side: the least span of what may stand beside a line
BESIDE = 0.9  # of the symbol's length along a line: a shorter line may be a part of the symbol
LONGER, FARTHER = 1.2, 2.0  # times a stroke's length, and its distance from the middle: then a line is no stroke too
THINNER = 0.7  # times a stroke's width: the least width of another stroke by the same pen (drawn ones 0.8, printed 0.5)
TELLING = 3.0  # pixels: the widths of thinner lines say nothing about the pen


def border_parts(labels: np.ndarray, boxes: list[Box], spans: np.ndarray) -> np.ndarray:
    """Which connected parts of a picture are borders.

    Two or more sides of a box are one where something stands within the box. A straight line is one where it was not
    drawn by the pen that drew the symbol, and the symbol lies to one side of it and is no longer than it is.

    Args:
        labels: (H, W) int, the number of the part of each pixel, from 1; 0 for ground.
        boxes: of each part, rows and columns.
        spans: of each part, the longer side of its box, in pixels.

    Returns:
        (parts,) bool.
    """
    size = max(labels.shape)
    border = np.zeros(len(boxes), bool)
    lines = []
    for part in np.argsort(-spans)[:6].tolist():
        height, width = _lengths(boxes[part])
        if spans[part] >= LINE * size and min(height, width) <= THIN * max(height, width):
            lines.append(part)
        elif spans[part] >= FRAME * size and min(height, width) >= LINE * size and _is_frame(labels, boxes, part):
            border[part] = any(spans[other] > SYMBOL * size for other in _inside(boxes, part))
    symbol = [part for part in np.flatnonzero(spans > SYMBOL * size).tolist() if part not in lines and not border[part]]
    widths = {part: part_width(labels, boxes, part) for part in {*lines, *symbol}} if lines else {}
    for line in lines:
        strokes = symbol or [other for other in lines if other != line]
        if strokes and not by_same_pen(widths[line], max(widths[stroke] for stroke in strokes)):
            border[line] = _is_beside(boxes, line, symbol) if symbol else _is_outer(boxes, line, strokes, labels.shape)
    return border


def by_same_pen(width: float, pen: float) -> bool:
    """Whether a line of some width, in pixels, may be a stroke of a pen of another."""
    return width >= max(THINNER * pen, TELLING)


def part_width(labels: np.ndarray, boxes: list[Box], part: int) -> float:
    """Mean width of a part's lines, in pixels."""
    return line_width(np.pad(labels[boxes[part]] == part + 1, 1))


def _lengths(box: Box) -> tuple[int, int]:
    return box[0].stop - box[0].start, box[1].stop - box[1].start


def _along(box: Box) -> int:
    """The axis along which a box is longer."""
    return int(_lengths(box)[1] > _lengths(box)[0])


def _middle(part: slice) -> float:
    return (part.start + part.stop) / 2


def _is_frame(labels: np.ndarray, boxes: list[Box], part: int) -> bool:
    """Whether a part follows at least two sides of its box, and nothing of it is inside."""
    box = boxes[part]
    pixels = labels[box] == part + 1
    rim = max(2, round(RIM * min(_lengths(box))))
    inner = pixels[rim:-rim, rim:-rim]
    sides = [pixels[:rim].any(0), pixels[-rim:].any(0), pixels[:, :rim].any(1), pixels[:, -rim:].any(1)]
    return bool(inner.sum() < 0.02 * pixels.sum() and sum(side.mean() > 0.9 for side in sides) >= 2)


def _inside(boxes: list[Box], part: int) -> list[int]:
    """The other parts whose middle lies in a part's box."""
    rows, columns = boxes[part]
    return [
        other
        for other, (down, across) in enumerate(boxes)
        if other != part and rows.start <= _middle(down) < rows.stop and columns.start <= _middle(across) < columns.stop
    ]


def _is_beside(boxes: list[Box], line: int, symbol: list[int]) -> bool:
    """Whether all of a symbol lies to one side of a line that is no shorter."""
    along = _along(boxes[line])
    start, low = (min(boxes[part][axis].start for part in symbol) for axis in (along, 1 - along))
    stop, high = (max(boxes[part][axis].stop for part in symbol) for axis in (along, 1 - along))
    middle = _middle(boxes[line][1 - along])
    return (middle <= low or middle >= high) and max(_lengths(boxes[line])) >= BESIDE * (stop - start)


def _is_outer(boxes: list[Box], line: int, others: list[int], shape: tuple[int, ...]) -> bool:
    """Whether, among lines alone, one is longer than another and stands farther out: a side beside a 1."""

    def off_centre(part: int) -> float:
        across = 1 - _along(boxes[part])
        return abs(_middle(boxes[part][across]) - shape[across] / 2) / shape[across]

    length, off = max(_lengths(boxes[line])), off_centre(line)
    return any(
        length >= LONGER * max(_lengths(boxes[other])) and off >= FARTHER * off_centre(other) for other in others
    )
