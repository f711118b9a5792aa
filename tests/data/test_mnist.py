"""MNIST's files are read right, and files that are not MNIST's are refused."""

from __future__ import annotations

import gzip
import shutil

import numpy as np
import pytest

from siamese.data.mnist import load_mnist
from tests.helpers import write_mnist


def test_mnist_is_read_in_its_own_order(mnist_dir, matcher):
    test = load_mnist(mnist_dir, train=False)
    assert np.array_equal(test.images[:, 0].numpy(), matcher.gallery.images)
    assert np.array_equal(test.labels.numpy(), matcher.gallery.labels)
    assert test.names == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
    assert len(load_mnist(mnist_dir)) == 60000


def test_the_environment_can_name_the_folder(mnist_dir, monkeypatch):
    monkeypatch.setenv("SIAMESE_DATA", str(mnist_dir))
    assert len(load_mnist(train=False)) == 10000


def test_a_named_folder_without_mnist_is_refused_not_filled(tmp_path):
    with pytest.raises(ValueError, match="No MNIST in"):
        load_mnist(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_files_of_another_size_are_refused(tmp_path):
    few = np.zeros((20, 28, 28)), np.zeros(20)
    write_mnist(tmp_path, few, few)
    with pytest.raises(ValueError, match="not 60000 images"):
        load_mnist(tmp_path)


@pytest.mark.parametrize(
    "packed", [("train-images-idx3-ubyte",), ("train-labels-idx1-ubyte", "train-images-idx3-ubyte")]
)
def test_files_are_read_as_they_are_published(mnist_dir, tmp_path, packed):
    raw = tmp_path / "MNIST" / "raw"
    shutil.copytree(mnist_dir / "MNIST" / "raw", raw)
    for name in packed:
        (raw / f"{name}.gz").write_bytes(gzip.compress((raw / name).read_bytes(), 1))
        (raw / name).unlink()
    before = sorted(path.name for path in raw.iterdir())
    read, expected = load_mnist(tmp_path), load_mnist(mnist_dir)
    assert read.images.equal(expected.images) and read.labels.equal(expected.labels)
    assert sorted(path.name for path in raw.iterdir()) == before
    (raw / f"{packed[0]}.gz").write_bytes((raw / f"{packed[0]}.gz").read_bytes()[:-100])
    with pytest.raises(ValueError, match="cannot be read"):
        load_mnist(tmp_path)


def test_labels_beyond_nine_are_refused(mnist_dir, tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    shutil.copytree(mnist_dir / "MNIST" / "raw", raw)
    labels = bytearray((raw / "t10k-labels-idx1-ubyte").read_bytes())
    labels[-1] = 11
    (raw / "t10k-labels-idx1-ubyte").write_bytes(bytes(labels))
    with pytest.raises(ValueError, match="labels from 0 to 11, not 0 to 9"):
        load_mnist(tmp_path, train=False)


def test_a_truncated_file_is_refused(mnist_dir, tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (mnist_dir / "MNIST" / "raw").iterdir():
        (raw / file.name).write_bytes(file.read_bytes()[:5000])
    with pytest.raises(ValueError, match="cannot be read"):
        load_mnist(tmp_path, train=False)
