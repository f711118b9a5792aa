"""Strokes are drawn as the page's canvas draws them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from siamese.data.pendigits import Recording
from siamese.data.synthetic.pen import redrawn, render_strokes, rendered, varied
from siamese.inputs.ink import is_ink

ONE = Recording(1, 1, (np.array([[250.0, 100], [250, 250], [250, 400]]),))
FOUR = Recording(4, 2, (np.array([[200.0, 100], [150, 250], [300, 250]]), np.array([[260.0, 150], [260, 400]])))


def test_a_recording_is_drawn_dark_on_light_in_the_middle():
    picture = np.asarray(render_strokes(ONE.strokes, brush=14, height=180))
    rows, columns = np.nonzero(picture < 128)
    assert picture.shape == (280, 280)
    assert rows.mean() == pytest.approx(140, abs=2)
    assert columns.mean() == pytest.approx(140, abs=2)
    assert np.ptp(columns) + 1 == pytest.approx(14, abs=2)
    assert np.ptp(rows) + 1 == pytest.approx(180 + 14, abs=3)


def test_a_rendered_recording_becomes_ink():
    pictures = rendered([ONE, FOUR], brush=14)
    assert [pictures.names[label] for label in pictures.labels] == ["1", "4"]
    assert pictures.labels.tolist() == [1, 4]
    assert all(is_ink(image) for image in pictures.images[:, 0].numpy())


def test_varied_renderings_differ_and_come_again_for_the_same_seed():
    recordings = [ONE, FOUR]
    once, again = varied(recordings, 3, seed=1), varied(recordings, 3, seed=1)
    assert once.labels.tolist() == [1, 1, 1, 4, 4, 4]
    assert torch.equal(once.images, again.images)
    assert not torch.equal(once.images[3], once.images[4])


def test_a_redrawn_digit_is_another_drawing_of_the_same():
    rng = np.random.default_rng(0)
    for recording in (ONE, FOUR):
        again = redrawn(recording, rng)
        assert (again.label, again.writer, len(again.strokes)) == (
            recording.label,
            recording.writer,
            len(recording.strokes),
        )
        size = np.ptp(np.concatenate(recording.strokes), axis=0).max()
        for before, after in zip(recording.strokes, again.strokes, strict=True):
            assert 0 < np.abs(after.mean(axis=0) - before.mean(axis=0)).max() < 0.3 * size
    again = varied([FOUR], 3, seed=1, redraw=True)
    assert not torch.equal(again.images, varied([FOUR], 3, seed=1).images)


def test_a_dot_is_drawn_as_a_dot():
    picture = np.asarray(render_strokes([np.array([[3.0, 3.0]])], brush=20))
    rows, columns = np.nonzero(picture < 128)
    assert np.ptp(rows) + 1 == pytest.approx(20, abs=2)
    assert np.ptp(columns) + 1 == pytest.approx(20, abs=2)


def test_ends_are_round_or_cut_off():
    round_ends, cut = (
        np.asarray(render_strokes(ONE.strokes, 20, 180, round_ends=round_ends)) < 128 for round_ends in (True, False)
    )
    assert (cut <= round_ends).all()
    assert np.ptp(np.nonzero(round_ends)[0]) - np.ptp(np.nonzero(cut)[0]) == pytest.approx(20, abs=3)


def test_without_oversampling_edges_are_hard():
    hard, smooth = (np.asarray(render_strokes(FOUR.strokes, 14, oversample=oversample)) for oversample in (1, 2))
    assert hard.shape == smooth.shape == (280, 280)
    assert set(np.unique(hard)) == {0, 255}
    assert len(np.unique(smooth)) > 2
