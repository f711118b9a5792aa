"""Where bundles lie: those that ship with the code, folders, and repositories on the Hugging Face Hub."""

from __future__ import annotations

import os
from pathlib import Path

PRETRAINED = Path(__file__).parent.parent / "pretrained"
PRETRAINED_GROCERIES = Path(__file__).parent.parent / "pretrained_groceries"
SHIPPED = {path.name: path for path in (PRETRAINED, PRETRAINED_GROCERIES)}  # by the names that they are asked for by


def ships(folder: Path) -> bool:
    """Whether a bundle ships with the code; its tests have checked it, so that no start has to."""
    return folder in SHIPPED.values()


def find_bundle(
    source: str | os.PathLike, revision: str | None = None, deadline: float = 10.0
) -> tuple[Path, str, str]:
    """Where a bundle lies; one on the Hub is downloaded.

    Args:
        source: a folder, the name of a bundle that ships with the code (an existing folder of that name wins), or
            `user/repo` or `user/repo@revision` on the Hugging Face Hub.
        revision: of the repository: a branch, a tag or a commit.
        deadline: seconds that the Hub may take.

    Returns:
        its folder, the name that visitors are told, and what is wrong with how it was got; "" if nothing is.

    Raises:
        ValueError: there is no such repository, or the Hub did not deliver.
    """
    name = str(source)
    if name in SHIPPED and not Path(name).is_dir():
        return SHIPPED[name], name, ""
    if names_folder(source):
        return Path(source).expanduser(), name, ""
    from siamese.bundle import hub  # only here: the import costs time, which the start of the app has none of

    pulled = hub.pull(name, revision, deadline)
    return pulled.folder, pulled.name, pulled.problem


def names_folder(source: str | os.PathLike) -> bool:
    """Whether a source is a folder rather than `user/repo` or `user/repo@revision`: an existing folder wins."""
    name = str(source)
    return Path(source).is_dir() or name.startswith((".", "/", "~")) or name.partition("@")[0].count("/") != 1
