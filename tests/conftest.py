"""What several tests need: the shipped model, real digits, and MNIST as files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import siamese
from siamese.data.images import LabeledImages
from siamese.matcher import Matcher
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.search import vote
from tests.helpers import TINY, first_of_each, leaving_out, six_times, write_mnist

# Threads that share a core with other work spin at each barrier; on a busy machine one alone is ten times as fast.
os.environ.setdefault("OMP_NUM_THREADS", "1")  # of what tests start
torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Baselines that tests measure are kept apart from the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def matcher() -> Matcher:
    """The bundle that ships with the code, with its gallery of 10,000 MNIST test pictures."""
    return siamese.load()


@pytest.fixture(scope="session")
def digits(matcher: Matcher) -> LabeledImages:
    """300 real digits, 30 of each class, in the order 0, 1, ... 9, 0, 1, ..."""
    return first_of_each(matcher, 30)


@pytest.fixture(scope="session")
def hundred(matcher: Matcher) -> LabeledImages:
    """100 real digits, 10 of each class, for tests that make a picture of each."""
    return first_of_each(matcher, 10)


@pytest.fixture(scope="session")
def without_hundred(matcher: Matcher, hundred: LabeledImages) -> Matcher:
    """The matcher with a gallery that lacks the hundred digits, so that none of them finds itself."""
    asked = {ink.tobytes() for ink in hundred.images[:, 0].numpy()}
    return leaving_out(
        matcher, np.array([i for i, image in enumerate(matcher.gallery.images) if image.tobytes() in asked])
    )


@pytest.fixture(scope="session")
def share_read(without_hundred: Matcher, hundred: LabeledImages) -> Callable[..., float]:
    """A function of a function: the share of a hundred digits that are read right from `picture(ink)`."""

    def share(picture: Callable[[np.ndarray], object]) -> float:
        votes = [
            vote([n.label for n in without_hundred.neighbours(picture(ink), 5)]) for ink in hundred.images[:, 0].numpy()
        ]
        return float(np.mean(np.equal(votes, hundred.labels.tolist())))

    return share


@pytest.fixture
def net() -> EmbeddingNet:
    """A network small enough to train in a moment, the same every time."""
    torch.manual_seed(0)
    return EmbeddingNet(TINY)


# --- the browser --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the real app."""
    from tests.app_server import running_app

    with running_app(tmp_path_factory.mktemp("app") / "log.txt") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Headless Chromium; without one the test is skipped, except in CI."""
    from tests.visitor import chromium, open_browser

    if not chromium():
        if os.environ.get("CI"):
            pytest.fail("There is no Chromium, and CI has to have one.")
        pytest.skip("There is no Chromium on this machine.")
    with open_browser() as browser:
        yield browser


# --- MNIST as files -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def mnist_dir(matcher: Matcher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 60,000 training and 10,000 test images, as torchvision lays MNIST out.

    The test images are the gallery's. The training images are the same moved a pixel or two six ways, so
    that none of them is a test image.
    """
    images, labels = matcher.gallery.images, matcher.gallery.labels
    folder = tmp_path_factory.mktemp("data")
    write_mnist(folder, (six_times(images), np.tile(labels, 6)), (images, labels))
    return folder
