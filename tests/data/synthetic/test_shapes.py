"""Digits in shapes that MNIST hardly has."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from siamese.data.synthetic.shapes import SHAPES, curve, drawn_shapes
from siamese.retrieval.search import vote


def test_the_same_seed_draws_the_same_shapes():
    first, again, other = (drawn_shapes(16, seed) for seed in (3, 3, 4))
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)
    assert first.labels.tolist() == [1, 4, 7, 9] * 4


def test_most_are_what_they_are_called(matcher):
    drawn = drawn_shapes(120, seed=5)
    similarity = torch.from_numpy(matcher.embed(drawn.images[:, 0].numpy()) @ matcher.gallery.embeddings.T)
    votes = vote(matcher.gallery.labels[similarity.topk(5).indices.numpy()])
    assert (votes == drawn.labels.numpy()).mean() > 0.85


@pytest.mark.parametrize("label", SHAPES)
def test_a_shape_is_strokes_of_about_one_unit(label):
    for seed in range(20):
        strokes = SHAPES[label](np.random.default_rng(seed))
        points = np.concatenate(strokes)
        assert all(stroke.ndim == 2 and stroke.shape[1] == 2 for stroke in strokes)
        assert 0.7 < np.ptp(points, axis=0).max() < 1.8


def test_a_curve_goes_from_its_first_point_to_its_last():
    line = curve((0, 0), (5, 5), (1, 0))
    assert line[0].tolist() == [0, 0]
    assert line[-1].tolist() == [1, 0]
    assert 0 < line[:, 1].max() < 5
