"""What one visitor sends is not paid for by the others: the real app, bounded rudeness, no figure of speed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.helpers import canvas, encoded
from tests.queue_client import Site

TRAIN = {"number": 1, "settings": {}}


@pytest.fixture(scope="module")
def site(url: str) -> Site:
    return Site(url)


def test_runs_that_nobody_listens_to_keep_nobody_waiting(site, matcher):
    event = site.event("learn", "submit")
    for _ in range(70):
        status, _ = site.join(event, [], event_data=TRAIN)
        assert status == 200, "the queue is full"
    picture = site.upload("four.png", encoded(canvas(matcher.gallery.images[4]), "PNG"))
    good, answer = site.call("neighbours", picture, 3)
    assert good and len(json.loads(answer)[0]) == 3
    _, session = site.join(event, [], event_data=TRAIN)
    assert site.first_frames(session)


def test_sets_that_nobody_listens_to_are_dropped(site, matcher):
    event = site.event("batch-start", "click")
    file = site.upload("four.png", encoded(canvas(matcher.gallery.images[4]), "PNG"))
    for _ in range(70):
        assert site.join(event, [[file]])[0] == 200
    assert site.call("locate", file)[0]


def test_many_large_pictures_are_answered_or_told_to_be_smaller(site, matcher):
    content = encoded(canvas(matcher.gallery.images[4], 4000), "PNG")
    files = [site.upload("large.png", content) for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda file: site.call("locate", file), files))
    assert any(good for good, _ in answers)
    for good, told in answers:
        assert good or "Send a smaller one, or try again in a moment." in told


def test_no_event_can_be_run_past_the_queue(site):
    for name in ("compare", "run", "train"):
        status, told = site.post(f"/gradio_api/run/{name}", json.dumps({"data": []}).encode())
        assert status in (404, 422, 500), told
        assert b"Traceback" not in told
    status, told = site.post("/gradio_api/run/compare", json.dumps({"data": [None, None]}).encode())
    assert status == 404 and b"join the queue" in told


@pytest.mark.parametrize("size", [60_000, 5_000_000])
def test_bodies_that_are_no_pictures_are_small(site, size):
    body = b'{"data": [' + b"[[]]," * (size // 5) + b"null]}"
    for path in ("/gradio_api/queue/join", "/gradio_api/call/compare"):
        status, told = site.post(path, body)
        assert status == 413 and json.loads(told)["detail"].startswith("A request may have")


def test_the_examples_of_a_request_have_a_budget(site, matcher):
    file = site.upload("large.png", encoded(canvas(matcher.gallery.images[4], 4000), "PNG"))
    good, told = site.call("recognise", [file] * 8, ["a"] * 8, file)
    assert not good and "at most 100 million can be sent" in told


def test_a_file_that_is_gone_is_told(site, matcher):
    from pathlib import Path

    file = site.upload("four.png", encoded(canvas(matcher.gallery.images[4]), "PNG"))
    Path(file["path"]).unlink()
    good, told = site.call("locate", file)
    assert not good and "Upload it again" in told, told
