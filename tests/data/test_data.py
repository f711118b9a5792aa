"""Splits that never overlap, files that are read right, and the guard against measuring memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from siamese.data import images as data
from siamese.data import pendigits as strokes
from siamese.data.images import LabeledImages, split_mnist
from siamese.evaluation import protocol as evaluate
from siamese.inputs.ink import is_ink, to_ink
from siamese.models.networks import embed
from tests.helpers import write_mnist
from tests.omniglot_files import drawing, write_omniglot

MNIST_COUNTS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)  # of the training images


@pytest.fixture(scope="module")
def numbered() -> LabeledImages:
    """As many pictures of each class as MNIST has, each with its number written into its first bytes."""
    labels = torch.repeat_interleave(torch.arange(10), torch.tensor(MNIST_COUNTS))
    images = np.zeros((60000, 1, 28, 28), np.uint8)
    images[:, 0, 0, :4] = np.arange(60000, dtype=np.uint32).view(np.uint8).reshape(-1, 4)
    return LabeledImages(torch.from_numpy(images), labels)


def numbers(part: LabeledImages) -> set[int]:
    return set(part.images[:, 0, 0, :4].contiguous().numpy().view(np.uint32).ravel().tolist())


# --- splits -------------------------------------------------------------------------------------------


def test_the_split_is_55000_to_fit_and_5000_to_choose_by(numbered):
    split = split_mnist(numbered)
    assert (len(split.fit), len(split.validation)) == (55000, 5000)


def test_no_picture_is_in_both_parts_and_none_is_lost(numbered):
    split = split_mnist(numbered)
    fit, validation = numbers(split.fit), numbers(split.validation)
    assert not fit & validation
    assert fit | validation == set(range(60000))


def test_the_split_is_stratified(numbered):
    shares = torch.bincount(split_mnist(numbered).validation.labels) / torch.tensor(MNIST_COUNTS)
    assert shares.tolist() == pytest.approx([1 / 12] * 10, abs=3e-4)


def test_the_split_is_the_same_each_time_and_not_just_the_first_pictures(numbered):
    once = split_mnist(numbered)
    torch.manual_seed(123)
    assert torch.equal(once.validation.images, split_mnist(numbered).validation.images)
    first_zeros = set(range(len(once.validation) // 10))
    assert not first_zeros <= numbers(once.validation)


def test_limit_draws_without_repeating(numbered):
    some = data.limit(numbered, 500)
    assert len(numbers(some)) == 500
    assert some.labels.unique().tolist() == list(range(10))
    assert len(data.limit(some, 1000)) == 500


def test_without_leaves_out_classes(digits):
    assert digits.without([3, 7]).labels.unique().tolist() == [0, 1, 2, 4, 5, 6, 8, 9]
    assert len(digits.without([])) == len(digits)


def test_pictures_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 28, 28\)"):
        LabeledImages(torch.zeros(2, 28, 28, dtype=torch.uint8), torch.zeros(2))
    with pytest.raises(ValueError, match="2 images have 3 labels"):
        LabeledImages(torch.zeros(2, 1, 28, 28, dtype=torch.uint8), torch.zeros(3))


# --- the trap: a score that was measured on what was fitted ---------------------------------------------


@pytest.fixture
def halves(digits) -> tuple[LabeledImages, LabeledImages]:
    return digits.subset(torch.arange(0, 150)), digits.subset(torch.arange(150, 300))


def test_a_test_picture_that_was_fitted_is_refused(net, halves):
    fit, test = halves
    leaked = data.join(fit, test.subset(torch.tensor([4])))
    with pytest.raises(ValueError, match="1 of 150 test pictures were also fitted"):
        evaluate.measure(embed(net, leaked.images), leaked, embed(net, test.images), test, None)


def test_the_training_set_in_place_of_the_test_set_is_refused(net, halves):
    fit, _ = halves
    embedded = embed(net, fit.images)
    with pytest.raises(ValueError, match="150 of 150"):
        evaluate.measure(embedded, fit, embedded, fit, None)


def test_shuffled_labels_are_read_at_chance(net, halves):
    """Pixels can't tell random labels: only scoring the fitted pictures themselves would."""
    chance = torch.Generator().manual_seed(3)
    fit, test = (LabeledImages(h.images, torch.randint(0, 10, (len(h),), generator=chance)) for h in halves)
    result = evaluate.measure(embed(net, fit.images), fit, embed(net, test.images), test, None)
    assert result["1-nn accuracy"] < 0.25
    assert result["roc auc"] == pytest.approx(0.5, abs=0.05)


