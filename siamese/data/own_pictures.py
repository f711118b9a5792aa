"""All pictures of a run on a folder, read, and split into parts to fit, to choose by and to report on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch

from siamese.config import FolderConfig, InputConfig, RunConfig
from siamese.data.folder import PictureFiles, check_classes, copies, find_pictures, listed, read_headers
from siamese.data.groups import Groups, group_classes
from siamese.data.images import SPLIT_SEED, LabeledImages, mean_and_deviation
from siamese.data.reading import StreamedPictures, fits_memory, read_pictures
from siamese.data.sources import Role, Source
from siamese.data.splits import split_pictures
from siamese.data.survey import choose, survey
from siamese.models.pretrained import Normalisation

FEWEST_FOR_CLASSES = 20  # classes; with fewer, a split by class leaves too few to report on
STROKE_WIDTHS = (1.5, 1.5)  # pixels, of a document's input
PAIRS_NAMED = 20  # of equal files in two classes; the others are counted
STEPS_PER_ROOT, MOST_STEPS = 2, 300  # of an epoch: 400 pictures take 40 steps, 10,000 take 200


@dataclass(frozen=True)
class FolderCorpus:
    """The pictures of a folder, in three disjoint parts; all share the names of the classes.

    Attributes:
        fit: to train on.
        validation: to choose and to calibrate by. Split by class, it shows other classes than `fit`.
        test: to report on, likewise.
        groups: which classes belong together.
        test_paths: of the test pictures' files, for what a file tells rather than what it shows.
        notes: what a person should know of the folder, a line each.
    """

    fit: LabeledImages
    validation: LabeledImages
    test: LabeledImages
    groups: Groups
    test_paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()

    def source(self, config: FolderConfig) -> Source:
        """What training draws its batches from."""
        return Source(
            self.fit,
            Role.PHOTO,
            config.per_class,
            config.classes,
            passes=config.passes or 1,
            alike=self.groups.alike(),
            hard_share=config.hard_share,
        )


def load_folder(
    config: RunConfig,
    root: str | Path,
    say: Callable[[str], None] = print,
    stream: bool | None = None,
    normalisation: Normalisation | None = None,
    check: Callable[[RunConfig, PictureFiles], None] | None = None,
) -> tuple[RunConfig, FolderCorpus]:
    """Read the pictures of a folder, and choose what the configuration leaves open.

    Args:
        config: of the run, with a `folder`.
        root: the folder, with one folder a class.
        say: is told what a person should know, a line at a time.
        stream: whether pictures stay on the disk until they are needed; None: where they do not fit into memory.
        normalisation: mean and standard deviation of red, green and blue that a pretrained backbone wants; None to
            measure them on the training pictures.
        check: is called before the pictures are read, with nothing left open but the mean and the deviation of their
            pixels; it may refuse them.

    Returns:
        the configuration with nothing left open, and the pictures.

    Raises:
        ValueError: there is no such folder, or it has too few classes or pictures.
    """
    assert config.folder, "load_folder takes a configuration with a folder"
    files, notes = find_pictures(Path(root)), Notes(say)
    check_classes(files)
    headers = read_headers(files)
    bad = {index: "it is no picture" for index, header in enumerate(headers) if header is None}
    if len(bad) == len(files):
        raise ValueError(f"None of the {len(files)} files of {str(root)!r}, such as {files.name_of(0)}, is a picture.")
    same_class, across = copies(files, headers)
    for first, second in across[:PAIRS_NAMED]:
        notes.add(f"{files.name_of(first)} and {files.name_of(second)} are the same picture in two classes.")
    if len(across) > PAIRS_NAMED:
        notes.add(f"So are {len(across) - PAIRS_NAMED} more pairs.")
    if same_class:
        notes.add(f"Counted once, as copies within a class: {listed(list(map(files.name_of, same_class)))}.")
    seen = survey(files, headers)
    folder = choose(config.folder, seen, normalisation is not None)
    form = _form(folder)

    left_out = {*bad, *same_class}
    wanted = files.only(index for index in range(len(files)) if index not in left_out)
    wanted = _limited(wanted, folder.limit)
    if check:
        check(replace(config, folder=_with_split(folder, wanted), input=form), wanted)
    images, read, failed = _read(wanted, form, say, stream)
    unread = [(files.name_of(index), why) for index, why in bad.items()]
    unread += [(wanted.name_of(index), why) for index, why in failed.items()]
    for name, why in unread:
        say(f"Left out: {name}: {why}")
    if unread:
        notes.add(f"{len(unread)} of {len(files)} files could not be read and were left out.")
    files = wanted.only(read)
    check_classes(files)

    folder = _with_split(folder, files)
    groups = group_classes(files.names, folder.group_by)
    pictures = LabeledImages(images, torch.tensor(files.labels), files.names)
    assert folder.split
    parts = split_pictures(pictures, groups, folder.split)
    fit, validation, test = (pictures.subset(part) for part in parts)
    mean, std = _for_channels(normalisation, folder.channels) if normalisation else mean_and_deviation(fit)
    passes = folder.passes or _passes(fit, folder)
    say(
        f"{len(files)} pictures of {len(files.names)} classes. Input: {folder.kind}, {form.size[0]}x{form.size[1]}, "
        f"{'grey' if folder.channels == 1 else 'colours'}, {folder.fit}. Split by {folder.split}: {len(fit)} pictures to "
        f"fit, {len(validation)} to choose by, {len(test)} to report on."
    )
    config = replace(config, folder=replace(folder, passes=passes), input=replace(form, mean=mean, std=std))
    paths = tuple(files.paths[index] for index in parts[2].tolist())
    return config, FolderCorpus(fit, validation, test, groups, paths, notes.lines)


def _with_split(folder: FolderConfig, files: PictureFiles) -> FolderConfig:
    return replace(folder, split=folder.split or ("classes" if len(files.names) >= FEWEST_FOR_CLASSES else "pictures"))


class Notes:
    """What a person should know of a folder: said at once, and kept for the report."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._lines = say, list[str]()

    def add(self, line: str) -> None:
        self._say(line)
        self._lines.append(line)

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self._lines)


