"""Omniglot's files are read right, and its characters become classes with names."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from siamese.data.omniglot import as_classes, character_ink, load_omniglot
from siamese.inputs.ink import is_ink, to_ink
from tests.omniglot_files import drawing, write_omniglot


def test_omniglot_is_read_each_alphabet_once(tmp_path):
    write_omniglot(tmp_path, "small1", {"Greek": 3, "Tagalog": 2})
    write_omniglot(tmp_path, "small2", {"Greek": 3, "Armenian": 1})
    alphabets = load_omniglot(tmp_path)
    assert [alphabet.name for alphabet in alphabets] == ["Armenian", "Greek", "Tagalog"]
    assert [alphabet.images.shape for alphabet in alphabets] == [(n, 4, 28, 28) for n in (1, 3, 2)]
    greek = alphabets[1].images
    assert np.array_equal(greek[2, 1], character_ink(drawing(3, 2)))
    assert not np.array_equal(greek[2, 1], greek[1, 1])


def test_an_omniglot_drawing_becomes_ink():
    ink = character_ink(drawing(2, 3))
    assert is_ink(ink)
    assert np.array_equal(to_ink(ink), ink)


def test_ink_may_be_made_in_another_way(tmp_path):
    write_omniglot(tmp_path, "small1", {"Greek": 2})
    (greek,) = load_omniglot(
        tmp_path, ("small1",), side=56, ink=lambda png, side: np.full((side, side), len(png) % 256)
    )
    assert greek.images.shape == (2, 4, 56, 56)
    assert (greek.images[1, 2] == len(drawing(2, 3)) % 256).all()


def test_every_character_and_every_rotation_of_it_is_a_class(tmp_path):
    write_omniglot(tmp_path, "small1", {"Greek": 3, "Tagalog": 2})
    alphabets = load_omniglot(tmp_path, ("small1",))
    rotated, plain = as_classes(alphabets), as_classes(alphabets, rotations=False)
    assert torch.bincount(rotated.labels).tolist() == [4] * 20
    assert plain.labels.unique().tolist() == list(range(5))
    assert plain.names == ("Greek 01", "Greek 02", "Greek 03", "Tagalog 01", "Tagalog 02")
    assert rotated.names[:5] == (
        "Greek 01",
        "Greek 01, rotated 90",
        "Greek 01, rotated 180",
        "Greek 01, rotated 270",
        "Greek 02",
    )
    first, second = rotated.images[rotated.labels == 0], rotated.images[rotated.labels == 1]
    assert torch.equal(torch.rot90(first, 1, dims=(2, 3)), second)


def test_missing_or_broken_omniglot_sets_are_refused(tmp_path):
    with pytest.raises(ValueError, match="No Omniglot set in"):
        load_omniglot(tmp_path)
    (tmp_path / "omniglot").mkdir()
    (tmp_path / "omniglot" / "images_background_small1.zip").write_bytes(b"PK no zip")
    with pytest.raises(ValueError, match="small1"):
        load_omniglot(tmp_path, ("small1",))
