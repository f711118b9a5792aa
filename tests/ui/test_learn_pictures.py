"""The Learn tab on a gallery of own pictures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from siamese.matcher import Matcher, load
from siamese.ui import learn
from siamese.ui.line import Line
from siamese.ui.live_settings import Settings, enough_pictures, ready_settings
from siamese.ui.live_training import run, split_pictures
from siamese.ui.wording import wording_of
from tests.helpers import Everybody
from tests.picture_bundle import save_picture_bundle


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Matcher:
    return load(save_picture_bundle(tmp_path_factory.mktemp("learn") / "things"))


def test_half_of_each_class_is_held_out(pictures):
    split = learn.split_of(pictures)
    assert len(split.fit) == len(split.held_out) == len(pictures.gallery) // 2
    assert np.array_equal(pictures.gallery.labels[split.indices], split.held_out.labels.numpy())
    assert (split.input.kind, split.input.channels, max(split.input.size)) == ("photo", 3, 32)
    fitted = {image.numpy().tobytes() for image in split.fit.images}
    assert not any(image.numpy().tobytes() in fitted for image in split.held_out.images)


def test_a_run_learns_to_tell_them_apart(pictures):
    first, *_, last = run(Settings(dim=8), learn.split_of(pictures), seconds=6)
    assert last.last and last.step > 0
    assert last.accuracy > max(first.accuracy, 0.6)


def test_small_classes_are_left_out_and_small_galleries_refused():
    labels = np.repeat(np.arange(6), [8, 8, 8, 8, 7, 1])
    images = np.random.default_rng(0).integers(0, 256, (len(labels), 20, 40), np.uint8)
    split = split_pictures(images, labels, tuple("abcdef"))
    assert set(split.held_out.labels.tolist()) == {0, 1, 2, 3}
    assert (split.input.size, split.input.channels) == ((16, 32), 1)
    assert not enough_pictures(labels[8:])
    with pytest.raises(ValueError, match="4 classes of 8"):
        split_pictures(images[8:], labels[8:], tuple("abcdef"))


def test_nothing_speaks_of_digits(pictures):
    assert learn.possible(pictures)
    ready = ready_settings(wording_of(pictures))
    assert len(ready) == 4
    assert not any("digit" in f"{one['name']} {one['text']}" for one in ready)
    event = SimpleNamespace(number=1, settings={"dim": 2})
    sent = list(learn.messages(event, lambda settings: iter_of_nothing(), Line(Everybody()), "visitor", digits=False))
    assert all("command" not in message for message in sent)


def iter_of_nothing():
    yield from ()
