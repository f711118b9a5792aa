"""A drawing of the two branches: how two pictures of the gallery come to a distance and a probability in the served model."""

from __future__ import annotations

from html import escape

import numpy as np
from PIL import Image

from siamese.config import InputConfig
from siamese.matcher import Matcher
from siamese.ui.components import image_url
from siamese.ui.examples import pictures_of

WIDTH, HEIGHT = 340, 424
LEFT, RIGHT, MIDDLE = 78, 262, 170  # of the branches, and between them
PICTURE = 72  # side of a picture
CELLS, CELL = 16, 7  # numbers of an embedding that are drawn, and the width of each
FROM, TO, AXIS = 30, 310, 330  # where the axis of distances begins, ends and lies


def drawing(matcher: Matcher) -> str:
    """The drawing as SVG, with numbers and pictures of the model and its gallery; nothing in it is foreign text."""
    first, second = typical_pair(matcher)
    a, b = matcher.gallery.rows([first, second])
    distance = float(np.linalg.norm(a - b))
    probability = float(matcher.calibration.probability(distance))
    height, width = matcher.input.size
    weights = f"{matcher.bundle.measurements.parameters:,} weights"
    told = (
        f"Two pictures of {width} by {height} pixels each go through the same network of {weights}. It turns each into an "
        f"embedding of {a.size} numbers. The distance of the two, here {distance:.2f}, gives the probability that they are "
        f"the same, here {percent(probability)}. The threshold is {matcher.threshold:.2f}."
    )
    parts = [
        _branch(LEFT, "one picture", matcher.gallery.images[first], a, matcher.input),
        _branch(RIGHT, "the other", matcher.gallery.images[second], b, matcher.input),
        # An equals sign between the networks: what is shared.
        f'<path class="branch-link" d="M{LEFT + 62} 152H{RIGHT - 62}M{LEFT + 62} 160H{RIGHT - 62}"/>',
        _text(MIDDLE, 205, "shared weights", "is-quiet"),
        _text(MIDDLE, 230, f"{a.size}", "is-quiet"),
        _text(MIDDLE, 245, "numbers", "is-quiet"),
        _axis(distance, matcher.threshold),
        _arrow(MIDDLE, 368, MIDDLE, 384),
        _text(MIDDLE, 404, f"the same: {percent(probability)}", "is-answer"),
    ]
    return (
        f'<svg class="branches" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(told)}">'
        f"{''.join(parts)}</svg>"
    )


def typical_pair(matcher: Matcher) -> tuple[int, int]:
    """Two pictures of the gallery of one class that are told rightly: the first one, and of those within the threshold
    the one at the median distance; the nearest, if there are none."""
    gallery = matcher.gallery
    others = pictures_of(matcher, gallery.labels[0])[1:]
    if not len(others):
        return 0, len(gallery) - 1
    distances = np.linalg.norm(gallery.rows(others) - gallery.rows([0]), axis=1)
    within = int((distances <= matcher.threshold).sum())
    return 0, int(others[np.argsort(distances, kind="stable")[within // 2]])


def percent(probability: float) -> str:
    """A probability in words, never rounded to certainty; the page's script has the same for its answers."""
    if probability >= 0.9995:
        return "> 99.9 %"
    if probability <= 0.0005:
        return "< 0.1 %"
    extreme = min(probability, 1 - probability) <= 0.005
    return f"{probability:.1%}".replace("%", " %") if extreme else f"{probability:.0%}".replace("%", " %")


def _branch(x: int, name: str, pixels: np.ndarray, embedding: np.ndarray, input: InputConfig) -> str:
    """A picture, the network and the embedding below each other, in the middle of x."""
    half, shown = PICTURE // 2, embedding[:CELLS]
    wide = len(shown) * CELL
    strongest = max(float(np.abs(shown).max()), 1e-6)
    cells = "".join(
        f'<rect x="{x - wide / 2 + i * CELL:g}" y="224" width="{CELL}" height="18" '
        f'fill-opacity="{abs(value) / strongest:.2f}" class="{"is-plus" if value > 0 else "is-minus"}"/>'
        for i, value in enumerate(shown.tolist())
    )
    return (
        _text(x, 14, name, "is-quiet")
        + f'<image href="{_picture(pixels, input)}" x="{x - half}" y="24" width="{PICTURE}" height="{PICTURE}"/>'
        + f'<rect class="branch-frame" x="{x - half}" y="24" width="{PICTURE}" height="{PICTURE}" rx="6"/>'
        + _arrow(x, 100, x, 124)
        + f'<rect class="branch-network" x="{x - 62}" y="130" width="124" height="52" rx="10"/>'
        + _text(x, 161, "network")
        + _arrow(x, 186, x, 216)
        + cells
        + f'<rect class="branch-frame" x="{x - wide / 2:g}" y="224" width="{wide}" height="18"/>'
        + _text(x, 260, "embedding")
        + _arrow(x, 268, x + (MIDDLE - x) * 0.62, 300)
    )


def _axis(distance: float, threshold: float) -> str:
    """The distances from 0 to 2, up to the threshold the same, beyond it different, and the pair's own among them."""
    at, edge = (FROM + (TO - FROM) * value / 2 for value in (distance, threshold))
    return (
        _text(MIDDLE, 314, f"distance {distance:.2f}")
        + f'<path class="is-same" d="M{FROM} {AXIS}H{edge:.1f}"/><path class="is-different" d="M{edge:.1f} {AXIS}H{TO}"/>'
        + f'<path class="branch-edge" d="M{edge:.1f} {AXIS - 8}V{AXIS + 8}"/>'
        + f'<circle class="branch-dot" cx="{at:.1f}" cy="{AXIS}" r="5"/>'
        + _text(FROM, AXIS + 22, "0", "is-quiet")
        + _text(TO, AXIS + 22, "2", "is-quiet")
        + _text(edge, AXIS + 22, f"threshold {threshold:.2f}", "is-quiet")
    )


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" class="{kind}">{escape(text)}</text>'


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    """A line with a head, which is turned as the line is."""
    dx, dy = to_x - x, to_y - y
    length = float(np.hypot(dx, dy))
    dx, dy = dx / length * 6, dy / length * 6
    head = f"M{to_x - dx - dy * 0.6:.1f} {to_y - dy + dx * 0.6:.1f}L{to_x:.1f} {to_y:.1f}L{to_x - dx + dy * 0.6:.1f} {to_y - dy - dx * 0.6:.1f}"
    return f'<path class="branch-arrow" d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}{head}"/>'


def _picture(pixels: np.ndarray, input: InputConfig) -> str:
    """A picture of the gallery as a data URL of its own size: a few hundred bytes of ink, some thousand of a photograph."""
    return image_url(Image.fromarray(pixels if input.kind == "photo" else 255 - pixels), "webp", quality=85)
