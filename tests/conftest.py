"""What several tests need: the shipped model, real digits, and MNIST as files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import siamese  # noqa: E402
from siamese.data import LabeledImages  # noqa: E402
from siamese.gallery import Gallery  # noqa: E402
from siamese.matcher import Matcher, vote  # noqa: E402
from siamese.networks import EmbeddingNet, NetworkConfig  # noqa: E402

TINY = NetworkConfig(embedding_dim=8, channels=(4, 8, 8), blocks=(1, 1, 1))


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


def first_of_each(matcher: Matcher, count: int) -> LabeledImages:
    labels = matcher.gallery.labels
    index = np.stack([np.flatnonzero(labels == label)[:count] for label in range(10)], axis=1).ravel()
    return LabeledImages(torch.from_numpy(matcher.gallery.images[index])[:, None], torch.from_numpy(labels[index]))


@pytest.fixture(scope="session")
def stranger(matcher: Matcher, hundred: LabeledImages) -> Matcher:
    """The matcher with a gallery that lacks the hundred digits, so that none of them finds itself."""
    asked = {ink.tobytes() for ink in hundred.images[:, 0].numpy()}
    kept = np.array([image.tobytes() not in asked for image in matcher.gallery.images])
    parts = {part: getattr(matcher.gallery, part)[kept] for part in ("images", "labels", "embeddings", "xy")}
    other = copy(matcher)
    other.gallery = Gallery(**parts)
    return other


@pytest.fixture(scope="session")
def share_read(stranger: Matcher, hundred: LabeledImages) -> Callable[..., float]:
    """A function of a function: the share of a hundred digits that are read right from `picture(ink)`."""

    def share(picture: Callable[[np.ndarray], object]) -> float:
        votes = [vote(stranger.neighbours(picture(ink), 5)) for ink in hundred.images[:, 0].numpy()]
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
    from app_server import running_app

    with running_app(tmp_path_factory.mktemp("app") / "log.txt") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Headless Chromium; without one the test is skipped, except in CI."""
    from visitor import chromium, open_browser

    if not chromium():
        if os.environ.get("CI"):
            pytest.fail("There is no Chromium, and CI has to have one.")
        pytest.skip("There is no Chromium on this machine.")
    with open_browser() as browser:
        yield browser


def canvas(ink: np.ndarray, side: int = 140, share: float = 0.8) -> Image.Image:
    """A digit as an even, dark drawing on white paper: "L", `side` pixels, its field `share` of that."""
    field = round(side * share)
    enlarged = Image.fromarray(255 - ink).resize((field, field), Image.Resampling.BICUBIC)
    paper = Image.new("L", (side, side), 255)
    paper.paste(enlarged, ((side - field) // 2,) * 2)
    return paper


def unit_rows(count: int, dim: int, seed: int = 0) -> torch.Tensor:
    """Random unit vectors."""
    rows = torch.randn(count, dim, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(rows, dim=1)


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


def six_times(images: np.ndarray) -> np.ndarray:
    """The pictures moved by a pixel or two in six ways, one after the other."""
    moves = ((0, 1), (1, 0), (1, 1), (-1, 1), (2, 0), (0, -2))
    return np.concatenate([np.roll(images, move, axis=(1, 2)) for move in moves])


def write_mnist(folder: Path, train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> None:
    """Write (images, labels) twice into `folder/MNIST/raw`, in MNIST's IDX format."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, (images, labels) in (("train", train), ("t10k", test)):
        (raw / f"{name}-images-idx3-ubyte").write_bytes(idx(images))
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(idx(labels))


def idx(array: np.ndarray) -> bytes:
    header = np.array([0x0800 + array.ndim, *array.shape], dtype=">u4")
    return header.tobytes() + array.astype(np.uint8).tobytes()
