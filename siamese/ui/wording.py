"""The words of a page, by the kind of picture that its model takes."""

from __future__ import annotations

from dataclasses import dataclass

from siamese.matcher import Matcher


@dataclass(frozen=True)
class Wording:
    """What a page calls things. The defaults are for drawn symbols.

    Attributes:
        drawn: whether visitors draw; else they bring pictures.
        label: what the gallery's labels are: `digit` or `class`.
        labels: several of them.
        named: a label's name within a sentence.
        reads_as: how the neighbours' vote is told.
        reads: the vote's column in a table.
        own: the visitor's own picture.
        verdicts: from surely the same to surely different.
        legend: of pairs of one label, and of two.

    The other fields are the texts of one tab each.
    """

    drawn: bool = True
    label: str = "digit"
    labels: str = "digits"
    named: str = "a {}"
    reads_as: str = "reads as a {}"
    reads: str = "reads as"
    own: str = "Your drawing"
    verdicts: tuple[str, str, str, str, str, str] = (
        "The same symbol",
        "Probably the same symbol",
        "More likely the same than not",
        "More likely different than not",
        "Probably different symbols",
        "Different symbols",
    )
    legend: tuple[str, str] = ("same digit", "different digits")
    pads: tuple[str, str] = ("First symbol", "Second symbol")
    compare_lead: str = "Draw a symbol in each square, or upload two pictures. The answer follows each stroke."
    both: str = "Draw a symbol in each square"
    other: str = "Now draw the other one"
    search_lead: str = "Draw a query or pick one. Click a neighbour to walk on from it."
    search_hint: str = "Draw something on the left, or press “Surprise me”"
    grid_hint: str = "Draw a query, or press “Surprise me”"
    modes: tuple[str, str, str] = ("Nearest", "Nearest of another digit", "Farthest of the same digit")
    any_label: str = "any digit"
    learn_lead: str = (
        "A small network learns to tell digits apart, and you watch where it puts 1,000 pictures that it does not learn "
        "from."
    )
    teach_tab: str = "New symbols"
    teach_lead: str = (
        "Teach it two symbols or more, one drawing each (up to five), then draw one of them again. "
        "The network is not trained any further: it only compares. What you draw is new to it; alphabets like those of the ready sets are not."
    )
    teach_name: str = "name of this symbol"
    teach_again: str = "### 2 · Draw one again"
    teach_unknown: str = "Symbol to recognise"
    teach_empty: str = "Draw a symbol, give it a name, press “Teach”. Two symbols are enough to begin."
    teach_first: str = "Draw an example first, in the left square."
    teach_no_name: str = "Give the symbol a name first."
    teach_things: str = "symbols"
    teach_more: str = "Teach it one more symbol"
    teach_ask: str = "Now draw one of them in the second square"


PICTURES = Wording(
    drawn=False,
    label="class",
    labels="classes",
    named="{}",
    reads_as="most like {}",
    reads="most like",
    own="Your picture",
    verdicts=(
        "The same",
        "Probably the same",
        "More likely the same than not",
        "More likely different than not",
        "Probably different",
        "Different",
    ),
    legend=("same class", "different classes"),
    pads=("First picture", "Second picture"),
    compare_lead="Put a picture in each square. Drag over a picture to compare only a part of it.",
    both="Put a picture in each square",
    other="Now add the other one",
    search_lead="Bring a picture or pick one. Click a neighbour to walk on from it.",
    search_hint="Put a picture on the left, or press “Surprise me”",
    grid_hint="Put a picture on the left, or press “Surprise me”",
    modes=("Nearest", "Nearest of another class", "Farthest of the same class"),
    any_label="any class",
    learn_lead=(
        "A small network learns to tell classes apart, and you watch where it puts half of the pictures, which it does not "
        "learn from."
    ),
    teach_tab="New things",
    teach_lead=(
        "Teach it two things or more, one to five pictures each, then show it another picture of one of them. "
        "The network is not trained any further: it only compares."
    ),
    teach_name="name of this thing",
    teach_again="### 2 · Show one again",
    teach_unknown="Picture to recognise",
    teach_empty="Add a picture, give it a name, press “Teach”. Two things are enough to begin.",
    teach_first="Add a picture first, in the left square.",
    teach_no_name="Give the thing a name first.",
    teach_things="things",
    teach_more="Teach it one more thing",
    teach_ask="Now put a picture of one of them in the second square",
)


def wording_of(matcher: Matcher) -> Wording:
    """The words for a matcher's kind of input."""
    return Wording() if matcher.input.kind == "ink" else PICTURES
