"""Whitening: what drawings of one class differ by counts less."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from siamese.config import Views
from siamese.data.images import LabeledImages
from siamese.evaluation import metrics
from siamese.evaluation.embedded import EmbeddedSet, embedded
from siamese.evaluation.whitening import whitened


@pytest.fixture
def halves(net, digits) -> tuple[EmbeddedSet, EmbeddedSet]:
    """Digits 0 to 4, and the others."""
    whole = embedded(net, digits, Views())
    return whole.subset(digits.labels < 5), whole.subset(digits.labels >= 5)


def test_cosines_are_by_the_inverse_of_the_shrunk_covariance_within_classes(halves):
    known, _ = halves
    rows = known.embeddings.double()
    for label in known.labels.unique():
        rows[known.labels == label] -= rows[known.labels == label].mean(dim=0)
    covariance = rows.T @ rows / len(rows)
    inverse = torch.linalg.inv(0.5 * covariance + 0.5 * covariance.diagonal().mean() * torch.eye(8).double())
    centred = known.embeddings.double() - known.embeddings.double().mean(dim=0)
    products = centred @ inverse @ centred.T
    lengths = products.diagonal().sqrt()
    found = whitened(known, known, 0.5).embeddings.double()
    assert torch.allclose(found @ found.T, products / lengths / lengths[:, None], atol=1e-4)


def test_the_whole_shrunk_centres_alone(halves):
    unseen, known = halves
    expected = functional.normalize(unseen.embeddings - known.embeddings.mean(dim=0), dim=1)
    found = whitened(unseen, known, 1.0)
    products = found.embeddings @ found.embeddings.T
    assert torch.allclose(products, expected @ expected.T, atol=1e-4)
    assert found.pictures is unseen.pictures


def test_a_direction_in_which_a_hand_writes_as_it_likes_counts_less():
    """Two classes an inch apart, drawn a yard wide in another direction, and known ones drawn alike."""
    generator = torch.Generator().manual_seed(0)

    def drawn(places: list[float], names: tuple[str, ...]) -> EmbeddedSet:
        labels = torch.arange(len(places)).repeat_interleave(200)
        rows = torch.randn(len(labels), 3, generator=generator) * torch.tensor([0.05, 0.6, 0.05])
        rows[:, 0] += torch.tensor(places)[labels]
        rows[:, 2] += 1
        pictures = LabeledImages(torch.zeros(len(labels), 1, 28, 28, dtype=torch.uint8), labels, names)
        return EmbeddedSet(pictures, functional.normalize(rows, dim=1))

    unseen, known = drawn([-0.2, 0.2], ("a", "b")), drawn([-0.4, 0.0, 0.4], ("c", "d", "e"))
    before, _ = metrics.equal_error_rate(unseen.pairs)
    after, _ = metrics.equal_error_rate(whitened(unseen, known, 0.1).pairs)
    assert before > 0.3
    assert after < before / 2


@pytest.mark.parametrize("shrinkage", [-0.1, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(halves, shrinkage):
    with pytest.raises(ValueError, match="shrinkage must lie between 0 and 1"):
        whitened(*halves, shrinkage)
