"""Whatever is sent for a value, every event answers, or says in a sentence what to do."""

from __future__ import annotations

import asyncio
import logging
import math
import re
import string
from collections.abc import Iterator

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from siamese.ui import page, requests
from siamese.ui.requests import Page

WRONG = [
    0, -1, 7.5, 1e400, math.nan, True, "", "text", "\ud800", "data:image/png;base64,AAAA", "data:image/png;base64,@@@",
    "x" * 100_000, [], [[]], ["a"], [None], {}, {"path": "/etc/passwd"}, {"path": 3, "meta": {"_type": "gradio.FileData"}},
    {"path": "../../secret.png", "meta": {"_type": "gradio.FileData"}}, {"a": {"b": []}}, 10**30,
]  # fmt: skip


@pytest.fixture(scope="module")
def demo(matcher) -> Page:
    return page.build(matcher)


def events(demo: Page) -> list:
    """The handlers of events; of those that share a name, which differ in a file alone, one."""
    return list({fn.name: fn for fn in demo.fns.values() if fn.inputs and fn.fn is not None}.values())


def answer(demo: Page, fn, values: list, data: object = None) -> str:
    """The problem that an event tells; empty where it answers."""
    state = SessionState(demo)
    request = gr.Request(session_hash="visitor")
    try:
        asyncio.run(
            demo.process_api(fn, values, state, request, session_hash="visitor", event_data=gr.EventData(None, data))
        )
    except gr.Error as error:
        assert not error.print_exception
        return error.message
    return ""


def wrong_requests(fn) -> Iterator[tuple[str, list, object]]:
    """(description, values, event data): each value, and then the data, replaced by each of the wrong ones."""
    usual = [component.value for component in fn.inputs]
    for wrong in (*WRONG, None):
        for place in range(len(usual)):
            yield f"{fn.name}[{place}] <- {str(wrong)[:40]!r}", [*usual[:place], wrong, *usual[place + 1 :]], None
        yield f"{fn.name} <- {str(wrong)[:40]!r}", usual, {"index": wrong, "value": wrong, "settings": wrong}


def test_every_event_answers_or_says_what_is_wrong_with_any_value(demo, caplog):
    demo.listeners.opened("visitor")
    told, answered, unexpected = 0, 0, []
    with caplog.at_level(logging.ERROR, logger=requests.log.name):
        for fn in events(demo):
            for what, values, data in wrong_requests(fn):
                caplog.clear()
                problem = answer(demo, fn, values, data)
                if caplog.records:
                    unexpected.append(f"{what}: {caplog.records[0].exc_info[1]!r}")
                if problem:
                    told += 1
                    assert problem[0] in string.ascii_uppercase + "'k", problem
                    assert "\n" not in problem and "/tmp" not in problem and "Traceback" not in problem, problem
                    assert len(problem) < 400, problem
                else:
                    answered += 1
    assert unexpected == [], "\n".join(unexpected)
    assert told > 200 and answered > 50, (told, answered)


def test_a_wrong_number_of_values_is_told(demo):
    (compare,) = [fn for fn in demo.fns.values() if fn.api_name == "compare"]
    assert answer(demo, compare, [None]) == "This takes 2 values, got 1."


def test_what_nobody_thought_of_is_noted_under_a_code(matcher, monkeypatch, caplog):
    def broken(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(matcher, "locate", broken)
    demo = page.build(matcher)
    (locate,) = [fn for fn in demo.fns.values() if fn.api_name == "locate"]
    monkeypatch.setattr("siamese.ui.api.given", lambda path: path)
    with caplog.at_level(logging.ERROR, logger=requests.log.name):
        problem = answer(demo, locate, [None])
    (code,) = re.findall(r"code ([0-9a-f]{6})\.", problem)
    assert problem.startswith("Something went wrong here") and "secret" not in problem
    (record,) = caplog.records
    assert code in record.getMessage() and record.exc_info[0] is KeyError
