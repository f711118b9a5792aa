"""The real app over HTTP: the API's contracts, bad input, and what the page fetches."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image


@pytest.fixture(scope="module")
def client(url):
    return Client(url, verbose=False)


@pytest.fixture(scope="module")
def files(matcher, tmp_path_factory) -> dict[int, list[str]]:
    """Two pictures of each digit, as PNG files, dark on light."""
    folder = tmp_path_factory.mktemp("digits")
    paths: dict[int, list[str]] = {}
    for digit in range(10):
        for number, index in enumerate(np.flatnonzero(matcher.gallery.labels == digit)[:2]):
            path = folder / f"{digit}-{number}.png"
            Image.fromarray(255 - matcher.gallery.images[index]).resize((140, 140)).save(path)
            paths.setdefault(digit, []).append(str(path))
    return paths


def test_compare_answers_as_the_package_does(client, matcher, files):
    answer = client.predict(handle_file(files[4][0]), handle_file(files[4][1]), api_name="/compare")
    expected = matcher.compare(files[4][0], files[4][1])
    assert set(answer) == {"probability", "distance", "same", "threshold"}
    assert answer["probability"] == pytest.approx(expected.probability, abs=1e-5)
    assert answer["distance"] == pytest.approx(expected.distance, abs=1e-5)
    assert answer["same"] is expected.same
    assert answer["threshold"] == matcher.threshold


def test_compare_tells_digits_apart(client, files):
    same = [client.predict(handle_file(a), handle_file(b), api_name="/compare")["same"] for a, b in files.values()]
    other = [
        client.predict(handle_file(files[d][0]), handle_file(files[(d + 1) % 10][0]), api_name="/compare")["same"]
        for d in range(10)
    ]
    assert sum(same) >= 9
    assert sum(other) <= 1


def test_neighbours_are_sorted_and_of_the_digit(client, files):
    found = client.predict(handle_file(files[7][0]), 12, api_name="/neighbours")
    assert len(found) == 12
    assert set(found[0]) == {"index", "label", "name", "distance", "probability"}
    distances = [row["distance"] for row in found]
    assert distances == sorted(distances)
    assert [row["label"] for row in found].count(7) >= 11


def test_locate_lies_on_the_map(client, files):
    place = client.predict(handle_file(files[3][0]), api_name="/locate")
    assert set(place) == {"x", "y"}
    assert -1 <= place["x"] <= 1 and -1 <= place["y"] <= 1


def test_recognise_names_a_picture_from_examples(client, files):
    support = [handle_file(paths[0]) for paths in files.values()]
    labels = [f"digit {digit}" for digit in files]
    answer = client.predict(support, labels, handle_file(files[6][1]), api_name="/recognise")
    assert answer["label"] == "digit 6"
    assert sum(answer["probabilities"].values()) + answer["none"] == pytest.approx(1)
    with pytest.raises(Exception, match="one label for each"):
        client.predict(support, labels[:2], handle_file(files[6][1]), api_name="/recognise")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"this is no picture", "cannot be read as a picture"), (b"", "cannot be read as a picture")],
)
def test_no_picture_is_told_in_one_line(client, tmp_path, content, message):
    path = tmp_path / "note.png"
    path.write_bytes(content)
    with pytest.raises(Exception, match=message) as error:
        client.predict(handle_file(str(path)), api_name="/locate")
    assert "Traceback" not in str(error.value)


def test_a_blank_picture_is_told(client, tmp_path):
    path = tmp_path / "blank.png"
    Image.new("RGB", (280, 280), "white").save(path)
    with pytest.raises(Exception, match="nothing drawn"):
        client.predict(handle_file(str(path)), handle_file(str(path)), api_name="/compare")


@pytest.mark.parametrize(
    ("k", "message"),
    [
        (0, "k goes from 1 to 100, got 0"),
        (101, "k goes from 1 to 100, got 101"),
        (2.5, "k must be a whole number, got 2.5"),
        ("5", "'k' must be a number, got text."),
        (True, "'k' must be a number, got true or false."),
    ],
)
def test_a_k_that_is_none_is_told(client, files, k, message):
    with pytest.raises(Exception, match=re.escape(message)):
        client.predict(handle_file(files[1][0]), k, api_name="/neighbours")


DATA_URL = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("locate", [DATA_URL], "'first picture' must be an uploaded file, got a data URL"),
        ("locate", [{"path": DATA_URL, "meta": {"_type": "gradio.FileData"}}], "got a data URL"),
        ("compare", [None, "four.png"], "'second picture' must be an uploaded file, got text"),
        ("locate", [7], "got a number"),
        ("locate", [{"a": 1}], "got an object that names no uploaded file"),
        ("recognise", [DATA_URL, ["a"], None], "'support pictures' must be a list of files"),
        ("recognise", [[DATA_URL], ["a"], None], "'support pictures' must be an uploaded file, got a data URL"),
    ],
)
def test_what_is_sent_in_place_of_a_file_is_told(url, name, data, message):
    assert message in raw_error(url, name, data)


def raw_error(url: str, name: str, data: list) -> str:
    """What an endpoint answers to values that no client would send, over plain HTTP."""
    body, place = json.dumps({"data": data}).encode(), f"{url.rstrip('/')}/gradio_api/call/{name}"
    request = urllib.request.Request(place, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        event = json.load(response)["event_id"]
    with urllib.request.urlopen(f"{place}/{event}", timeout=60) as response:
        answer = response.read().decode()
    assert answer.startswith("event: error")
    return json.loads(answer.split("data: ", 1)[1])["error"]


def test_recognise_says_which_example_is_blank(client, files, tmp_path):
    blank = tmp_path / "blank.png"
    Image.new("RGB", (280, 280), "white").save(blank)
    support = [handle_file(files[1][0]), handle_file(str(blank))]
    with pytest.raises(Exception, match=r"Support picture 2 \('beta'\): There is nothing drawn"):
        client.predict(support, ["alpha", "beta"], handle_file(files[6][1]), api_name="/recognise")
    with pytest.raises(Exception, match="The query: There is nothing drawn"):
        client.predict(support[:1], ["alpha"], handle_file(str(blank)), api_name="/recognise")


def test_api_page_documents_the_four_endpoints_of_both_models(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    names = ("compare", "neighbours", "locate", "recognise")
    assert set(endpoints) == {f"/{prefix}{name}" for prefix in ("", "groceries_") for name in names}


def test_page_names_no_other_host(url):
    page = urllib.request.urlopen(url).read().decode()
    assets = re.findall(r'(?:src|href)="(https?://[^"]+)"', page)
    assert [asset for asset in assets if "127.0.0.1" not in asset] == []


def test_an_oversized_body_is_refused_before_it_is_read(url):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    connection.putrequest("POST", "/gradio_api/queue/join")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "33000000")
    connection.endheaders()
    connection.send(b'{"data": ["')
    assert connection.getresponse().status == 413


def test_the_source_tree_is_not_served(url):
    secret = Path(__file__).resolve()
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{url}/gradio_api/file={secret}")
    assert error.value.code in (403, 404)
