"""MNIST: 70,000 handwritten digits (LeCun, Cortes and Burges, 1998), read through torchvision."""

from __future__ import annotations

import os

from siamese.data.images import LabeledImages
from siamese.data.location import find_data_dir

TRAIN_SIZE, TEST_SIZE = 60_000, 10_000
NAMES = tuple("0123456789")


def load_mnist(data_dir: str | os.PathLike | None = None, train: bool = True) -> LabeledImages:
    """The 60,000 training or 10,000 test images of MNIST, in their published order.

    They are read from `MNIST/raw` in the data folder, where torchvision stores them. They are downloaded only if no
    folder was named, neither by the argument nor by `$SIAMESE_DATA`.

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
        dataset = MNIST(root, train=train, download=not named)
    except RuntimeError as error:
        if (root / "MNIST" / "raw").is_dir():
            raise ValueError(f"The MNIST files in {str(root)!r} cannot be read: {error}") from error
        if named:
            raise ValueError(
                f"No MNIST in {str(root)!r}: expected {root / 'MNIST' / 'raw'}. "
                "Name the folder above it, or none to download it."
            ) from error
        raise ValueError(f"MNIST could not be downloaded to {str(root)!r}: {error}") from error
    except (ValueError, AssertionError, OSError) as error:
        raise ValueError(f"The MNIST files in {str(root)!r} cannot be read: {error}") from error
    expected = TRAIN_SIZE if train else TEST_SIZE
    if dataset.data.shape != (expected, 28, 28) or len(dataset.targets) != expected:
        raise ValueError(f"The MNIST files in {str(root)!r} hold {tuple(dataset.data.shape)}, not {expected} images.")
    return LabeledImages(dataset.data.unsqueeze(1), dataset.targets.long(), NAMES)
