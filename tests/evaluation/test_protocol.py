"""Each set is embedded once by each head, and what is measured says what it was measured on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from siamese.bundle.metrics import metric
from siamese.config import InferenceConfig, InputConfig, Views
from siamese.data.images import LabeledImages
from siamese.data.omniglot import Alphabet, as_classes
from siamese.evaluation import few_shot, generalisation, metrics, one_shot, protocol, scores
from siamese.evaluation.embedded import EmbeddedSet, embedded, raw_pixels, together
from siamese.models.inference import embed, fuse
from siamese.models.networks import EmbeddingNet, initialised
from siamese.retrieval.calibration import fit_calibration
from siamese.retrieval.distances import BINS, PairDistances, bins_of
from siamese.retrieval.few_shot import squared_distances
from tests.helpers import TINY, identical, weights

INFERENCE = InferenceConfig(Views((-8.0, 0.0, 8.0)), "symbols", Views((-15.0, 0.0, 15.0)))


def squared(rows: torch.Tensor) -> torch.Tensor:
    """(N, dim) -> (N, N) squared distances."""
    return torch.cdist(rows.double(), rows.double()).square()


@pytest.fixture
def two_heads() -> EmbeddingNet:
    return initialised(replace(TINY, heads=("digits", "symbols")), InputConfig(), seed=0)


@pytest.fixture
def embeddings_made(monkeypatch) -> list[tuple[int, str | None]]:
    """(pictures, head) of each call that embeds."""
    made: list[tuple[int, str | None]] = []

    def noted(net, images, head=None, *rest):
        made.append((len(images), head))
        return embed(net, images, head, *rest)

    for module in ("siamese.evaluation.embedded", "siamese.evaluation.one_shot"):
        monkeypatch.setattr(f"{module}.embed", noted)
    return made


def test_errors_on_fitted_pictures_say_so(net, digits):
    fit, validation = embedded(net, digits, Views()), embedded(net, digits, Views())
    calibration = fit_calibration([validation.pairs])
    found = protocol._validation_scores(fit, validation, {"clean": validation.pairs}, calibration)
    titles = {each.key: each.title for each in found}
    assert titles == {
        "5-nn accuracy": "5-NN accuracy",
        "clean/equal error rate": "Equal error rate, clean",
        "clean/calibration error": "Calibration error on the pictures it was fitted to, clean",
    }


def test_excluded_digits_are_measured_by_each_head_and_embedded_by_the_other_alone(two_heads, digits, embeddings_made):
    test = embedded(two_heads, digits, INFERENCE.views)
    embeddings_made.clear()
    first, second = generalisation.excluded_digits(two_heads, test, (3, 8), INFERENCE)
    assert embeddings_made == [(60, "symbols")]
    unseen = digits.subset(torch.isin(digits.labels, torch.tensor([3, 8])))
    for found, head, views in ((first, "digits", INFERENCE.views), (second, "symbols", INFERENCE.few_shot_views)):
        rate, _ = metrics.equal_error_rate(embedded(two_heads, unseen, views, head).pairs)
        title = f"Digits 3, 8, never trained on: equal error rate by the head for {head}"
        assert found == metric(f"digits 3, 8/{head}/equal error rate", found.value, title)
        assert found.value == pytest.approx(rate, abs=1e-3)


def test_networks_together_average_their_squared_distances(net, two_heads, digits):
    sets = [embedded(net, digits, Views()), embedded(two_heads, digits, Views(), "symbols")]
    both = together(sets)
    assert torch.allclose(both.embeddings.norm(dim=1), torch.ones(len(digits)), atol=1e-5)
    first, second = (squared(each.embeddings) for each in sets)
    assert torch.allclose(squared(both.embeddings), (first + second) / 2, atol=1e-5)
    assert both.pictures is digits


def test_an_only_head_is_not_named_and_embeds_nothing_again(net, digits, embeddings_made):
    test = embedded(net, digits, INFERENCE.views)
    embeddings_made.clear()
    (found,) = generalisation.excluded_digits(net, test, (3,), replace(INFERENCE, few_shot_head="digits"))
    assert found.title == "Digits 3, never trained on: equal error rate"
    assert generalisation.excluded_digits(net, test, (), INFERENCE) == []
    assert embeddings_made == []


def test_held_out_alphabets_are_embedded_once_and_give_figures_and_a_calibration(
    two_heads, matcher, monkeypatch, embeddings_made
):
    monkeypatch.setattr(few_shot, "RUNS", 4)
    of_seven = matcher.gallery.images[matcher.gallery.labels == 7][: 20 * 3].reshape(20, 3, 28, 28)
    alphabets = [Alphabet("Long", of_seven), Alphabet("Short", of_seven[:19])]
    measured = few_shot.measure_few_shot(two_heads, alphabets, INFERENCE, "another")
    assert embeddings_made == [(60, "symbols"), (57, "symbols")]
    ours, pixels = measured.figures
    assert ours.title == "Long (used to choose the recipe), 20-way one-shot error, another"
    assert (ours.key, pixels.key) == ("Long/one-shot error", "Long/raw pixels/one-shot error")
    assert measured.net is two_heads
    assert measured.calibration == fit_calibration(
        [
            embedded(
                fuse(two_heads), as_classes([alphabet], rotations=False), INFERENCE.few_shot_views, "symbols"
            ).pairs
            for alphabet in alphabets
        ]
    )
    assert few_shot.measure_few_shot(two_heads, [], INFERENCE).calibration is None
    wanted = one_shot.omniglot(fuse(two_heads), one_shot.generate_runs(of_seven, runs=4, seed=0), INFERENCE)
    assert (ours.value, pixels.value) == (wanted["this network"][0], wanted["raw pixels"][0])


def test_the_calibration_is_of_the_distances_by_which_symbols_are_recognised(two_heads, matcher):
    images = matcher.gallery.images[matcher.gallery.labels == 7][: 5 * 3].reshape(5, 3, 28, 28)
    alphabet, views = Alphabet("Short", images), INFERENCE.few_shot_views
    measured = few_shot.measure_few_shot(two_heads, [alphabet], replace(INFERENCE, few_shot_distortion=0.6))
    drawings = embedded(fuse(two_heads), as_classes([alphabet], rotations=False), views, "symbols")
    rows, inks = drawings.embeddings.numpy(), drawings.pictures.images[:, 0].numpy()
    distances = squared_distances(rows, rows, inks, inks, 0.6).clip(0, 4) ** 0.5
    one, other = np.triu_indices(len(rows), 1)
    same = (drawings.labels[one] == drawings.labels[other]).numpy()
    counts = [np.bincount(bins_of(distances[one, other][kind]), minlength=BINS) for kind in (same, ~same)]
    assert measured.calibration == fit_calibration([PairDistances(*counts)])


def test_the_untrained_network_is_that_of_the_run_and_its_input(digits, monkeypatch):
    seen: list[EmbeddingNet] = []

    def noted(net: EmbeddingNet, pictures: LabeledImages, views: Views) -> EmbeddedSet:
        seen.append(net)
        return raw_pixels(pictures)

    monkeypatch.setattr(scores, "embedded", noted)
    trained = initialised(TINY, InputConfig(std=(0.5,)), seed=1)
    found = scores.baselines(trained, 7, digits.subset(torch.arange(150)), digits.subset(torch.arange(150, 300)))
    assert list(found) == ["Raw pixels", "Untrained network"]
    assert all(net.input == trained.input for net in seen) and len(seen) == 2
    torch.manual_seed(7)
    assert identical(weights(seen[0]), weights(fuse(EmbeddingNet(TINY))))


def test_a_history_that_lacks_a_figure_is_refused_before_anything_is_measured(net):
    with pytest.raises(ValueError, match=r"history\[0\].validation_accuracy is missing"):
        row = {"epoch": 1, "loss": 1.0, "active": 0.5, "images_per_second": 1.0, "seconds": 1.0}
        protocol.evaluate(net, None, None, [row], "", 0, torch.device("cpu"))
