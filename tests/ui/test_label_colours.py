"""The colours of labels on the map."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from siamese.ui.label_colours import colours_of


def test_up_to_ten_labels_keep_their_own_colours():
    assert colours_of(np.zeros((3, 2)), np.array([0, 1, 2]), 3) == [0, 1, 2]


def test_labels_that_lie_side_by_side_differ():
    xy = np.stack([np.arange(50.0), np.zeros(50)], axis=1)
    colours = colours_of(xy, np.arange(50), 50)
    assert all(a != b for a, b in pairwise(colours))
    assert set(colours) == set(range(10))