def _read(
    files: PictureFiles, form: InputConfig, say: Callable[[str], None], stream: bool | None
) -> tuple[torch.Tensor, list[int], dict[int, str]]:
    """The pictures that can be read, in memory or on the disk; their indices; and why the others cannot."""
    if stream is None:
        stream = not fits_memory(len(files), form)
        if stream:
            say(f"{len(files)} pictures are more than memory holds: they are read from the disk as they are needed.")
    reading = read_pictures(files.paths, form, "Reading pictures", keep=not stream)
    if not stream:
        return reading.images, reading.read, reading.failed
    streamed = StreamedPictures([files.paths[index] for index in reading.read], form)
    return cast(torch.Tensor, streamed), reading.read, reading.failed


def _form(folder: FolderConfig) -> InputConfig:
    """The input, before its mean and standard deviation are known."""
    assert folder.kind and folder.image_size and folder.channels, "choose() leaves nothing open"
    half = (0.5,) * folder.channels
    widths = STROKE_WIDTHS if folder.kind == "document" else None
    return InputConfig(
        folder.kind, folder.image_size, folder.channels, half, half, box=None, stroke_widths=widths, fit=folder.fit
    )


def _limited(files: PictureFiles, limit: int | None) -> PictureFiles:
    """At most so many files: of each class its share, but two where it has two; and fewer classes if they are too many."""
    if limit is None or limit >= len(files):
        return files
    rng = np.random.default_rng(SPLIT_SEED)
    classes = set(rng.permutation(len(files.names))[: limit // 2].tolist())
    counts, taken, kept = Counter(files.labels), Counter[int](), list[int]()
    for index in rng.permutation(len(files)).tolist():
        label = files.labels[index]
        if label in classes and taken[label] < max(2, limit * counts[label] // len(files)):
            taken[label] += 1
            kept.append(index)
    return files.only(sorted(kept))


def _for_channels(normalisation: Normalisation, channels: int | None) -> Normalisation:
    """What a pretrained backbone wants, of three channels, or their average for grey."""
    mean, std = normalisation
    return (mean, std) if channels == 3 else ((sum(mean) / 3,), (sum(std) / 3,))


def _passes(fit: LabeledImages, folder: FolderConfig) -> int:
    """Passes over the pictures that come to an epoch's steps, which grow with the square root of their number."""
    batch = min(folder.classes, len(fit.labels.unique())) * folder.per_class
    return max(1, round(min(STEPS_PER_ROOT * len(fit) ** 0.5, MOST_STEPS) * batch / len(fit)))
