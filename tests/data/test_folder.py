"""Folders of pictures as people have them: untidy."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from siamese.config import PRESETS, FolderConfig, RunConfig
from siamese.data.own_pictures import load_folder
from siamese.data.sampling import ClassBalancedSampler, batches, groups_of
from siamese.inputs.decode import MAX_PIXELS
from tests.picture_folders import document, photograph, write_folder

PRESET = PRESETS["pictures"]


def load(root: Path, **values) -> tuple[RunConfig, object, list[str]]:
    said: list[str] = []
    config = replace(PRESET, folder=replace(PRESET.folder, **values))
    config, corpus = load_folder(config, root, said.append)
    return config, corpus, said


def all_names(corpus) -> set[str]:
    return {corpus.fit.names[label] for part in (corpus.fit, corpus.validation, corpus.test) for label in part.labels}


def total(corpus) -> int:
    return len(corpus.fit) + len(corpus.validation) + len(corpus.test)


def test_what_is_no_picture_is_left_out_and_named(tmp_path):
    root = write_folder(tmp_path / "mine", names=["a", "b c", "صورة", "D", "e", "f"])
    (root / "a" / "broken.jpg").write_bytes(b"this is no picture")
    whole = (root / "D" / "0.png").read_bytes()
    (root / "D" / "half.PNG").write_bytes(whole[: len(whole) // 2])
    (root / "a" / "notes.txt").write_text("taken in May")
    (root / "README.md").write_text("my pictures")
    (root / "empty").mkdir()
    for hidden in (".git", "__MACOSX"):
        (root / hidden).mkdir()
        photograph(1, 99).save(root / hidden / "x.png")
    (root / "e" / ".thumb.png").write_bytes(whole)
    _, corpus, said = load(root)
    text = "\n".join(said)
    assert "Left out: a/broken.jpg" in text and "Left out: D/half.PNG" in text
    assert "2 of 38 files could not be read" in text
    assert "notes.txt" not in text
    assert all_names(corpus) == {"a", "b c", "صورة", "D", "e", "f"}
    assert total(corpus) == 36
    assert corpus.notes == ("2 of 38 files could not be read and were left out.",)


def test_pictures_lie_deeper_and_have_any_suffix_and_mode(tmp_path):
    root = write_folder(tmp_path, per_class=8)
    for number, mode in enumerate(("L", "P", "CMYK", "I;16", "RGBA", "1")):
        picture = photograph(number, 50).convert("L" if mode == "I;16" else "RGB" if mode == "RGBA" else mode)
        if mode == "I;16":
            picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
        if mode == "RGBA":
            picture = picture.convert("RGBA")
            picture.putalpha(128)
        folder = root / f"class{number:02d}" / "deeper" / "still"
        folder.mkdir(parents=True)
        picture.save(folder / ("x.TIF" if mode in ("CMYK", "I;16") else "x.PNG"))
    _, corpus, said = load(root)
    assert total(corpus) == 6 * 9
    assert not any("Left out" in line for line in said)


def test_a_turned_photograph_is_turned_back(tmp_path):
    root = write_folder(tmp_path)
    upright = photograph(0, 77, (40, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(root / "class00" / "turned.png", exif=exif)
    upright.save(root / "class00" / "upright.png")
    _, corpus, _ = load(root, image_size=(40, 40))
    pixels = {image.numpy().tobytes() for part in (corpus.fit, corpus.validation, corpus.test) for image in part.images}
    assert np.asarray(upright).transpose(2, 0, 1).tobytes() in pixels
    assert total(corpus) == 38
    assert len(pixels) == 37  # the two are the same picture


def test_equal_pictures_are_pointed_out(tmp_path):
    root = write_folder(tmp_path)
    content = (root / "class00" / "0.png").read_bytes()
    (root / "class03" / "copy.png").write_bytes(content)
    (root / "class00" / "again.png").write_bytes(content)
    _, corpus, said = load(root)
    assert "class00/0.png and class03/copy.png are the same picture in two classes." in said
    assert "Counted once, as copies within a class: class00/again.png." in said
    assert total(corpus) == 37


def test_a_very_large_picture_and_a_class_of_one(tmp_path):
    root = write_folder(tmp_path)
    Image.new("RGB", (8000, 5000), (10, 200, 30)).save(root / "class01" / "large.png")
    Image.new("1", (10_000, MAX_PIXELS // 10_000 + 1)).save(root / "class01" / "too large.png")
    (root / "alone").mkdir()
    photograph(50, 0).save(root / "alone" / "only.png")
    _, corpus, said = load(root)
    assert "alone" in all_names(corpus)
    assert total(corpus) == 38
    assert any("too large.png" in line for line in said)


def test_thousands_of_classes(tmp_path):
    tiny = [Image.fromarray(np.random.default_rng(i).integers(0, 256, (8, 8, 3), np.uint8)) for i in range(6000)]
    for label in range(3000):
        folder = tmp_path / f"{label}"
        folder.mkdir()
        for number in range(2):
            tiny[2 * label + number].save(folder / f"{number}.bmp")
    config, corpus, _ = load(tmp_path)
    assert config.folder.split == "classes"
    assert [len(part.labels.unique()) for part in (corpus.fit, corpus.validation, corpus.test)] == [1800, 600, 600]


@pytest.mark.parametrize(
    ("classes", "per_class", "message"),
    [(3, 4, "it takes at least 4"), (5, 1, "no class with two pictures"), (0, 0, "holds no pictures")],
)
def test_what_cannot_be_learned_from_is_refused(tmp_path, classes, per_class, message):
    root = write_folder(tmp_path / "mine", classes, per_class)
    root.mkdir(exist_ok=True)
    with pytest.raises(ValueError, match=message):
        load(root)


def test_no_such_folder(tmp_path):
    with pytest.raises(ValueError, match="There is no folder"):
        load(tmp_path / "nowhere")


def test_what_is_left_open_is_chosen_from_the_pictures(tmp_path):
    photos, _, said = load(write_folder(tmp_path / "photos", 20, 4))
    assert (photos.folder.kind, photos.folder.channels, photos.folder.fit) == ("photo", 3, "crop")
    assert photos.folder.split == "classes"
    assert photos.input.size == (48, 40)
    assert "Input: photo, 48x40, colours, crop. Split by classes" in said[-1]
    documents, _, _ = load(write_folder(tmp_path / "documents", 6, 8, document))
    assert (documents.folder.kind, documents.folder.channels) == ("document", 1)
    assert documents.folder.split == "pictures"
    write_folder(tmp_path / "more", 6, 10)
    given, _, _ = load(tmp_path / "more", kind="photo", channels=1, fit="pad", image_size=(32, 64), split="pictures")
    assert (given.input.size, given.input.channels, given.input.fit, given.folder.split) == (
        (32, 64),
        1,
        "pad",
        "pictures",
    )


def test_mean_and_deviation_are_of_the_training_pictures(tmp_path):
    config, corpus, _ = load(write_folder(tmp_path, 20, 4))
    pixels = corpus.fit.images.double() / 255
    assert config.input.mean == pytest.approx(pixels.mean(dim=(0, 2, 3)).tolist(), abs=1e-4)
    assert config.input.std == pytest.approx(pixels.std(dim=(0, 2, 3)).tolist(), abs=1e-3)


def test_a_limit_keeps_all_classes(tmp_path):
    root = write_folder(tmp_path, 6, 12)
    _, corpus, _ = load(root, limit=48)
    assert total(corpus) == 48
    assert len(all_names(corpus)) == 6


def test_a_limit_below_two_of_each_class_leaves_classes_out(tmp_path):
    _, corpus, _ = load(write_folder(tmp_path, 30, 3), limit=40)
    assert total(corpus) == 40
    assert len(all_names(corpus)) == 20


def test_streamed_pictures_make_the_same_batches(tmp_path):
    root = write_folder(tmp_path, 6, 6)
    config = replace(PRESET, folder=FolderConfig(per_class=2, classes=3))
    _, held = load_folder(config, root, lambda line: None, stream=False)
    _, streamed = load_folder(config, root, lambda line: None, stream=True)
    assert isinstance(held.fit.images, torch.Tensor) and not isinstance(streamed.fit.images, torch.Tensor)
    drawn: list[list[torch.Tensor]] = []
    for corpus in (held, streamed):
        sampler = ClassBalancedSampler(groups_of([corpus.source(config.folder)]), 3)
        drawn.append(list(batches(corpus.fit.images, sampler.epoch(1))))
    for images, read in zip(*drawn, strict=True):
        assert torch.equal(images, read)


def test_a_folder_of_broken_files_is_refused_in_a_line(tmp_path):
    for label in range(5):
        (tmp_path / f"{label}").mkdir()
        for number in range(2):
            (tmp_path / f"{label}" / f"{number}.jpg").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"None of the 10 files of .*, such as 0/0.jpg, is a picture"):
        load(tmp_path)


def test_a_class_whose_pictures_are_all_broken_is_no_class(tmp_path):
    root = write_folder(tmp_path, 6, 8)
    for path in (root / "class02").iterdir():
        path.write_bytes(path.read_bytes()[:60])
    _, corpus, said = load(root)
    assert corpus.fit.names == ("class00", "class01", "class03", "class04", "class05")
    assert sum("Left out: class02/" in line for line in said) == 8


def test_names_that_are_no_utf8_are_escaped(tmp_path):
    """As archives of older systems leave them; they could neither be printed nor stored."""
    root = write_folder(tmp_path / "mine")
    try:
        renamed = (root / "class00").rename(root / os.fsdecode(b"caf\xe9"))
        (renamed / "broken.jpg").write_bytes(b"no picture")
    except OSError:
        pytest.skip("this file system has names of UTF-8 alone")
    _, corpus, said = load(root)
    assert r"caf\xe9" in corpus.fit.names
    assert r"Left out: caf\xe9/broken.jpg: it is no picture" in said
    "\n".join((*said, *corpus.fit.names)).encode()


def test_of_many_equal_pictures_some_are_named_and_the_others_counted(tmp_path):
    root = write_folder(tmp_path, 30, 4)
    content = (root / "class00" / "0.png").read_bytes()
    for label in range(1, 30):
        (root / f"class{label:02d}" / "placeholder.png").write_bytes(content)
    _, corpus, said = load(root)
    assert sum("are the same picture in two classes" in line for line in said) == 20
    assert "So are 9 more pairs." in corpus.notes


def test_a_class_may_be_a_link_and_a_link_may_lead_back(tmp_path):
    root = write_folder(tmp_path / "mine", 5, 8)
    write_folder(tmp_path / "elsewhere", 1, 8, names=["sixth"])
    (root / "sixth").symlink_to(tmp_path / "elsewhere" / "sixth", target_is_directory=True)
    (root / "class00" / "back").symlink_to(root, target_is_directory=True)
    _, corpus, _ = load(root)
    assert "sixth" in all_names(corpus)
    assert total(corpus) == 6 * 8
