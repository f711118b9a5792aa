"""Real training in small: it learns, averages, tells of itself, and refuses what it cannot learn from."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from siamese.config import AugmentationConfig, TrainingConfig
from siamese.data.images import LabeledImages
from siamese.data.sources import Role, Source
from siamese.data.synthetic.half_swaps import half_swaps
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet
from siamese.training import losses
from siamese.training.trainer import Trainer, train
from tests.helpers import PLAIN, TINY, as_outliers, as_symbols, identical, weights

QUICK = TrainingConfig(epochs=4, learning_rate=0.01, augmentation=PLAIN)
RECIPES = {
    "supcon": QUICK,
    "contrastive": replace(QUICK, loss="contrastive"),
    "triplet, batch-hard": replace(QUICK, loss="triplet"),
    "triplet, semi-hard": replace(QUICK, loss="triplet", mining="semi-hard"),
    "pairs": replace(QUICK, loss="contrastive", sampling="pairs", epochs=10),
    "triplets": replace(QUICK, loss="triplet", sampling="triplets", epochs=10),
}


def trainer(digits: LabeledImages, config: TrainingConfig = QUICK, *others: Source) -> Trainer:
    torch.manual_seed(config.seed)
    return Trainer(EmbeddingNet(TINY), [Source(digits, Role.DIGIT, 6), *others], config)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_loss_and_every_sampling_learns(digits, recipe):
    run = trainer(digits, RECIPES[recipe])
    history = train(run)
    assert [row["epoch"] for row in history] == list(range(1, run.config.epochs + 1))
    assert history[-1]["loss"] < 0.9 * history[0]["loss"]
    assert all(0 <= row["active"] <= 1 and row["images_per_second"] > 0 for row in history)


def test_what_is_learned_shows_in_pictures_never_seen(digits, matcher):
    """After two seconds of training the untrained network is left behind."""
    images, labels = matcher.gallery.images[-500:], torch.from_numpy(matcher.gallery.labels[-500:])
    held_out = torch.from_numpy(images)[:, None]
    run = trainer(digits, replace(QUICK, epochs=20))
    before = losses.contrastive(embed(run.net, held_out), labels).value
    train(run)
    after = losses.contrastive(embed(run.ema, held_out), labels).value
    assert after < 0.8 * before


def test_the_average_follows_the_net_but_is_not_it(digits):
    run = trainer(digits)
    before = weights(run.ema)
    train(run)
    assert not identical(weights(run.ema), before)
    assert not identical(weights(run.ema), weights(run.net))


def test_validation_is_of_the_averaged_net_and_enters_the_history(digits):
    seen: list[EmbeddingNet] = []
    run = trainer(digits, replace(QUICK, epochs=2))

    def validate(net: EmbeddingNet) -> dict[str, int]:
        seen.append(net)
        return {"checked": len(seen)}

    history = train(run, validate)
    assert seen == [run.ema] * 2
    assert [row["checked"] for row in history] == [1, 2]


def test_callbacks_are_told_of_every_step_and_epoch(digits):
    steps, epochs = [], []
    run = trainer(digits, replace(QUICK, epochs=3))
    train(run, on_step=lambda _, step: steps.append(step), on_epoch=lambda _, figures: epochs.append(figures))
    assert [step.step for step in steps] == list(range(1, 3 * run.steps_per_epoch + 1))
    assert [step.epoch for step in steps] == sorted([0, 1, 2] * run.steps_per_epoch)
    assert {step.images for step in steps} == {60}
    assert epochs == run.history


def test_every_source_has_its_share_of_a_batch(digits):
    symbols = as_symbols(digits)
    run = trainer(
        digits,
        QUICK,
        Source(digits, Role.DIGIT, 3),
        Source(symbols, Role.SYMBOL, 5, classes=4),
        Source(half_swaps(digits, 6, seed=0), Role.SYNTHETIC, 2, classes=8),
        Source(as_outliers(digits.subset(torch.arange(30))), Role.OUTLIER, 7, classes=1, every=3),
    )
    names = run.data.names
    assert names[:10] == tuple("0123456789")
    assert len(run.data) == 3 * len(digits) + 90 * 6 + 30
    for number, index in enumerate(run.sampler.epoch(0)):
        shown = [names[label] for label in run.data.labels[index].tolist()]
        assert [sum(name == digit for name in shown) for digit in "0123456789"] == [9] * 10
        assert sum(name.startswith("symbol") for name in shown) == 4 * 5
        assert sum("over" in name for name in shown) == 8 * 2
        assert sum(name == "outlier" for name in shown) == (7 if number % 3 == 0 else 0)


@pytest.mark.parametrize("recipe", RECIPES)
def test_mixed_precision_ends_where_a_step_does(digits, recipe):
    """Whoever looks at the net between two steps computes in float32."""
    run = trainer(digits, replace(RECIPES[recipe], epochs=1))
    run.precision = torch.autocast("cpu", torch.bfloat16)
    for _ in run.steps():
        assert not torch.is_autocast_enabled("cpu")
        assert embed(run.net, digits.images[:2]).dtype == torch.float32


def test_the_classic_forms_learn_from_all_sources(digits):
    config = replace(QUICK, loss="contrastive", sampling="pairs", epochs=1)
    run = trainer(digits, config, Source(as_symbols(digits), Role.SYMBOL, 4))
    assert len(run.items) == 2 * len(digits)
    assert len(train(run)) == 1


@pytest.mark.parametrize("recipe", ["pairs", "triplets"])
def test_the_classic_forms_draw_anew_for_each_epoch(digits, recipe):
    run = trainer(digits, replace(RECIPES[recipe], epochs=2))
    partners = []
    train(run, on_epoch=lambda *_: partners.append([run.items[i][1].sum().item() for i in range(len(digits))]))
    assert partners[0] != partners[1]


def test_a_loss_that_is_no_number_ends_the_run(digits):
    run = trainer(digits)
    with torch.no_grad():
        run.net.heads["digits"].weight.fill_(float("nan"))
    with pytest.raises(ValueError, match="the learning rate is too high"):
        train(run)


@pytest.mark.parametrize("recipe", ["pairs", "triplets"])
def test_outliers_make_no_pairs(digits, recipe):
    with pytest.raises(ValueError, match=f"sampling 'classes', not '{recipe}'"):
        trainer(digits, RECIPES[recipe], Source(as_outliers(digits), Role.OUTLIER, 4))


def test_one_class_cannot_be_learned_from(digits):
    for config in (QUICK, RECIPES["pairs"], RECIPES["triplets"]):
        with pytest.raises(ValueError, match="at least two classes, the data has 1"):
            trainer(digits.subset(digits.labels == 4), config)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "softmax"}, "'softmax'"),
        ({"sampling": "quadruplets"}, "'quadruplets'"),
        ({"mining": "easy"}, "'easy'"),
        ({"epochs": 0}, "epochs must be greater than 0, got 0"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"temperature": 0.0}, "temperature"),
        ({"margin": 3.0}, "margin must lie between 0 and 2"),
        ({"margin": 0.0}, "margin must lie between 0 and 2"),
        ({"sampling": "pairs"}, "goes with the loss 'contrastive', not 'supcon'"),
        ({"sampling": "triplets", "loss": "contrastive"}, "goes with the loss 'triplet'"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**settings)


def test_augmentation_is_part_of_the_recipe(digits):
    """The same net and batches, other augmentation: another history."""
    plain, varied = (
        train(trainer(digits, replace(QUICK, epochs=1, augmentation=amounts)))[0]["loss"]
        for amounts in (PLAIN, AugmentationConfig())
    )
    assert plain != varied
