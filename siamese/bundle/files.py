"""Files that appear whole or not at all: written under a temporary name and moved into place."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

MOST_JSON = 10_000_000  # bytes of a bundle's JSON file; one of 10,000 label names has some hundred thousand


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` write a file, which takes the place of `path` only once it is complete.

    Raises:
        OSError: it could not be written; what stood at `path` before is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except (OSError, RuntimeError, SafetensorError) as error:
        # On a full disk torch and safetensors raise errors of their own. torch's only says that its archive is damaged, but
        # where it writes to a file of Python's, what went wrong there is the error's context.
        cause = error.__context__ if isinstance(error.__context__, OSError) else error
        reason = getattr(cause, "strerror", None) or str(cause).partition("\n")[0]
        failed = OSError(f"{path.name} could not be written: {reason}")
        failed.errno = getattr(cause, "errno", None)
        raise failed from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def written_together(folder: Path, last: str) -> Iterator[Path]:
    """A temporary folder to write files to, which take their places in `folder` once all of them are whole.

    Args:
        folder: is made if it isn't there.
        last: the file without which the others count for nothing. It is taken away first and comes last, so that a program
            that is killed in between leaves a folder that is seen to lack it, and never new files among old ones.

    Raises:
        OSError: a file could not be written or moved.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unfinished-") as name:
        yield Path(name)
        (folder / last).unlink(missing_ok=True)
        for path in sorted(Path(name).iterdir(), key=lambda path: path.name == last):
            path.replace(folder / path.name)


def write_text(path: Path, text: str) -> None:
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path, most_bytes: int = MOST_JSON) -> dict[str, Any]:
    """A JSON object from a file that may hold anything.

    Raises:
        ValueError: it is larger than `most_bytes`, no object, nested too deeply, has a key twice, a number that is none,
            or text that cannot be written; the message names the file.
    """
    if path.stat().st_size > most_bytes:
        raise ValueError(f"{path} has more than {most_bytes / 10**6:g} MB.")
    try:
        value = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_object, parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON file: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"{path} holds no JSON object.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")
