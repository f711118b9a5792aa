"""The pictures of an upload: files and zips, within limits, one picture in memory at a time."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

MAX_PICTURES = 500  # in a set
MAX_UNPACKED = 100_000_000  # bytes of a zip's pictures together
MAX_BYTES = 30_000_000  # of one picture
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}


def unpacked(paths: list[str]) -> Iterator[tuple[str, bytes]]:
    """(name, file content) of each picture, zips opened; names are made unique.

    Raises:
        ValueError: there are too many, one is too large, or a zip cannot be read.
    """
    seen: dict[str, int] = {}
    for count, (name, content) in enumerate(_contents(paths)):
        if count >= MAX_PICTURES:
            raise ValueError(f"There are more than {MAX_PICTURES} pictures in this set. Send fewer.")
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), content


def _contents(paths: list[str]) -> Iterator[tuple[str, bytes]]:
    for path in map(Path, paths):
        if path.suffix.lower() != ".zip":
            if path.stat().st_size > MAX_BYTES:
                raise ValueError(f"{path.name!r} is larger than {MAX_BYTES // 10**6} MB. Send a smaller picture.")
            yield path.name, path.read_bytes()
            continue
        try:
            with zipfile.ZipFile(path) as archive:
                yield from _zipped(archive)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, RuntimeError, EOFError) as error:
            raise ValueError(f"{path.name!r} cannot be read as a zip.") from error


def _zipped(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    members = [
        member
        for member in archive.infolist()
        if Path(member.filename).suffix.lower() in SUFFIXES and not member.filename.startswith("__MACOSX")
    ]
    # A zip's directory may state wrong sizes, so no member is read beyond the limit.
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise ValueError(f"The zip's pictures are larger than {MAX_UNPACKED // 10**6} MB together. Send fewer.")
    for member in members:
        with archive.open(member) as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError(f"{member.filename!r} is larger than {MAX_BYTES // 10**6} MB. Send a smaller picture.")
        yield Path(member.filename).name, content
