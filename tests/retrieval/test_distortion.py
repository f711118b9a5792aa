"""The image distortion model, against its definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from siamese.retrieval.distortion import REACH, SIDE, distortions, gradients
from siamese.retrieval.few_shot import squared_distances

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (6, SIDE, SIDE), dtype=np.uint8)


def stroke(row: int, bend: int = 0) -> np.ndarray:
    """A line across, whose right half lies some pixels lower."""
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[row : row + 2, 6:14] = 255
    ink[row + bend : row + bend + 2, 14:22] = 255
    return ink


def one_way(a: torch.Tensor, b: torch.Tensor) -> float:
    """Place by place: the least mean squared difference of 3 x 3 places over all displacements. Outside there is no ink."""
    margin = REACH + 1
    fields = []
    for field in (a, b):
        wide = np.zeros((2, SIDE + 4 * margin, SIDE + 4 * margin))
        wide[:, 2 * margin : -2 * margin, 2 * margin : -2 * margin] = field.numpy()
        fields.append(wide)
    first, second = fields
    total, reach = 0.0, range(-REACH, REACH + 1)
    for y in range(2 * margin - REACH, 2 * margin + SIDE + REACH):
        for x in range(2 * margin - REACH, 2 * margin + SIDE + REACH):
            around = first[:, y - 1 : y + 2, x - 1 : x + 2]
            total += min(
                ((around - second[:, y + v - 1 : y + v + 2, x + u - 1 : x + u + 2]) ** 2).sum() / 9
                for v in reach
                for u in reach
            )
    return total


def test_it_is_what_its_definition_gives():
    a, b = gradients(NOISE[:2])
    wanted = ((one_way(a, b) + one_way(b, a)) / 2) ** 0.5
    assert distortions(a[None], b[None])[0] == pytest.approx(wanted, rel=1e-4)


def test_a_drawing_and_itself_do_not_differ_and_the_order_does_not_matter():
    fields = gradients(NOISE)
    assert (distortions(fields, fields) == 0).all()
    np.testing.assert_allclose(distortions(fields[:3], fields[3:]), distortions(fields[3:], fields[:3]), rtol=1e-5)


def test_what_is_displaced_within_reach_costs_little_and_beyond_it_much():
    fields = gradients(np.stack([stroke(12), stroke(12, REACH), stroke(12, 3 * REACH)]))
    near, far = distortions(fields[:1], fields[1:])
    assert near < far / 2


def test_many_pairs_are_as_each_alone():
    fields = gradients(RNG.integers(0, 256, (150, SIDE, SIDE), dtype=np.uint8))
    together = distortions(fields[:1], fields)
    alone = np.concatenate([distortions(fields[:1], field[None]) for field in fields])
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)
    assert len(distortions(fields[:1], fields[:0])) == 0


def test_fine_ink_is_compared_as_its_mean():
    fine = NOISE.repeat(2, axis=1).repeat(2, axis=2)
    torch.testing.assert_close(gradients(fine), gradients(NOISE))


def test_blank_ink_has_a_distance():
    fields = gradients(np.stack([np.zeros((SIDE, SIDE), np.uint8), NOISE[0]]))
    assert np.isfinite(distortions(fields[:1], fields)).all()


def test_it_tells_apart_what_the_embedding_does_not():
    rows = np.ones((1, 1), np.float32)
    inks = np.stack([stroke(12), stroke(12, 1), stroke(12, 8)])
    same = np.repeat(rows, 3, axis=0)
    assert (squared_distances(rows, same, inks[:1], inks, 0.0) == 0).all()
    (squared,) = squared_distances(rows, same, inks[:1], inks, 0.6)
    assert squared[0] == 0
    assert squared[0] < squared[1] < squared[2]
    np.testing.assert_allclose(squared, 0.6 * distortions(gradients(inks[:1]), gradients(inks)))
