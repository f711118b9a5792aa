"""Several models in one app: which are served, what their pages are called, and that each API answers."""

from __future__ import annotations

import json
import shutil
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from starlette.testclient import TestClient

import app
from siamese.bundle.locating import PRETRAINED
from siamese.matcher import Matcher
from siamese.ui import about, naming, page, serving
from tests.app_server import running_app
from tests.picture_bundle import save_picture_bundle
from tests.picture_folders import photograph


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    return save_picture_bundle(tmp_path_factory.mktemp("runs") / "my_things")


def test_each_model_has_a_page_and_names_of_its_own(matcher, things):
    import gradio as gr

    demo = page.build(matcher, others=(Matcher.of(things, str(things)),))
    client = TestClient(gr.routes.App.create_app(demo))
    main = client.get("/config").json()
    assert [entry[:2] for entry in main["pages"]] == [["", "Home"], ["my-things", "My Things"]]
    assert "two handwritten symbols" in page.heading(matcher)
    names = set(client.get("/gradio_api/info").json()["named_endpoints"])
    tasks = ("compare", "neighbours", "locate", "recognise")
    assert names == {f"/{task}" for task in tasks} | {f"/my-things_{task}" for task in tasks}


def test_several_are_served_and_share_their_workers(things):
    served = serving.serve(f"pretrained,{things}")
    assert served.problem == "" and served.matcher.folder == PRETRAINED
    assert [other.folder for other in served.others] == [things]
    assert served.others[0].pool is served.matcher.pool
    image = photograph(1, 2)
    expected = Matcher.of(things, "").encode(image).embedding
    assert served.others[0].encode(image).embedding == pytest.approx(expected, abs=1e-5)


def test_a_newcomer_sees_digits_and_groceries():
    served = serving.serve(None)
    try:
        assert served.problem == ""
        assert [matcher.source for matcher in (served.matcher, *served.others)] == [
            "pretrained",
            "pretrained_groceries",
        ]
        assert served.others[0].bundle.measurements.folder.name == "groceries"
    finally:
        served.matcher.close()


def test_one_that_cannot_be_loaded_is_told_and_the_others_are_served(things, tmp_path):
    served = serving.serve(f"pretrained,{tmp_path / 'none'},{things}")
    assert "none" in served.problem and "\n" not in served.problem
    assert "The other models are served without" in served.problem
    assert [other.folder for other in served.others] == [things]


def test_a_folder_with_a_comma_in_its_name_is_one_model(things, tmp_path):
    folder = tmp_path / "tea, coffee"
    shutil.copytree(things, folder)
    served = serving.serve(str(folder))
    assert (served.matcher.folder, served.others, served.problem) == (folder, (), "")


def test_names_and_addresses_differ(matcher, things):
    other = Matcher.of(things, str(things))
    assert naming.pages((matcher, other, other)) == [
        ("Digits", "digits"),
        ("My Things", "my-things"),
        ("My Things 2", "my-things-2"),
    ]
    assert naming.slug("Überraschung / été") == "uberraschung-ete"
    assert naming.pages((other,), ("my-things",)) == [("My Things 2", "my-things-2")]


def test_about_tells_of_the_folder(things):
    measurements = Matcher.of(things, "").bundle.measurements
    text = about.of_folder(measurements, measurements.folder)
    assert r"my\_things" in text and "6 (60 pictures)" in text and "Equal error rate" in text
    assert "identify people without their consent" in about.LIMITS
    assert naming.escaped("<b>x</b>\n# [y](z)") == r"\<b\>x\<\/b\> \# \[y\]\(z\)"


def test_the_app_answers_for_both(things, matcher, tmp_path):
    path = tmp_path / "picture.png"
    photograph(1, 2).save(path)
    with running_app(tmp_path / "log.txt", SIAMESE_MODEL=f"pretrained,{things}") as url:
        client = Client(url, verbose=False)
        with urllib.request.urlopen(f"{url}/my-things") as response:
            assert "they show the same thing" in response.read().decode()
        endpoints = client.view_api(return_format="dict")["named_endpoints"]
        assert {"/compare", "/my-things_compare"} <= set(endpoints)
        assert "Model: My Things" in str(endpoints["/my-things_compare"])
        answer = client.predict(handle_file(str(path)), handle_file(str(path)), api_name="/my-things_compare")
        assert answer["same"] is True
        found = client.predict(handle_file(str(path)), 3, api_name="/my-things_neighbours")
        assert len(found) == 3 and found[0]["name"].startswith("class")


@pytest.fixture
def app_of(monkeypatch, things):
    """`app.build()` for a model; the page of every model but the one that ships cannot be laid out if `broken`."""

    def build(wanted: Path, broken: bool) -> tuple:
        lay_out = page.lay_out

        def failing(matcher, *rest, **named):
            if matcher.source != "pretrained":
                raise KeyError("a part of it\nis missing")
            lay_out(matcher, *rest, **named)

        monkeypatch.setenv("SIAMESE_MODEL", str(wanted))
        if broken:
            monkeypatch.setattr(page, "lay_out", failing)
        return app.build()

    return build


def test_a_page_that_cannot_be_laid_out_falls_back_to_what_ships(app_of, things, capsys):
    served, demo = app_of(things, broken=True)
    assert served.matcher.source == "pretrained" and served.others == ()
    assert "cannot be shown: 'a part of it" in served.problem and "\n" not in served.problem
    assert served.problem in capsys.readouterr().err
    assert "cannot be shown" in json.dumps(demo.config, default=str)


def test_what_ships_is_not_hidden_by_a_fallback(app_of, monkeypatch):
    def failing(*_: object, **__: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(page, "lay_out", failing)
    with pytest.raises(KeyError, match="broken"):
        app_of(Path("pretrained"), broken=False)
