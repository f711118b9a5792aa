"""A small bundle that is laid out as that of a large gallery: its pictures are tiles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from siamese.bundle import format as bundle_format
from siamese.bundle import sprite
from siamese.matcher import Matcher
from siamese.retrieval.gallery import Gallery

COUNT = 400  # pictures


def save_large_gallery(matcher: Matcher, folder: Path) -> Path:
    """Write the matcher's bundle with the first `COUNT` pictures of its gallery, as tiles; returns its folder."""
    whole = matcher.gallery
    few = (part[:COUNT] for part in (whole.images, whole.labels, whole.embeddings, whole.xy))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sprite, "MOST", 100)
        bundle_format.save(replace(matcher.bundle, gallery=Gallery(*few)), folder)
    return folder
