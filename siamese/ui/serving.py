"""Serve a bundle whatever the Hub does: the one that is wanted, or else the one that ships with the code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from siamese.matcher import PRETRAINED, Matcher, names_folder
from siamese.ui.worker_pool import CrowdMatcher

if TYPE_CHECKING:
    from siamese.bundle import hub


@dataclass(frozen=True)
class Served:
    """What answers, what was asked for ("" for the shipped bundle), and in one line why they differ, if they do."""

    matcher: Matcher
    wanted: str
    problem: str


def serve(wanted: str | None, deadline: float = 10.0) -> Served:
    """Load what is wanted, or else the bundle that ships with the code; call it again to try again.

    Args:
        wanted: a folder, or "user/repo" or "user/repo@revision" on the Hub; None for the bundle that ships.
        deadline: seconds that the Hub may take.

    Raises:
        ValueError: the bundle that ships is broken; whatever else fails is told in `problem`.
    """
    wanted = (wanted or "").strip()
    if not wanted:
        return Served(_shipped(), "", "")
    from siamese.bundle import hub

    try:
        if names_folder(wanted):
            return Served(CrowdMatcher.of(Path(wanted).expanduser(), wanted), wanted, "")
        pulled = hub.pull(wanted, deadline=deadline)
        return Served(_load(pulled), wanted, pulled.problem)
    except Exception as error:
        problem = f"{hub.first_line(error)} The model that ships with the app is served instead of {wanted}."
        return Served(_shipped(), wanted, problem)


def _shipped() -> Matcher:
    return CrowdMatcher.of(PRETRAINED, "pretrained")


def _load(pulled: hub.Pulled) -> Matcher:
    try:
        return CrowdMatcher.of(pulled.folder, pulled.name)
    except ValueError as error:
        # The path of a cache tells nobody anything, least of all a visitor.
        raise ValueError(str(error).replace(str(pulled.folder), pulled.name)) from error
