"""The trap: a score that was measured on what was fitted."""

from __future__ import annotations

import pytest
import torch

from siamese.config import Views
from siamese.data.images import LabeledImages, join
from siamese.evaluation import protocol
from siamese.evaluation.embedded import EmbeddedSet, embedded, raw_pixels
from siamese.evaluation.scores import assert_disjoint, scores
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet


def of(net: EmbeddingNet, pictures: LabeledImages) -> EmbeddedSet:
    return embedded(net, pictures, Views())


def values(fit: EmbeddedSet, test: EmbeddedSet) -> dict[str, float]:
    return {metric.key: metric.value for metric in scores(fit, test)}


@pytest.fixture
def halves(digits) -> tuple[LabeledImages, LabeledImages]:
    return digits.subset(torch.arange(0, 150)), digits.subset(torch.arange(150, 300))


def test_disjoint_sets_pass(halves):
    assert_disjoint(*halves)


def test_a_test_picture_that_was_fitted_is_refused(net, halves):
    fit, test = halves
    leaked = join(fit, test.subset(torch.tensor([4])))
    with pytest.raises(ValueError, match="1 of 150 test pictures were also fitted"):
        scores(of(net, leaked), of(net, test))


def test_the_training_set_in_place_of_the_test_set_is_refused(net, halves):
    fit, _ = halves
    with pytest.raises(ValueError, match="150 of 150"):
        scores(of(net, fit), of(net, fit))


def test_mixed_up_embeddings_change_what_is_reported(halves):
    """The guard looks at the pictures; embeddings that belong to others show in the figures."""
    fit, test = (raw_pixels(half) for half in halves)
    right = values(fit, test)
    swapped = values(EmbeddedSet(fit.pictures, test.embeddings), EmbeddedSet(test.pictures, fit.embeddings))
    assert {key for key in right if swapped[key] == right[key]} == set()
    # The embeddings of the fitted pictures in the place of the test pictures' own, with the labels of the fitted ones.
    leaked = values(
        fit, EmbeddedSet(LabeledImages(test.pictures.images, fit.labels, test.pictures.names), fit.embeddings)
    )
    assert right["1-nn accuracy"] < leaked["1-nn accuracy"] == 1


def test_a_subset_keeps_pictures_labels_and_embeddings_together(net, digits):
    index = torch.tensor([5, 17, 2])
    some = of(net, digits).subset(index)
    assert torch.equal(some.pictures.images, digits.images[index])
    assert torch.equal(some.labels, digits.labels[index])
    assert torch.allclose(some.embeddings, embed(net, digits.images[index]), atol=1e-5)


def test_shuffled_labels_are_read_at_chance(net, halves):
    """Pixels can't tell random labels: only scoring the fitted pictures themselves would."""
    generator = torch.Generator().manual_seed(3)
    fit, test = (LabeledImages(h.images, torch.randint(0, 10, (len(h),), generator=generator), h.names) for h in halves)
    result = values(of(net, fit), of(net, test))
    assert result["1-nn accuracy"] < 0.25
    assert result["roc auc"] == pytest.approx(0.5, abs=0.05)


def test_the_pictures_that_are_passed_are_the_ones_embedded(net, halves):
    fit, test = (half.images[:20] for half in halves)
    one_by_one = torch.cat([embed(net, image[None]) for image in test])
    assert torch.allclose(embed(net, test, batch_size=8), one_by_one, atol=1e-5)
    assert not torch.allclose(embed(net, fit), one_by_one, atol=0.001)


def test_measured_accuracy_is_that_of_raw_pixels_by_hand(halves):
    fit, test = (raw_pixels(half) for half in halves)
    nearest = [int(((fit.embeddings - query) ** 2).sum(1).argmin()) for query in test.embeddings]
    by_hand = float((fit.labels[nearest] == test.labels).float().mean())
    assert 0.5 < by_hand < 1
    assert values(fit, test)["1-nn accuracy"] == pytest.approx(by_hand)
    assert int(test.pairs.same.sum() + test.pairs.different.sum()) == 150 * 149 // 2


@pytest.mark.parametrize("share", [0.9, 0.99])
def test_the_novelty_threshold_lets_the_wanted_share_pass(net, halves, share, monkeypatch):
    assert protocol.NOT_NOVEL == 0.99
    monkeypatch.setattr(protocol, "NOT_NOVEL", share)
    gallery, queries = (of(net, half) for half in halves)
    threshold = protocol._novelty_threshold(queries, gallery, rank=5)
    fifth = torch.cdist(queries.embeddings, gallery.embeddings).sort(dim=1).values[:, 4]
    within = float((fifth <= threshold).float().mean())
    assert within == pytest.approx(share, abs=0.01)
    assert within < 1
    assert threshold == pytest.approx(float(torch.quantile(fifth, share)), abs=1e-4)
