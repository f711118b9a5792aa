"""What the Compare tab answers: the values of its components."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from siamese.ui import compare


def unpacked(value: dict, name: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(value[name]), np.int8).astype(np.float64) / 127 * value["largest"]


def test_how_it_decides_has_both_embeddings_and_what_came_of_them(matcher):
    first, second = matcher.gallery.images[[3, 8]]
    verdict, _, _, decision = compare.compare(matcher, first, second, False)
    assert decision["distance"] == pytest.approx(verdict["distance"], abs=1e-6)
    assert decision["probability"] == pytest.approx(verdict["probability"], abs=1e-6)
    embeddings = unpacked(decision, "first"), unpacked(decision, "second")
    for embedding, picture in zip(embeddings, (first, second), strict=True):
        assert np.abs(embedding - matcher.encode(picture).embedding).max() < decision["largest"] / 127
    assert np.linalg.norm(embeddings[0] - embeddings[1]) == pytest.approx(verdict["distance"], abs=0.03)


def test_how_it_decides_while_one_is_missing_or_cannot_be_read(matcher):
    first = matcher.gallery.images[3]
    *_, decision = compare.compare(matcher, first, None, False)
    assert "first" in decision and "second" not in decision and "distance" not in decision
    verdict, *_, decision = compare.compare(matcher, b"no picture", first, False)
    assert "error" in verdict and "first" not in decision and "second" in decision
    *_, decision = compare.compare(matcher, None, None, False)
    assert set(decision) == {"largest"}
