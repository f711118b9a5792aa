"""Procedural characters: drawn alike, and unlike others."""

from __future__ import annotations

import numpy as np
from procedural_characters import procedural_alphabet

from siamese.inputs.ink import is_ink


def test_each_character_is_drawn_as_often_as_asked_in_mnists_form():
    made = procedural_alphabet(30, 5, seed=1)
    assert made.images.shape == (30, 5, 28, 28)
    assert made.images.dtype == np.uint8
    assert np.mean([is_ink(picture) for picture in made.images.reshape(-1, 28, 28)]) > 0.9


def test_drawings_of_a_character_differ_less_than_characters_do():
    images = procedural_alphabet(30, 2, seed=1).images
    first, second = (images[:, drawer].reshape(30, -1).astype(float) for drawer in (0, 1))
    distances = np.linalg.norm(first[:, None] - second[None], axis=2)
    assert (distances.diagonal() > 0).all()
    assert (distances.argmin(axis=1) == np.arange(30)).mean() > 0.8


def test_they_come_again_for_the_same_seed():
    once, again, other = (procedural_alphabet(4, 3, seed).images for seed in (1, 1, 2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)
