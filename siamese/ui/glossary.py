"""Words that a learner can look up: each is explained in one sentence, wherever it stands on the page."""

from __future__ import annotations

import re

TERMS = {
    "embedding": "The vector of numbers that the network turns a picture into; pictures of the same thing get vectors that lie close together.",
    "distance": "How far two embeddings lie apart, from 0 (alike) to 2 (opposite).",
    "threshold": "The distance up to which two pictures are called the same; it was chosen on validation pictures.",
    "margin": "How much farther the different pair must lie apart than the same one, before the network is left in peace.",
    "temperature": "How sharply the contrastive loss looks at the nearest wrong pictures: the lower, the more only those count.",
    "calibration": "Making probabilities true: of all pairs that get 70 %, seven in ten should really be the same.",
    "EER": "Equal error rate: the share of wrong answers at the threshold where as many same pairs are rejected as different pairs are accepted.",
    "ROC AUC": "The probability that a random same pair lies closer together than a random different pair.",
    "MAP@R": "How well a picture's nearest neighbours are all of its own class, with more weight on the very nearest; 100 % is perfect.",
    "Recall@1": "The share of pictures whose nearest neighbour is of their own class.",
    "true accepts": "The share of same pairs that are called the same, at the threshold where so few different ones are.",
    "raw pixels": "Pictures compared pixel by pixel, without any network: what a network has to beat.",
    "untrained network": "The same network before it has learned anything: what its architecture brings by itself.",
    "k-NN": "k nearest neighbours: a picture gets the name that most of the k most similar pictures have.",
    "triplet loss": "Pulls an anchor and a positive (of the same class) together, and pushes a negative (of another class) away, until it is farther by the margin.",
    "contrastive loss": "Pulls pairs of the same class together and pushes pairs of different classes apart.",
    "anchor": "The picture of a triplet that the other two are compared with.",
    "positive": "A picture of the anchor's own class.",
    "negative": "A picture of another class than the anchor's.",
    "t-SNE": "A way to draw many dimensions in two: what lies close together stays so, but large distances mean nothing.",
    "PCA": "Principal component analysis: a flat shadow of the embeddings, seen from the side where they spread the most.",
    "one-shot": "Recognising a class from a single example of it.",
    "few-shot": "Recognising classes from a few examples each, without any training.",
    "gallery": "The pictures with known names that a query is compared with.",
    "outlier": "A picture that lies far from everything in the gallery.",
}

_KEYS = {term.casefold(): key for key, term in ((re.sub(r"\W+", "-", term.casefold()), term) for term in TERMS)}
_FORMS = {f"{term}s".casefold(): term for term in TERMS} | {  # further forms of the terms, in small letters
    "equal error rate": "EER",
    "few-shot recognition": "few-shot",
    "1-nn": "k-NN",
    "5-nn": "k-NN",
}
# What is no prose is left alone: code, links, HTML, headings.
_LEFT = r"```.*?```|`[^`]*`|\[[^\]]*\]\([^)]*\)|<[^>]*>|^#.*?$"
_WORDS = "|".join(re.escape(word) for word in sorted((*TERMS, *_FORMS), key=len, reverse=True))
_FOUND = re.compile(
    rf"(?P<left>{_LEFT})|(?<![\w-])(?P<word>{_WORDS})(?![\w-])", re.DOTALL | re.MULTILINE | re.IGNORECASE
)


def key(term: str) -> str:
    """The key of a term in the page's script: `key("MAP@R")` is `map-r`."""
    return _KEYS[term.casefold()]


def entries() -> dict[str, dict[str, str]]:
    """The glossary as the page's script has it: the term and its explanation, by key."""
    return {key(term): {"term": term, "text": text} for term, text in TERMS.items()}


def linked(markdown: str) -> str:
    """Markdown in which the first occurrence of each term can be looked up; code, headings and links stay as they are."""
    seen: set[str] = set()

    def link(match: re.Match[str]) -> str:
        word = match["word"]
        if not word:
            return match[0]
        name = key(_FORMS.get(word.casefold(), word))
        if name in seen:
            return word
        seen.add(name)
        return f"[{word}](#term-{name})"

    return _FOUND.sub(link, markdown)
