"""The folder of the data sets: the argument, then the environment, then ./data."""

from __future__ import annotations

from pathlib import Path

from siamese.data.location import find_data_dir


def test_the_argument_comes_before_the_environment_and_that_before_the_default(monkeypatch):
    monkeypatch.setenv("SIAMESE_DATA", "/from/environment")
    assert find_data_dir("/from/argument") == Path("/from/argument")
    assert find_data_dir(None) == Path("/from/environment")
    monkeypatch.setenv("SIAMESE_DATA", "")
    assert find_data_dir(None) == Path("data")
