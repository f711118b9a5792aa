"""MNIST: 70,000 handwritten digits (LeCun, Cortes and Burges, 1998), read through torchvision."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siamese.data.images import LabeledImages
from siamese.data.location import find_data_dir

TRAIN_SIZE, TEST_SIZE = 60_000, 10_000
NAMES = tuple("0123456789")
FILES = tuple(f"{part}-{what}" for part in ("train", "t10k") for what in ("images-idx3-ubyte", "labels-idx1-ubyte"))


def load_mnist(data_dir: str | os.PathLike | None = None, train: bool = True) -> LabeledImages:
    """The 60,000 training or 10,000 test images of MNIST, in their published order.

    They are read from `MNIST/raw` in the data folder, where torchvision stores them, unpacked or as `.gz`. They are
    downloaded only if no folder was named, neither by the argument nor by `$SIAMESE_DATA`.

    Args:
        data_dir: the folder that contains `MNIST/raw`; None for `$SIAMESE_DATA`, or a download to `./data`.
        train: True for the training images, False for the test images.

    Returns:
        images of shape (60000, 1, 28, 28) or (10000, 1, 28, 28), with classes named "0" to "9".

    Raises:
        ValueError: the named folder does not contain MNIST, its files are damaged or of another size, or the download
            fails.
    """
    from torchvision.datasets import MNIST

    root = find_data_dir(data_dir)
    named = bool(data_dir or os.environ.get("SIAMESE_DATA"))
    try:
        with _unpacked(root) as unpacked:
            dataset = MNIST(unpacked, train=train, download=not named)
    except RuntimeError as error:
        if (root / "MNIST" / "raw").is_dir():
            raise ValueError(f"The MNIST files in {str(root)!r} cannot be read: {error}") from error
        if named:
            raise ValueError(
                f"No MNIST in {str(root)!r}: expected {root / 'MNIST' / 'raw'}. "
                "Name the folder above it, or none to download it."
            ) from error
        raise ValueError(f"MNIST could not be downloaded to {str(root)!r}: {error}") from error
    except (ValueError, AssertionError, OSError, EOFError, zlib.error) as error:
        raise ValueError(f"The MNIST files in {str(root)!r} cannot be read: {error}") from error
    expected = TRAIN_SIZE if train else TEST_SIZE
    if dataset.data.shape != (expected, 28, 28) or len(dataset.targets) != expected:
        raise ValueError(f"The MNIST files in {str(root)!r} hold {tuple(dataset.data.shape)}, not {expected} images.")
    if dataset.targets.min() < 0 or dataset.targets.max() >= len(NAMES):
        found = f"{int(dataset.targets.min())} to {int(dataset.targets.max())}"
        raise ValueError(f"The MNIST files in {str(root)!r} have labels from {found}, not 0 to 9.")
    return LabeledImages(dataset.data.unsqueeze(1), dataset.targets.long(), NAMES)


@contextmanager
def _unpacked(root: Path) -> Iterator[Path]:
    """The data folder; or a temporary one with its files unpacked, where some lie there as they are published, as `.gz`.

    torchvision unpacks only what it has downloaded. The data folder may be read-only, so nothing is written to it.
    """
    raw = root / "MNIST" / "raw"
    packed = [name for name in FILES if not (raw / name).is_file() and (raw / f"{name}.gz").is_file()]
    if not packed:
        yield root
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "MNIST" / "raw"
        folder.mkdir(parents=True)
        for name in FILES:
            if name in packed:
                with gzip.open(raw / f"{name}.gz") as source, (folder / name).open("wb") as target:
                    shutil.copyfileobj(source, target)
            elif (raw / name).is_file():
                shutil.copyfile(raw / name, folder / name)
        yield Path(temporary)
