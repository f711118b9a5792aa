"""Every kind of picture that people send is read, and hardly any wrong with confidence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits

from siamese.inputs.errors import BlankImageError
from siamese.inputs.ink import to_ink
from siamese.retrieval.search import vote
from tests.helpers import encoded
from tests.reading_corpus import (
    BLACK,
    CORPUS,
    HELD,
    WHITE,
    Reading,
    coverage,
    from_one_side,
    on_nothing,
    painted,
    photographed,
    read,
    trimmed,
)

LEAST = dict.fromkeys(CORPUS, 0.95) | {"lines beside": 0.9, "two inks of opposite sign on grey": 0.85}
MOST_SURE = 0.01
EVERY = [(kind, member) for kind, members in CORPUS.items() for member in members]


@pytest.fixture(scope="session")
def reading(without_hundred, hundred) -> Callable[[str, str], Reading]:
    """How fifty digits, five of each class, are read as a kind's member; each is made once."""
    inks, labels = hundred.images[:50, 0].numpy(), hundred.labels[:50].numpy()
    known: dict[tuple[str, str], Reading] = {}

    def ask(kind: str, member: str) -> Reading:
        if (kind, member) not in known:
            makers = HELD if kind == "held" else CORPUS[kind]
            known[kind, member] = read(without_hundred, makers[member], inks, labels)
        return known[kind, member]

    return ask


@pytest.mark.parametrize(("kind", "member"), EVERY)
def test_every_kind_is_read(reading, kind, member):
    assert reading(kind, member).right >= LEAST[kind]


@pytest.mark.parametrize("member", HELD)
def test_what_was_read_before_is_read(reading, member):
    assert reading("held", member).right >= 0.98


def test_hardly_any_is_read_wrong_with_confidence(reading):
    sure = [reading(kind, member).sure for kind, member in [*EVERY, *(("held", member) for member in HELD)]]
    assert np.mean(sure) <= MOST_SURE


def test_the_digits_of_scikit_learn_are_read(matcher):
    """1,797 digits of 43 people, 8 x 8 pixels from 0 to 16, stretched to a square."""
    digits = load_digits()
    inks = np.stack([to_ink(image) for image in digits.images])
    similarity = torch.from_numpy(matcher.embed(inks) @ matcher.gallery.embeddings.T)
    votes = vote(matcher.gallery.labels[similarity.topk(5).indices.numpy()])
    assert (votes == digits.target).mean() >= 0.975


@pytest.mark.parametrize("way", ["a chalk board", "a trimmed PNG"])
def test_one_shot_is_as_good_from(matcher, hundred, way):
    """Naming 90 drawings from one example of each digit, both made in the same way, within 3 points of white paper."""
    inks, rng = hundred.images[:, 0].numpy(), np.random.default_rng(0)
    made = {
        "a chalk board": lambda ink: photographed(ink, rng, (0.85,) * 3, (0.25,) * 3, from_one_side),
        "a trimmed PNG": lambda ink: trimmed(ink, rng, by=5),
    }[way]

    def share(picture: Callable[[np.ndarray], object]) -> float:
        queries = matcher.examples([picture(ink) for ink in inks])
        support = [(str(label), queries[label]) for label in range(10)]
        names = [matcher.recognise(support, query).label for query in queries[10:]]
        return float(np.mean([name == str(label % 10) for label, name in enumerate(names)]))

    assert share(made) >= share(lambda ink: painted(coverage(ink), BLACK, WHITE)) - 0.03


# --- what is no ink -----------------------------------------------------------------------------------------


def rounded_blank(ground: tuple[int, int, int]) -> bytes:
    corners = Image.new("L", (280, 280))
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, 279, 279), 40, fill=255)
    return encoded(on_nothing(np.asarray(corners) / 255, ground), "PNG")


@pytest.mark.parametrize("ground", [WHITE, BLACK, (40, 80, 200)])
def test_a_blank_sheet_with_round_corners_is_blank(ground):
    with pytest.raises(BlankImageError):
        to_ink(rounded_blank(ground))


@pytest.mark.parametrize("seed", range(3))
def test_an_empty_board_with_a_shadow_is_blank(seed):
    rng = np.random.default_rng(seed)
    x = np.arange(400) / 400
    light = 1 - 0.5 / (1 + np.exp(-(x - 0.5) / 0.004))
    board = np.repeat(0.8 * light[None], 400, axis=0) + rng.normal(0, 0.012, (400, 400))
    with pytest.raises(BlankImageError):
        to_ink(np.rint(board.clip(0, 1) * 255).astype(np.uint8))


def test_pale_squared_paper_leaves_no_trace(hundred):
    """Its lines are paler than the pen, and run to the rim: they are not a second ink."""
    differences = []
    for ink in hundred.images[:20, 0].numpy():
        plain = painted(coverage(ink), BLACK, WHITE)
        squared = plain.copy()
        draw = ImageDraw.Draw(squared)
        for place in range(10, 280, 28):
            draw.line((0, place, 280, place), fill=(190, 205, 235))
            draw.line((place, 0, place, 280), fill=(190, 205, 235))
        squared = Image.fromarray(np.minimum(np.asarray(squared), np.asarray(plain)))
        differences.append(np.abs(to_ink(squared).astype(float) - to_ink(plain)).mean())
    assert np.median(differences) < 3


def test_a_single_line_is_a_symbol_not_a_border():
    for box in ((60, 138, 220, 142), (138, 60, 142, 220)):
        paper = Image.new("L", (280, 280), 255)
        ImageDraw.Draw(paper).rectangle(box, fill=0)
        assert (to_ink(paper) > 127).sum() > 20


def test_an_equals_sign_keeps_both_lines():
    paper = Image.new("L", (280, 280), 255)
    for y in (100, 180):
        ImageDraw.Draw(paper).rectangle((60, y - 4, 220, y + 4), fill=0)
    ink = to_ink(paper) > 127
    assert ink.any(axis=1).sum() < np.ptp(np.flatnonzero(ink.any(axis=1))) + 1  # a gap between them