def test_the_pictures_that_are_passed_are_the_ones_embedded(net, halves):
    fit, test = (half.images[:20] for half in halves)
    one_by_one = torch.cat([embed(net, image[None]) for image in test])
    assert torch.allclose(embed(net, test, batch_size=8), one_by_one, atol=1e-5)
    assert not torch.allclose(embed(net, fit), one_by_one, atol=0.001)


def test_measured_accuracy_is_that_of_raw_pixels_by_hand(halves):
    fit, test = halves
    a, b = evaluate.pixels(fit.images), evaluate.pixels(test.images)
    nearest = [int(((a - query) ** 2).sum(1).argmin()) for query in b]
    by_hand = float((fit.labels[nearest] == test.labels).float().mean())
    result = evaluate.measure(a, fit, b, test, None)
    assert 0.5 < by_hand < 1
    assert result["1-nn accuracy"] == pytest.approx(by_hand)
    assert result["pairs"] == 150 * 149 // 2


def test_the_novelty_threshold_lets_the_wanted_share_pass(net, halves):
    gallery, queries = (embed(net, h.images) for h in halves)
    threshold = evaluate.novelty_threshold(queries, gallery, rank=5, share=0.9)
    fifth = torch.cdist(queries, gallery).sort(dim=1).values[:, 4]
    assert float((fifth <= threshold).float().mean()) == pytest.approx(0.9, abs=0.01)


# --- MNIST --------------------------------------------------------------------------------------------


def test_mnist_is_read_in_its_own_order(mnist_dir, matcher):
    test = data.load_mnist(mnist_dir, train=False)
    assert np.array_equal(test.images[:, 0].numpy(), matcher.gallery.images)
    assert np.array_equal(test.labels.numpy(), matcher.gallery.labels)
    assert len(data.load_mnist(mnist_dir)) == 60000


def test_the_environment_can_name_the_folder(mnist_dir, monkeypatch):
    monkeypatch.setenv("SIAMESE_DATA", str(mnist_dir))
    assert len(data.load_mnist(train=False)) == 10000


