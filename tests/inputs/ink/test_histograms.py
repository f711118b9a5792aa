"""Telling ink from ground."""

from __future__ import annotations

import numpy as np
import pytest

from siamese.inputs.ink.histograms import quantile


@pytest.mark.parametrize("count", [1, 2, 3, 500])
def test_the_quantile_is_numpys(count):
    values = np.random.default_rng(count).random(count, dtype=np.float32)
    assert quantile(values, 0.8) == pytest.approx(float(np.quantile(values, 0.8)), abs=1e-6)
