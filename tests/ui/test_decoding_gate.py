"""One gate for large pictures: how many are decoded at a time, and who is told to come again."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from siamese.inputs.decode import pixels_of
from siamese.ui import decoding_gate
from siamese.ui.allocation import _library
from siamese.ui.decoding_gate import LIGHT, BusyError, DecodingGate
from siamese.ui.serving import ServedMatcher
from tests.helpers import ROOT, canvas, encoded

SECONDS = 60.0  # that a thread may take on a machine that is busy with other things


def test_no_more_pixels_are_decoded_at_a_time_than_there_is_room_for():
    gate = DecodingGate(pixels=4 * LIGHT, waiting=100)
    lock, inside, most = threading.Lock(), 0, 0

    def decode(pixels: int) -> None:
        nonlocal inside, most
        with gate.room(pixels):
            with lock:
                inside += pixels
                most = max(most, inside)
            threading.Event().wait(0.002)
            with lock:
                inside -= pixels

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(decode, [2 * LIGHT, LIGHT + 1, 3 * LIGHT] * 20))
    assert 2 * LIGHT <= most <= 4 * LIGHT


def test_a_picture_larger_than_all_the_room_goes_alone_and_small_ones_pass():
    gate = DecodingGate(pixels=2 * LIGHT, waiting=0)
    with gate.room(100 * LIGHT), gate.room(LIGHT):
        with pytest.raises(BusyError, match="Send a smaller one, or try again"), gate.room(LIGHT + 1):
            pass
    with gate.room(LIGHT + 1):
        pass


def test_room_is_given_back_by_a_picture_that_cannot_be_read():
    gate = DecodingGate(pixels=2 * LIGHT, waiting=0)
    with pytest.raises(ValueError, match="broken"), gate.room(2 * LIGHT):
        raise ValueError("broken")
    with gate.room(2 * LIGHT):
        pass


@pytest.fixture
def served(matcher) -> ServedMatcher:
    return ServedMatcher(matcher.bundle, matcher.source, matcher.folder)


def test_every_way_to_read_a_large_picture_passes_the_gate(served, matcher):
    large = encoded(canvas(matcher.gallery.images[0], 1200), "PNG")
    small = encoded(canvas(matcher.gallery.images[1], 140), "PNG")
    ways = (
        lambda picture: served.compare(small, picture),
        lambda picture: served.neighbours(picture),
        lambda picture: served.locate(picture),
        lambda picture: served.recognise([("one", picture)], small),
        lambda picture: served.embed([picture]),
        served.prepare,
    )
    served.gate = DecodingGate(waiting=0)
    with served.gate.room(10**9):
        for way in ways:
            with pytest.raises(BusyError):
                way(large)
            way(small)
    for way in ways:
        way(large)
    assert served.pool.executor is None, "none of them was sent to a worker"


def test_large_pictures_are_never_sent_to_workers(served, matcher, monkeypatch):
    sent = []
    encode_all = served.pool.encode_all
    monkeypatch.setattr(
        served.pool, "encode_all", lambda pictures, *rest: sent.append(pictures) or encode_all(pictures, *rest)
    )
    large = encoded(canvas(matcher.gallery.images[0], 1200), "PNG")
    small = encoded(canvas(matcher.gallery.images[1], 140), "PNG")
    served.encode_all([small, large])
    assert sent == []
    served.encode_all([encoded(canvas(matcher.gallery.images[2], 140), "PNG")])
    assert len(sent) == 1


@pytest.mark.parametrize(("kind", "expected"), [("PNG", 90_000), ("JPEG", 90_000 // 8), ("TIFF", 90_000)])
def test_pixels_are_counted_by_the_header(kind, expected, tmp_path):
    image = Image.new("L", (300, 300), 255)
    content = encoded(image, kind)
    (tmp_path / "picture").write_bytes(content)
    assert pixels_of(content) == pixels_of(content[:-50]) == pixels_of(tmp_path / "picture") == expected
    assert pixels_of(image) == pixels_of(np.asarray(image)) == 90_000
    assert pixels_of(b"no picture") == pixels_of(tmp_path / "none") == 0


def test_memory_is_given_back_before_others_take_the_room(monkeypatch):
    gate, given = DecodingGate(pixels=2 * LIGHT, waiting=0), []
    monkeypatch.setattr(decoding_gate, "give_back", lambda: given.append(gate._taken))
    with gate.room(LIGHT):
        pass
    assert given == []
    with pytest.raises(ValueError, match="broken"), gate.room(2 * LIGHT):
        raise ValueError("broken")
    assert given == [2 * LIGHT]


@pytest.mark.skipif(
    not hasattr(_library(), "malloc_trim"), reason="only glibc keeps memory, and can be told to give it back"
)
def test_freed_memory_is_given_back():
    """120 MB in blocks that are too small to be mapped for themselves, and one above them that stays."""
    code = (
        "import ctypes, re; from pathlib import Path; from siamese.ui.allocation import give_back\n"
        "def taken():\n"
        "    return int(re.search(r'Rss:\\s+(\\d+)', Path('/proc/self/smaps_rollup').read_text())[1])\n"
        "library = ctypes.CDLL(None)\n"
        "library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]\n"
        "blocks = [library.malloc(60_000) for _ in range(2000)]\n"
        "for block in blocks: ctypes.memset(ctypes.c_void_p(block), 1, 60_000)\n"
        "top = library.malloc(60_000)\n"
        "for block in blocks: library.free(block)\n"
        "before = taken(); give_back(); print(before - taken())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 100_000, "kB that were given back"
