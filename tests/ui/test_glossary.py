"""Words that can be looked up: which of a text's words become links, and which stay as they are."""

from __future__ import annotations

import pytest

from siamese.ui import glossary


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an embedding and an embedding", "an [embedding](#term-embedding) and an embedding"),
        ("The Threshold.", "The [Threshold](#term-threshold)."),
        ("embeddings", "[embeddings](#term-embedding)"),
        ("| MAP@R | 39.38% |", "| [MAP@R](#term-map-r) | 39.38% |"),
        ("Equal error rate, EER", "[Equal error rate](#term-eer), EER"),
        ("5-NN and k-NN", "[5-NN](#term-k-nn) and k-NN"),
        ("`threshold` and [a margin](x.md)", "`threshold` and [a margin](x.md)"),
        ("```\nmargin\n```\nmargin", "```\nmargin\n```\n[margin](#term-margin)"),
        ("## Calibration\ncalibration", "## Calibration\n[calibration](#term-calibration)"),
        ('<a title="margin">x</a>', '<a title="margin">x</a>'),
        ("marginal, recalibration, one-shots", "marginal, recalibration, [one-shots](#term-one-shot)"),
        ("", ""),
    ],
)
def test_the_first_of_each_word_becomes_a_link(text, expected):
    assert glossary.linked(text) == expected


def test_every_term_is_one_sentence_under_a_key_of_its_own():
    entries = glossary.entries()
    assert len(entries) == len(glossary.TERMS)
    for key, entry in entries.items():
        assert key == glossary.key(entry["term"].upper())
        assert entry["text"].endswith(".") and entry["text"].count(". ") == 0, entry["term"]
