"""What tests and benchmarks make: real digits from the shipped gallery, drawings, MNIST as files."""

from __future__ import annotations

import io
from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from siamese.bundle.format import Bundle
from siamese.config import AugmentationConfig, FewShotConfig, NetworkConfig, SourceConfig, TrainingConfig
from siamese.data.images import LabeledImages
from siamese.inputs.preparing import to_batch
from siamese.matcher import Matcher
from siamese.models.inference import embed
from siamese.retrieval.gallery import Gallery
from siamese.ui.listeners import Listeners

ROOT = Path(__file__).resolve().parent.parent
TINY = NetworkConfig(embedding_dim=8, channels=(4, 8, 8), blocks=(1, 1, 1))
FEW_SHOT = FewShotConfig(  # a network for new symbols that is trained in a moment
    network=replace(TINY, heads=("symbols",)),
    training=TrainingConfig(epochs=3),
    symbols=SourceConfig(classes=6, per_class=2),
    letters=SourceConfig(pictures=2, classes=12, per_class=2),
    digits=SourceConfig(pictures=40, per_class=2),
)
PLAIN = AugmentationConfig(0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0)  # changes nothing


class Everybody(Listeners):
    """Listeners among whom everybody is."""

    def has(self, session: str | None) -> bool:
        return True


def first_of_each(matcher: Matcher, count: int) -> LabeledImages:
    labels = matcher.gallery.labels
    index = np.stack([np.flatnonzero(labels == label)[:count] for label in range(10)], axis=1).ravel()
    return LabeledImages(
        torch.from_numpy(matcher.gallery.images[index])[:, None], torch.from_numpy(labels[index]), matcher.labels
    )


def canvas(ink: np.ndarray, side: int = 140, share: float = 0.8) -> Image.Image:
    """A digit as an even, dark drawing on white paper: "L", `side` pixels, its field `share` of that."""
    field = round(side * share)
    enlarged = Image.fromarray(255 - ink).resize((field, field), Image.Resampling.BICUBIC)
    paper = Image.new("L", (side, side), 255)
    paper.paste(enlarged, ((side - field) // 2,) * 2)
    return paper


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    """A picture as the bytes of a file of a kind, "PNG" for one; `options` go to Pillow."""
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


STORED = {  # EXIF orientation -> how a camera that was held that way stores an upright scene
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def leaving_out(matcher: Matcher, left_out: np.ndarray) -> Matcher:
    """The matcher with a gallery that lacks some pictures, so that none of them finds itself.

    Args:
        matcher: stays as it is.
        left_out: indices of the gallery.
    """
    kept = np.setdiff1d(np.arange(len(matcher.gallery.labels)), left_out)
    other = copy(matcher)
    other.gallery = Gallery(
        **{part: getattr(matcher.gallery, part)[kept] for part in ("images", "labels", "embeddings", "xy")}
    )
    return other


def embedded_anew(bundle: Bundle, count: int) -> Bundle:
    """A bundle of ink whose network has changed, with the first pictures of its gallery as that network embeds them."""
    gallery = bundle.gallery
    images = gallery.images[:count]
    embeddings = embed(bundle.net, to_batch(images, bundle.net.input), views=bundle.inference.views).numpy()
    return replace(bundle, gallery=Gallery(images, gallery.labels[:count], embeddings, gallery.xy[:count]))


def unit_rows(count: int, dim: int, seed: int = 0) -> torch.Tensor:
    """Random unit vectors."""
    rows = torch.randn(count, dim, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(rows, dim=1)


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


def as_symbols(digits: LabeledImages) -> LabeledImages:
    """Digits in the place of symbols: the same pictures, in classes of their own."""
    return LabeledImages(digits.images, digits.labels, tuple(f"symbol {name}" for name in digits.names))


def as_outliers(digits: LabeledImages) -> LabeledImages:
    """Digits in the place of pictures that belong to no class."""
    return LabeledImages(digits.images, torch.zeros_like(digits.labels), ("outlier",))


def weights(net: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A copy of a net's weights."""
    return {name: value.clone() for name, value in net.state_dict().items()}


def identical(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    """Whether two nets have the same weights, to the last bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)
