"""The pictures of an upload: files and zips, within limits, one picture in memory at a time.

What is sent says little of what it costs: 130 kB can be a picture of 50 million pixels, and 500 of them fit into a zip of a
few kilobytes. So a set has a budget of pixels and of time.
"""

from __future__ import annotations

import lzma
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

MAX_PICTURES = 500  # in a set
MAX_UNPACKED = 100_000_000  # bytes of a zip's pictures together
MAX_BYTES = 30_000_000  # of one picture
MAX_PIXELS = 400_000_000  # of a set together, which take some seconds; 500 photographs as phones make them
MAX_SECONDS = 60.0  # that reading a set may take; 500 drawings take some seconds
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}


class Budget:
    """What reading a set may take, from when it is made."""

    def __init__(self, pixels: int = MAX_PIXELS, seconds: float = MAX_SECONDS) -> None:
        self.pixels, self.seconds = pixels, seconds
        self._left, self._until = pixels, time.monotonic() + seconds

    def spend(self, pixels: int) -> None:
        """Take the pixels of one picture from it; a picture that is refused takes none.

        Raises:
            ValueError: there are too few left, or the time is up.
        """
        if time.monotonic() > self._until:
            raise ValueError(f"Not read: a set may take {self.seconds:g} s. Send fewer pictures.")
        if pixels > self._left:
            raise ValueError(f"Not read: a set may have {self.pixels // 10**6} million pixels. Send smaller pictures.")
        self._left -= pixels


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
        if not path.is_file():
            raise ValueError(f"{path.name!r} is no longer here. Upload it again.")
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
