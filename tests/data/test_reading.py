"""Pictures that are read as they are needed do what those in memory do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from siamese.config import PRESETS, FolderConfig, InputConfig, NetworkConfig, RunConfig, Views
from siamese.data import reading
from siamese.data.own_pictures import FolderCorpus, load_folder
from siamese.data.reading import StreamedPictures, read_pictures
from siamese.data.sampling import batches
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet
from siamese.training.trainer import Trainer, train
from tests.helpers import identical
from tests.picture_folders import write_folder

FORM = InputConfig("photo", (24, 32), 3, (0.5,) * 3, (0.25,) * 3, None, None, "crop")
SMALL = NetworkConfig("conv", 8, (4, 8), (1, 1), ("pictures",), 2, 1)


@pytest.fixture
def paths(tmp_path) -> list[Path]:
    return sorted(write_folder(tmp_path / "things", 4, 3).rglob("*.png"))


def both_ways(root: Path) -> list[tuple[RunConfig, FolderCorpus]]:
    preset = PRESETS["pictures"]
    config = replace(preset, network=SMALL, folder=FolderConfig(per_class=2, classes=4, passes=1))
    config = replace(config, training=replace(config.training, epochs=2))
    return [load_folder(config, root, lambda line: None, stream) for stream in (False, True)]


def test_streamed_pictures_are_sliced_and_chosen_as_a_tensor(paths):
    held, streamed = read_pictures(paths, FORM).images, StreamedPictures(paths, FORM)
    assert streamed.shape == held.shape and streamed.dtype == held.dtype and len(streamed) == 12
    for index in (0, torch.tensor(5), slice(2, 7), slice(None)):
        assert torch.equal(streamed[index], held[index])
    for index in (torch.tensor([7, 0, 7]), torch.arange(12) % 3 == 0):
        assert torch.equal(streamed.subset(index)[:], held[index])


def test_what_can_be_read_is_found_out_without_keeping_it(paths):
    paths[4].write_bytes(b"no picture")
    kept, counted = read_pictures(paths, FORM), read_pictures(paths, FORM, keep=False)
    assert kept.read == counted.read == [0, 1, 2, 3, *range(5, 12)]
    assert list(kept.failed) == list(counted.failed) == [4]
    assert len(kept.images) == 11 and len(counted.images) == 0


@pytest.mark.parametrize("sampling", ["classes", "pairs", "triplets"])
def test_training_is_the_same(tmp_path, sampling):
    trained = []
    loss = {"classes": "supcon", "pairs": "contrastive", "triplets": "triplet"}[sampling]
    for config, corpus in both_ways(write_folder(tmp_path, 6, 8)):
        torch.manual_seed(0)
        net = EmbeddingNet(config.network, config.input)
        trainer = Trainer(net, [corpus.source(config.folder)], replace(config.training, sampling=sampling, loss=loss))
        train(trainer)
        trained.append((trainer.net.state_dict(), config.input))
    assert trained[0][1] == trained[1][1]
    assert identical(trained[0][0], trained[1][0])


def test_embeddings_are_the_same(paths):
    torch.manual_seed(0)
    net = EmbeddingNet(SMALL, FORM).eval()
    held, streamed = read_pictures(paths, FORM).images, StreamedPictures(paths, FORM)
    views = Views((-5.0, 0.0, 5.0))
    assert torch.equal(embed(net, held, views=views, batch_size=5), embed(net, streamed, views=views, batch_size=5))


def test_a_file_that_is_gone_is_said_in_a_line(paths):
    streamed = StreamedPictures(paths, FORM)
    paths[1].unlink()
    with pytest.raises(ValueError, match="There is no file") as caught:
        list(batches(streamed, [torch.tensor([0, 1])]))
    assert "\n" not in str(caught.value)


def test_pictures_are_streamed_where_they_do_not_fit(tmp_path, monkeypatch):
    root, said = write_folder(tmp_path, 6, 8), list[str]()
    monkeypatch.setattr(reading, "available_memory", lambda: 100_000)
    _, corpus = load_folder(PRESETS["pictures"], root, said.append)
    assert isinstance(corpus.fit.images, StreamedPictures)
    assert any("48 pictures are more than memory holds" in line for line in said)


def test_a_containers_limit_counts_without_what_it_holds_of_files(tmp_path):
    assert reading._left_of_limit(tmp_path) == float("inf")
    for name, text in (("max", "1000\n"), ("current", "900\n"), ("stat", "anon 300\ninactive_file 550\n")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert reading._left_of_limit(tmp_path) == 650
    (tmp_path / "memory.max").write_text("max\n")
    assert reading._left_of_limit(tmp_path) == float("inf")
    assert reading.available_memory() > 0
