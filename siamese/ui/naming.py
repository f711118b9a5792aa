"""What the pages of an app with several models are called, and where they lie."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from siamese.bundle.locating import PRETRAINED
from siamese.matcher import Matcher

LONGEST = 40  # characters of a name
TAKEN = tuple("gallery monitoring queue call run file theme login logout static api mcp pwa".split())


def name_of(matcher: Matcher) -> str:
    """What visitors call a model: by the folder it was trained on, else by the last part of its source."""
    folder = matcher.bundle.measurements.folder
    if matcher.folder == PRETRAINED and folder is None:
        return "Digits"
    source = folder.name if folder else re.split(r"[\\/]", matcher.source.rstrip("\\/"))[-1].partition("@")[0]
    words = re.split(r"[\s_-]+", source.strip())
    return " ".join(word[:1].upper() + word[1:] for word in words if word)[:LONGEST].strip() or "Model"


def slug(name: str) -> str:
    """A name as a part of an address: small letters, digits and hyphens."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-") or "model"


def pages(matchers: Sequence[Matcher], internal: Sequence[str] = ()) -> list[tuple[str, str]]:
    """(name, slug) of each model's page; no two are alike.

    Args:
        matchers: of the pages.
        internal: addresses that the server has for itself.
    """
    found: list[tuple[str, str]] = []
    names, slugs = set[str](), {*internal, *TAKEN}
    for matcher in matchers:
        name, number = name_of(matcher), 1
        base = name
        while name in names or slug(name) in slugs:
            number += 1
            name = f"{base} {number}"
        names.add(name)
        slugs.add(slug(name))
        found.append((name, slug(name)))
    return found


def escaped(text: str) -> str:
    """Text of somebody else's as it is, in Markdown: on one line, with nothing in it that has a meaning there."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))