def test_a_named_folder_without_mnist_is_refused_not_filled(tmp_path):
    with pytest.raises(ValueError, match="No MNIST in"):
        data.load_mnist(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_files_of_another_size_are_refused(tmp_path):
    few = np.zeros((20, 28, 28)), np.zeros(20)
    write_mnist(tmp_path, few, few)
    with pytest.raises(ValueError, match="not 60000 images"):
        data.load_mnist(tmp_path)


def test_a_truncated_file_is_refused(mnist_dir, tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (mnist_dir / "MNIST" / "raw").iterdir():
        (raw / file.name).write_bytes(file.read_bytes()[:5000])
    with pytest.raises(ValueError, match="cannot be read"):
        data.load_mnist(tmp_path, train=False)


# --- pen strokes --------------------------------------------------------------------------------------

UNIPEN = """.VERSION 1.0
.COMMENT two digits and a recording without a stroke
.SEGMENT DIGIT ? ? "1"
.PEN_DOWN
 250 400
 250 250
 250 100
.PEN_UP
.DT 100
.SEGMENT DIGIT ? ? "4"
.PEN_DOWN
 200 400
 150 250
 300 250
.PEN_UP
.DT 151
.PEN_DOWN
 260 350
 260 100
.PEN_UP
.SEGMENT DIGIT ? ? "7"
.COMMENT the pen never came down
"""


def test_unipen_is_read():
    one, four = strokes.parse_unipen(UNIPEN)
    assert (one.label, four.label) == (1, 4)
    assert [len(stroke) for stroke in four.strokes] == [3, 2]
    # On the tablet y grows upwards, in pictures downwards.
    assert one.strokes[0].tolist() == [[250, 100], [250, 250], [250, 400]]


def test_a_recording_is_drawn_dark_on_light_in_the_middle():
    picture = np.asarray(strokes.render(strokes.parse_unipen(UNIPEN)[0], brush=14, height=180))
    rows, columns = np.nonzero(picture < 128)
    assert picture.shape == (280, 280)
    assert rows.mean() == pytest.approx(140, abs=2)
    assert columns.mean() == pytest.approx(140, abs=2)
    assert np.ptp(columns) + 1 == pytest.approx(14, abs=2)
    assert np.ptp(rows) + 1 == pytest.approx(180 + 14, abs=3)


def test_a_rendered_recording_becomes_ink():
    pictures = strokes.rendered(strokes.parse_unipen(UNIPEN), brush=14)
    assert pictures.labels.tolist() == [1, 4]
    assert all(is_ink(image) for image in pictures.images[:, 0].numpy())


def test_varied_renderings_differ_and_come_again_for_the_same_seed():
    recordings = strokes.parse_unipen(UNIPEN)
    once, again = strokes.varied(recordings, 3, seed=1), strokes.varied(recordings, 3, seed=1)
    assert once.labels.tolist() == [1, 1, 1, 4, 4, 4]
    assert torch.equal(once.images, again.images)
    assert not torch.equal(once.images[3], once.images[4])


def test_a_redrawn_digit_is_another_drawing_of_the_same():
    (one, four) = strokes.parse_unipen(UNIPEN)
    chance = np.random.default_rng(0)
    for recording in (one, four):
        again = strokes.redrawn(recording, chance)
        assert (again.label, again.writer, len(again.strokes)) == (
            recording.label,
            recording.writer,
            len(recording.strokes),
        )
        size = np.ptp(np.concatenate(recording.strokes), axis=0).max()
        for before, after in zip(recording.strokes, again.strokes, strict=True):
            assert 0 < np.abs(after.mean(axis=0) - before.mean(axis=0)).max() < 0.3 * size
    redrawn = strokes.varied([four], 3, seed=1, redraw=True)
    assert not torch.equal(redrawn.images, strokes.varied([four], 3, seed=1).images)


def test_nobody_who_is_held_out_is_also_fitted_or_both_chosen_by_and_reported_on():
    strokes_of_one = strokes.parse_unipen(UNIPEN)[0].strokes
    recordings = [strokes.Recording(digit, writer, strokes_of_one) for digit in range(10) for writer in range(1, 31)]
    fit, held = strokes.hold_out(recordings)
    assert {recording.writer for recording in held} == {6, 12, 18, 24, 30}
    assert len(fit) + len(held) == len(recordings)
    assert not {recording.writer for recording in fit} & {recording.writer for recording in held}
    choose, report = strokes.halve(held)
    assert {recording.writer for recording in choose} == {6, 12}
    assert {recording.writer for recording in report} == {18, 24, 30}
    assert len(choose) + len(report) == len(held)


def test_missing_or_foreign_pen_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match="No pen strokes in"):
        strokes.load_pendigits(tmp_path)
    (tmp_path / "pendigits").mkdir()
    (tmp_path / "pendigits" / "pendigits-orig.tra").write_text("1,2,3\n")
    with pytest.raises(ValueError, match="no digits in UNIPEN format"):
        strokes.load_pendigits(tmp_path)


# --- Omniglot -----------------------------------------------------------------------------------------


def test_omniglot_is_read_each_alphabet_once(tmp_path):
    write_omniglot(tmp_path, "small1", {"Greek": 3, "Tagalog": 2})
    write_omniglot(tmp_path, "small2", {"Greek": 3, "Armenian": 1})
    alphabets = data.load_omniglot(tmp_path)
    assert [alphabet.name for alphabet in alphabets] == ["Armenian", "Greek", "Tagalog"]
    assert [alphabet.images.shape for alphabet in alphabets] == [(n, 4, 28, 28) for n in (1, 3, 2)]
    greek = alphabets[1].images
    assert np.array_equal(greek[2, 1], data.character_ink(drawing(3, 2)))
    assert not np.array_equal(greek[2, 1], greek[1, 1])


def test_an_omniglot_drawing_becomes_ink():
    ink = data.character_ink(drawing(2, 3))
    assert is_ink(ink)
    assert np.array_equal(to_ink(ink), ink)


def test_every_character_and_every_turn_of_it_is_a_class(tmp_path):
    write_omniglot(tmp_path, "small1", {"Greek": 3, "Tagalog": 2})
    alphabets = data.load_omniglot(tmp_path, ("small1",))
    turned, plain = data.as_classes(alphabets), data.as_classes(alphabets, rotations=False)
    assert torch.bincount(turned.labels)[10:].tolist() == [4] * 20
    assert plain.labels.unique().tolist() == list(range(10, 15))
    first, second = turned.images[turned.labels == 10], turned.images[turned.labels == 11]
    assert torch.equal(torch.rot90(first, 1, dims=(2, 3)), second)


def test_missing_or_broken_omniglot_sets_are_refused(tmp_path):
    with pytest.raises(ValueError, match="No Omniglot set in"):
        data.load_omniglot(tmp_path)
    (tmp_path / "omniglot").mkdir()
    (tmp_path / "omniglot" / "images_background_small1.zip").write_bytes(b"PK no zip")
    with pytest.raises(ValueError, match="small1"):
        data.load_omniglot(tmp_path, ("small1",))
