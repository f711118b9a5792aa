"""What a matcher returns."""

from __future__ import annotations

import numpy as np

from siamese.retrieval.results import Query


def test_a_query_equals_itself_alone_and_can_be_looked_up():
    one, other = (Query(np.zeros((28, 28), np.uint8), np.ones(4, np.float32)) for _ in range(2))
    assert one == one and one != other
    assert [other, one].index(one) == 1
    assert len({one, other}) == 2
