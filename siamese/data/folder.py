"""A folder of one's own pictures: one folder a class, as torchvision's `ImageFolder` reads it.

Classes are the folder's sub-folders, in the order of their names; pictures may lie deeper. Folders are untidy: what is no
picture is left aside, what cannot be read is named and left out, and nothing of it stops a run.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image

from siamese.inputs.decode import FORMATS, UNREADABLE
from siamese.models.device import usable_cores

SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".ppm", ".pgm", ".bmp", ".tif", ".tiff", ".webp", ".gif"))
LEAST_CLASSES = 4
NAMED = 5  # files that a message names; the others are counted


@dataclass(frozen=True)
class PictureFiles:
    """Files of labelled pictures.

    Attributes:
        root: the folder that they lie in.
        paths: of the files, class by class.
        labels: the class of each, an index into `names`.
        names: of the classes; () for a folder without classes.
    """

    root: Path
    paths: tuple[Path, ...]
    labels: tuple[int, ...]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.paths)

    def only(self, kept: Iterable[int]) -> PictureFiles:
        """Some of the files; classes without any are left out, and the others numbered anew."""
        chosen = list(kept)
        present = sorted({self.labels[index] for index in chosen})
        number = {label: new for new, label in enumerate(present)}
        return PictureFiles(
            self.root,
            tuple(self.paths[index] for index in chosen),
            tuple(number[self.labels[index]] for index in chosen),
            tuple(self.names[label] for label in present),
        )

    def name_of(self, index: int) -> str:
        """A file's path within the folder."""
        return readable(self.paths[index].relative_to(self.root).as_posix())


def find_pictures(root: Path) -> PictureFiles:
    """All picture files of a folder with a sub-folder for each class; hidden files and folders are left out.

    Raises:
        ValueError: there is no such folder, or no picture in it.
    """
    if not root.is_dir():
        raise ValueError(f"There is no folder {str(root)!r}.")
    files = labelled(root, [path for path in pictures_below(root) if path.parent != root])
    if not files:
        raise ValueError(f"{str(root)!r} holds no pictures: it takes a folder for each class, with pictures in it.")
    return files


def labelled(root: Path, paths: Sequence[Path]) -> PictureFiles:
    """Files below a folder, each labelled by the sub-folder that it lies in, at whatever depth.

    Args:
        root: the folder.
        paths: of files in its sub-folders.
    """
    by_class: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        by_class[path.relative_to(root).parts[0]].append(path)
    names = sorted(by_class)
    labels = [label for label, name in enumerate(names) for _ in by_class[name]]
    ordered = [path for name in names for path in by_class[name]]
    return PictureFiles(root, tuple(ordered), tuple(labels), tuple(map(readable, names)))


def readable(name: str) -> str:
    """A file's name as text that can be printed and stored: bytes that are no UTF-8, as old archives have, are escaped."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def pictures_below(folder: Path) -> list[Path]:
    """The picture files of a folder and of those in it, linked ones too, by their suffix, in the order of their paths."""
    found, seen = list[Path](), set[str]()
    for place, folders, names in os.walk(folder, followlinks=True):
        # A link may lead back to where it lies.
        folders[:] = [
            name for name in folders if not is_hidden(name) and os.path.realpath(Path(place, name)) not in seen
        ]
        seen.update(os.path.realpath(Path(place, name)) for name in folders)
        found += [Path(place, name) for name in names if Path(name).suffix.lower() in SUFFIXES and not is_hidden(name)]
    return sorted(filter(Path.is_file, found))


def is_hidden(name: str) -> bool:
    """Whether a file or a folder is none of a person's own: its name says so."""
    return name.startswith((".", "__MACOSX"))


def check_classes(files: PictureFiles) -> None:
    """Refuse what cannot be learned from.

    Raises:
        ValueError: there are fewer than four classes, or no class has two pictures.
    """
    if len(files.names) < LEAST_CLASSES:
        raise ValueError(
            f"{str(files.root)!r} has pictures of {len(files.names)} classes; it takes at least {LEAST_CLASSES}, each a "
            "folder of its own."
        )
    if max(Counter(files.labels).values()) < 2:
        raise ValueError(f"{str(files.root)!r} has no class with two pictures: there is nothing that is the same.")


@dataclass(frozen=True)
class Header:
    """What a picture file says of itself before it is decoded.

    Attributes:
        width: of the picture, in pixels, once it is turned as its EXIF orientation says.
        height: likewise.
        size: of the file, in bytes.
        format: of the file, such as JPEG.
        digest: of its content.
    """

    width: int
    height: int
    size: int
    format: str
    digest: bytes


def read_header(path: Path) -> Header | None:
    """The header of a picture file, None where it cannot be read as a picture."""
    try:
        content = path.read_bytes()
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            form = image.format or ""
            # A PNG file has its EXIF behind its pixels, which would all have to be decoded for it.
            if form != "PNG" and image.getexif().get(ExifTags.Base.Orientation, 1) >= 5:
                width, height = height, width
    except (*UNREADABLE, Image.DecompressionBombError):
        return None
    return Header(width, height, len(content), form, hashlib.blake2b(content, digest_size=16).digest())


def read_headers(files: PictureFiles) -> list[Header | None]:
    """The headers of all files, read in parallel."""
    with ThreadPoolExecutor(2 * usable_cores()) as pool:
        return list(pool.map(read_header, files.paths))


def copies(files: PictureFiles, headers: list[Header | None]) -> tuple[list[int], list[tuple[int, int]]]:
    """Files of equal content.

    Returns:
        those that are a copy of another one of the same class, which count once; and pairs of equal files in different
        classes, which contradict each other.
    """
    same_class, across = [], []
    by_digest: dict[bytes, list[int]] = defaultdict(list)
    for index, header in enumerate(headers):
        if header is None:
            continue
        earlier = by_digest[header.digest]
        twin = next((other for other in earlier if files.labels[other] == files.labels[index]), None)
        if twin is not None:
            same_class.append(index)
            continue
        if earlier:
            across.append((earlier[0], index))
        earlier.append(index)
    return same_class, across


def listed(names: list[str]) -> str:
    """The first names of a list, and how many others there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
