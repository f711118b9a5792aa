"""Ink as strokes: the centre lines of a letter, as a pen would follow them.

The ink is thinned to its centre line (Zhang and Suen, 1984), and that is followed from end to end and from crossing to
crossing. What runs straight on through a crossing becomes one stroke.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
from scipy import ndimage
from skimage.morphology import skeletonize

SPACING = 6  # between the points of a stroke, in pixels
NEIGHBOURS = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x]

Edge = tuple[int, int, np.ndarray]  # two nodes and the (N, 2) pixels between them; negative where there is no node


def strokes_of(ink: np.ndarray) -> list[np.ndarray]:
    """The (points, 2) x and y of the centre lines of some ink, where the longer side of their box is 1, about its middle."""
    line = skeletonize(ink)
    if line.sum() < 6:
        return []
    width = 2 * float(np.median(ndimage.distance_transform_edt(ink)[line]))
    edges = joined(pruned(edges_of(line), width), width)
    strokes = [smoothed(pixels, width)[:, ::-1] for _, _, pixels in edges] + dots(ink, line, edges, width)
    if not strokes:
        return []
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    return [(stroke - (low + high) / 2) / max(float((high - low).max()), 1) for stroke in strokes]


def edges_of(line: np.ndarray) -> list[Edge]:
    """The centre line as a graph: its nodes are ends and crossings."""
    pixels = {(int(y), int(x)) for y, x in np.argwhere(line)}

    def near(pixel: tuple[int, int]) -> list[tuple[int, int]]:
        found = []
        for down, across in NEIGHBOURS:
            other = (pixel[0] + down, pixel[1] + across)
            corner = down and across and {(pixel[0] + down, pixel[1]), (pixel[0], pixel[1] + across)} & pixels
            if other in pixels and not corner:
                found.append(other)
        return found

    neighbours = {pixel: near(pixel) for pixel in sorted(pixels)}
    ends = [pixel for pixel, others in neighbours.items() if len(others) != 2]
    node_of, centres = clustered(ends, neighbours)
    edges: list[Edge] = []
    seen: set[tuple[tuple[int, int], tuple[int, int]]] = set()
    visited = set(ends)
    for start in ends:
        for second in neighbours[start]:
            if node_of.get(second) == node_of[start] or (start, second) in seen:
                continue
            path = followed([start, second], neighbours, node_of)
            seen |= {(start, second), (path[-1], path[-2])}
            visited.update(path)
            between = np.array(path, float)
            last = node_of.get(path[-1], -1)
            between[0] = centres[node_of[start]]
            if last >= 0:
                between[-1] = centres[last]
            edges.append((node_of[start], last, between))
    for start in neighbours:  # rings, which have no ends
        if start not in visited:
            path = followed([start, neighbours[start][0]], neighbours, {start: 0})
            visited.update(path)
            edges.append((-1, -2, np.array(path, float)))
    return edges


def clustered(
    ends: list[tuple[int, int]], neighbours: dict[tuple[int, int], list[tuple[int, int]]]
) -> tuple[dict[tuple[int, int], int], list[np.ndarray]]:
    """Pixels of crossings that touch are one node: the node of each pixel, and the middle of each node."""
    node_of: dict[tuple[int, int], int] = {}
    centres: list[np.ndarray] = []
    crossings = {pixel for pixel in ends if len(neighbours[pixel]) > 2}
    for pixel in ends:
        if pixel in node_of:
            continue
        waiting, members = [pixel], []
        node_of[pixel] = len(centres)
        while waiting:
            member = waiting.pop()
            members.append(member)
            for other in neighbours[member] if member in crossings else ():
                if other in crossings and other not in node_of:
                    node_of[other] = len(centres)
                    waiting.append(other)
        centres.append(np.mean(members, axis=0))
    return node_of, centres


def followed(
    path: list[tuple[int, int]],
    neighbours: dict[tuple[int, int], list[tuple[int, int]]],
    node_of: dict[tuple[int, int], int],
) -> list[tuple[int, int]]:
    """A path on to its next node."""
    while path[-1] not in node_of:
        on = [pixel for pixel in neighbours[path[-1]] if pixel != path[-2]]
        if not on:
            break
        path.append(on[0])
    return path


def length(pixels: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(pixels, axis=0), axis=1).sum())


def pruned(edges: list[Edge], width: float) -> list[Edge]:
    """Without the spurs that thinning leaves at corners: short, and free at one end."""
    while True:
        degree = Counter(node for first, last, _ in edges for node in (first, last))
        kept = [
            (first, last, pixels)
            for first, last, pixels in edges
            if min(first, last) < 0 or (degree[first] == 1) == (degree[last] == 1) or length(pixels) >= 0.85 * width
        ]
        if len(kept) == len(edges):
            return kept
        edges = kept


def joined(edges: list[Edge], width: float) -> list[Edge]:
    """The two that run straightest through a node become one, as long as there are any; where only two meet, always."""

    def direction(edge: Edge, end: int) -> np.ndarray:
        pixels = edge[2][::-1] if end else edge[2]
        way = pixels[min(len(pixels) - 1, max(3, int(width)))] - pixels[0]
        return way / max(float(np.linalg.norm(way)), 1e-9)

    while True:
        at: dict[int, list[tuple[int, int]]] = {}
        for number, (first, last, _) in enumerate(edges):
            at.setdefault(first, []).append((number, 0))
            at.setdefault(last, []).append((number, 1))
        found = [
            (float(direction(edges[one], this) @ direction(edges[other], that)), len(meeting), one, this, other, that)
            for node, meeting in at.items()
            if node >= 0
            for (one, this), (other, that) in combinations(meeting, 2)
            if one != other
        ]
        straight = [each for each in found if each[0] < -0.75 or each[1] == 2]
        if not straight:
            return edges
        _, _, one, this, other, that = min(straight)
        start, _, before = edges[one] if this else turned(edges[one])
        _, end, after = turned(edges[other]) if that else edges[other]
        whole = (start, end, np.concatenate([before, after[1:]]))
        edges = [edge for number, edge in enumerate(edges) if number not in (one, other)] + [whole]


def turned(edge: Edge) -> Edge:
    first, last, pixels = edge
    return last, first, pixels[::-1]


def smoothed(pixels: np.ndarray, width: float) -> np.ndarray:
    """Points at even distances along a smoothed path, whose ends stay where they are."""
    sigma, count = max(1.0, width / 4), len(pixels)
    if np.allclose(pixels[0], pixels[-1]):
        ring = ndimage.gaussian_filter1d(pixels[:-1], sigma, axis=0, mode="wrap")
        path = np.concatenate([ring, ring[:1]])
    else:
        mirrored = np.concatenate([2 * pixels[0] - pixels[:0:-1], pixels, 2 * pixels[-1] - pixels[-2::-1]])
        path = ndimage.gaussian_filter1d(mirrored, sigma, axis=0)[count - 1 : 2 * count - 1]
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    places = np.linspace(0, along[-1], int(np.clip(round(along[-1] / SPACING), 3, 40)))
    return np.stack([np.interp(places, along, path[:, axis]) for axis in (0, 1)], axis=1)


def dots(ink: np.ndarray, line: np.ndarray, edges: list[Edge], width: float) -> list[np.ndarray]:
    """A short stroke for each piece of ink that no edge runs through."""
    pieces, count = ndimage.label(ink, np.ones((3, 3)))
    drawn = {int(pieces[tuple(pixel)]) for _, _, pixels in edges for pixel in np.rint(pixels).astype(int)}
    found = []
    for piece in range(1, count + 1):
        if piece not in drawn and (pieces == piece).sum() > 0.3 * width**2:
            y, x = np.argwhere(pieces == piece).mean(axis=0)
            found.append(np.array([[x - 0.5, y], [x + 0.5, y]]))
    return found
