"""A folder as the gallery of a trained model, and a list of pairs measured: the two commands."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import siamese
from siamese import cli
from siamese.bundle import sprite
from siamese.inputs.preparing import prepare
from siamese.recipes import index as indexing
from siamese.recipes.indexing import files as indexed_files
from siamese.recipes.indexing import portions
from siamese.retrieval import gallery as galleries
from tests.picture_bundle import save_picture_bundle
from tests.picture_folders import document, photograph, write_folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_picture_bundle(tmp_path_factory.mktemp("model") / "bundle")


@pytest.fixture
def folder(tmp_path):
    root = write_folder(tmp_path / "shelf", 3, 4)
    (root / "class01" / "broken.JPG").write_bytes(b"no picture")
    return root


def test_a_folder_becomes_the_gallery(model, folder, tmp_path, capsys):
    out = tmp_path / "out"
    assert cli.main(["index", str(folder), "--model", str(model), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "Left out: class01/broken.JPG" in printed and "Left out: 1 of 13 files." in printed
    made, before = siamese.load(out), siamese.load(model)
    assert made.labels == ("class00", "class01", "class02")
    assert (out / "model.safetensors").read_bytes() == (model / "model.safetensors").read_bytes()
    assert (made.calibration, made.inference) == (before.calibration, before.inference)
    provenance = made.bundle.measurements.provenance
    assert "12 pictures of 3 classes in shelf" in provenance
    assert "`python -m siamese index shelf --out out --model bundle`" in provenance and str(tmp_path) not in provenance
    found = made.neighbours(folder / "class02" / "1.png", 1)[0]
    assert made.labels[found.label] == "class02" and found.distance < 0.01
    assert {path.name for path in out.iterdir()} == {path.name for path in model.iterdir()}


def test_pictures_without_classes_and_ink(tmp_path, capsys):
    for number in range(4):
        document(number, 0).save(tmp_path / f"{number}.png")
    assert cli.main(["index", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    matcher = siamese.load(tmp_path / "out")
    assert matcher.labels == ("unlabelled",)
    assert matcher.gallery.images.shape == (4, 28, 28)
    assert "MNIST's test set, credited" not in (tmp_path / "out" / "README.md").read_text()


def test_what_has_no_label_or_is_the_result_itself_is_no_picture_of_the_gallery(model, tmp_path, capsys):
    root = write_folder(tmp_path / "shelf", 3, 2)
    photograph(1, 1).save(root / "loose.png")
    for _ in range(2):  # the sheet of the first result lies among the pictures
        assert cli.main(["index", str(root), "--model", str(model), "--out", str(root / "out")]) == 0
        printed = capsys.readouterr().out
        assert "Left out: loose.png: It lies beside" in printed and "Pictures: 6\n" in printed
    assert cli.main(["index", str(root), "--model", str(model), "--out", str(root)]) == 2
    assert "write the result to another folder" in capsys.readouterr().err


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_pictures_have_a_map_too(model, tmp_path, count):
    root = write_folder(tmp_path / "shelf", 1, count)
    assert indexing.index(siamese.load(model), root, tmp_path / "out", "")[0] == count
    assert siamese.load(tmp_path / "out").gallery.xy.shape == (count, 2)


def test_another_gallery_takes_the_place_of_the_first(model, tmp_path):
    out = tmp_path / "out"
    known = siamese.load(model)
    known.bundle = replace(known.bundle, measurements=replace(known.bundle.measurements, provenance="Made by hand."))
    indexing.index(known, write_folder(tmp_path / "first", 2, 2), out, "")
    (out / "gallery.png").write_bytes(b"of a bundle of digits that stood here")
    indexing.index(siamese.load(out), write_folder(tmp_path / "second", 3, 2), out, "")
    provenance = siamese.load(out).bundle.measurements.provenance
    assert provenance.count("The gallery was made by") == 1 and "6 pictures of 3 classes in second" in provenance
    assert provenance.endswith("said of the model: Made by hand.")
    assert not (out / "gallery.png").exists()


def test_more_than_a_sheet_holds_is_refused(model, tmp_path, monkeypatch):
    monkeypatch.setattr(indexed_files, "MOST_PICTURES", 5)
    with pytest.raises(ValueError, match="holds 6 pictures; a gallery holds at most 5"):
        indexing.index(siamese.load(model), write_folder(tmp_path / "shelf", 3, 2), tmp_path / "out", "")


def test_nothing_that_can_be_read_is_a_line_with_a_reason(model, tmp_path, capsys):
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "x.png").write_bytes(b"no picture")
    assert cli.main(["index", str(tmp_path / "shelf"), "--model", str(model), "--out", str(tmp_path / "out")]) == 2
    assert "can be read, such as x.png: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("sheet", [True, False])
def test_a_stopped_run_goes_on_where_it_was(model, tmp_path, monkeypatch, sheet):
    root = write_folder(tmp_path / "shelf", 3, 4)
    matcher, out = siamese.load(model), tmp_path / "out"
    monkeypatch.setattr(portions, "PORTION", 5)
    if not sheet:
        monkeypatch.setattr(sprite, "MOST", 11)
    embed, seen = indexing.embed, []

    def stopping(net, pictures, **options):
        if len(seen) == 2:
            raise KeyboardInterrupt
        seen.append(len(pictures))
        return embed(net, pictures, **options)

    monkeypatch.setattr(indexing, "embed", stopping)
    with pytest.raises(KeyboardInterrupt):
        indexing.index(matcher, root, out, "")
    assert [path.name for path in out.iterdir()] == ["index.partial"]
    for path in (out / "index.partial" / "share-000").iterdir():  # as a process leaves them that is killed as it writes
        if path.name in ("embeddings", "pictures", "ends", "marks"):
            path.write_bytes(path.read_bytes() + b"half")
    (out / ".unfinished-x").mkdir()
    photograph(9, 9).save(root / "class00" / "0.png")  # changed meanwhile, so that it is embedded anew
    again = []
    monkeypatch.setattr(indexing, "embed", lambda net, given, **o: again.append(len(given)) or embed(net, given, **o))
    assert indexing.index(matcher, root, out, "")[0] == 12
    assert sum(seen) == 10 and sum(again) == 3
    whole = tmp_path / "whole"
    indexing.index(matcher, root, whole, "")
    first, second = siamese.load(out).gallery, siamese.load(whole).gallery
    assert np.abs(first.embeddings - second.embeddings).max() < 1e-3
    assert np.array_equal(first.images[:], second.images[:]) and np.array_equal(first.labels, second.labels)
    assert {path.name for path in out.iterdir()} == {path.name for path in whole.iterdir()}
    assert sheet == (first.tiles is None)


def test_processes_of_a_run_embed_a_share_each_and_the_main_one_joins_them(model, tmp_path, monkeypatch):
    root, out = write_folder(tmp_path / "shelf", 3, 4), tmp_path / "out"
    (root / "class01" / "1.png").write_bytes(b"no picture")
    matcher, waited = siamese.load(model), []
    monkeypatch.setattr(sprite, "MOST", 10)
    monkeypatch.setattr(galleries, "MAP_POINTS", 6)
    monkeypatch.setenv("WORLD_SIZE", "3")
    for rank in ("2", "1"):
        monkeypatch.setenv("RANK", rank)
        assert indexing.index(matcher, root, out, "", wait=lambda: waited.append(1)) == (0, [])
    monkeypatch.setenv("WORLD_SIZE", "2")  # the run was stopped, and goes on with one process fewer
    (out / "index.partial" / "share-002" / "failed.jsonl").write_text('["class01/1.png", "It was cut o')
    for rank in ("1", "0"):
        monkeypatch.setenv("RANK", rank)
        count, failed = indexing.index(matcher, root, out, "", wait=lambda: waited.append(1))
    assert (count, [name for name, _ in failed], len(waited)) == (11, ["class01/1.png"], 5)
    monkeypatch.delenv("RANK"), monkeypatch.delenv("WORLD_SIZE")
    indexing.index(matcher, root, tmp_path / "alone", "")
    shared, alone = siamese.load(out).gallery, siamese.load(tmp_path / "alone").gallery
    assert np.abs(shared.embeddings - alone.embeddings).max() < 1e-3
    assert np.array_equal(shared.images[:], alone.images[:]) and np.array_equal(shared.labels, alone.labels)
    assert len(shared.sample) == 6 and np.isfinite(shared.xy).all() and len(np.unique(shared.xy, axis=0)) > 6


def test_a_large_gallery_has_an_index_that_is_written_down(model, tmp_path, monkeypatch, capsys):
    pytest.importorskip("faiss")
    root, out = write_folder(tmp_path / "shelf", 2, 45), tmp_path / "out"
    monkeypatch.setattr(galleries, "EXACT_UP_TO", 80)
    indexing.index(siamese.load(model), root, out, "")
    made = siamese.load(out)
    assert made.gallery.index and len(made.gallery.index.order) == 90
    told = f"looks into {made.gallery.index.probes} of 2 lists, and finds {made.gallery.index.recall:.2%} of the 10 nearest"
    assert told in capsys.readouterr().out and told in made.bundle.measurements.provenance


def test_without_faiss_many_pictures_are_not_begun(model, tmp_path, monkeypatch):
    monkeypatch.setattr(galleries, "EXACT_UP_TO", 3)
    monkeypatch.setattr(indexing, "can_build", lambda: False)
    with pytest.raises(ValueError, match=r'Install it: pip install "faiss-cpu>=1.9"'):
        indexing.index(siamese.load(model), write_folder(tmp_path / "shelf", 1, 4), tmp_path / "out", "")
    assert not (tmp_path / "out").exists()


def test_another_model_begins_anew_and_a_damaged_share_is_named(model, tmp_path, monkeypatch):
    root, out = write_folder(tmp_path / "shelf", 1, 4), tmp_path / "out"
    matcher, write = siamese.load(model), indexing._write
    monkeypatch.setattr(indexing, "_write", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        indexing.index(matcher, root, out, "")
    form = out / "index.partial" / "share-000" / "form.json"
    whole = form.read_text()
    form.write_text("{")
    with pytest.raises(ValueError, match=r"share-000 is left from a stopped run .* delete it to begin anew"):
        indexing.index(matcher, root, out, "")
    form.write_text(whole.replace('"model": "', '"model": "x'))
    monkeypatch.setattr(indexing, "_write", write)
    embed, seen = indexing.embed, []
    monkeypatch.setattr(indexing, "embed", lambda net, given, **o: seen.append(len(given)) or embed(net, given, **o))
    assert indexing.index(matcher, root, out, "")[0] == sum(seen) == 4


@pytest.mark.parametrize(("name", "message"), [("nowhere", "There is no folder"), ("empty", "holds no pictures")])
def test_nothing_to_index_is_a_line(model, tmp_path, capsys, name, message):
    (tmp_path / "empty").mkdir()
    assert cli.main(["index", str(tmp_path / name), "--model", str(model), "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_pairs_are_measured_from_the_command_line(model, folder, tmp_path, capsys):
    lines = ["first,second,same"]
    lines += [f"shelf/class0{a}/0.png,shelf/class0{b}/1.png,{int(a == b)}" for a in range(3) for b in range(3)]
    lines += ["shelf/class01/broken.JPG,shelf/class01/0.png,1", "shelf/class01/missing.png,shelf/class01/0.png,1"]
    (tmp_path / "pairs.csv").write_text("\n".join(lines))
    figures = tmp_path / "figures.json"
    assert (
        cli.main(["evaluate", "pairs", str(tmp_path / "pairs.csv"), "--model", str(model), "--json", str(figures)]) == 0
    )
    printed = capsys.readouterr().out
    assert "Left out: 2 of 8 pictures, 2 of 11 pairs." in printed
    assert "Pairs: 3 the same, 6 different, of 6 pictures" in printed
    assert "| Equal error rate |" in printed and "| Raw pixels |" in printed
    written = json.loads(figures.read_text())
    assert (written["pairs"], written["same"], written["pictures"]) == (9, 3, 6)
    raw = {one["key"]: one["value"] for one in written["figures"]["Raw pixels"]}
    form = siamese.load(model).input
    first, second = (
        np.array([prepare(folder / f"class0{label}" / f"{number}.png", form).ravel() for label in range(3)], float)
        for number in range(2)
    )
    first, second = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (first, second))
    far = np.linalg.norm(first[:, None] - second[None], axis=2)
    same, different = far[np.eye(3, dtype=bool)], far[~np.eye(3, dtype=bool)]
    assert raw["roc auc"] == pytest.approx((same[:, None] < different[None]).mean())
    assert set(written["figures"]) == {"This network", "Raw pixels"}


def test_a_bad_table_is_a_line_and_status_2(model, tmp_path, capsys):
    (tmp_path / "pairs.csv").write_text("first,second\na,b")
    assert cli.main(["evaluate", "pairs", str(tmp_path / "pairs.csv"), "--model", str(model)]) == 2
    assert "no column 'same'" in capsys.readouterr().err
