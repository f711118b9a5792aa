"""Classes that belong together: one writer's signatures, one product's sizes.

Groups keep such classes on one side of a split, and say which different pairs are hard: two classes of one group, or two
classes of one name in different groups, such as one signature written by two people.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Groups:
    """The group of each class, and its name within the group.

    Attributes:
        of_class: a group's name for each class.
        within: for each class what tells it from others of its group, such as "name03" of "writer012_name03"; "" where
            nothing is known.
    """

    of_class: tuple[str, ...]
    within: tuple[str, ...]

    @classmethod
    def none(cls, names: Sequence[str]) -> Groups:
        """Each class is a group of its own."""
        return cls(tuple(names), ("",) * len(names))

    @property
    def trivial(self) -> bool:
        """Whether each class is a group of its own."""
        return len(set(self.of_class)) == len(self.of_class)

    def alike(self) -> tuple[tuple[int, ...], ...]:
        """Sets of classes that are hard to tell apart: of one name in several groups, else of one group."""
        for words in (self.within, self.of_class):
            sets = [tuple(i for i, other in enumerate(words) if other == word) for word in sorted(set(words) - {""})]
            found = tuple(labels for labels in sets if len(labels) > 1)
            if found:
                return found
        return ()


def group_classes(names: Sequence[str], by: str | None) -> Groups:
    """Group classes by their names, or by a table.

    Args:
        names: of the classes.
        by: None for no groups; the path of a CSV table with the columns `class` and `group`; a separator such as "_",
            before which the group's name ends; or a regular expression that a class's name begins with, such as
            `writer[0-9]+`. What is matched is the group, and the rest of the name is the class's name within it.

    Raises:
        ValueError: the table lacks a column or a class, the pattern is no regular expression, or `by` groups nothing.
    """
    if not by:
        return Groups.none(names)
    if by.lower().endswith(".csv") or _is_file(by):
        return _by_table(names, Path(by))
    separator = not re.search(r"\w", by.replace("_", ""))
    try:
        pattern = re.compile(f"(.+?)(?={re.escape(by)})" if separator else by)
    except re.error as error:
        raise ValueError(f"group_by {by!r} is neither a file nor a pattern: {error}") from error
    matches = [pattern.match(name) for name in names]
    found = [match.group() if match and match.group() else name for match, name in zip(matches, names, strict=True)]
    rest = [
        name.removeprefix(group).strip("_- .") if group != name else ""
        for name, group in zip(names, found, strict=True)
    ]
    groups = Groups(tuple(found), tuple(rest))
    if groups.trivial:
        raise ValueError(f"group_by {by!r} puts no two classes into one group; classes are named like {names[0]!r}")
    return groups


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except OSError:  # a pattern may be longer than a file's name can be
        return False


def _by_table(names: Sequence[str], path: Path) -> Groups:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"group_by: {str(path)!r} cannot be read as a CSV table: {error}") from error
    if not rows or not {"class", "group"} <= set(rows[0]):
        raise ValueError(f"group_by: {str(path)!r} must have the columns class and group, and a row for each class")
    table = {row["class"]: row["group"] for row in rows}
    missing = [name for name in names if not table.get(name)]
    if missing:
        raise ValueError(f"group_by: {str(path)!r} has no group for {len(missing)} classes, such as {missing[0]!r}")
    within = {row["class"]: row.get("name") or "" for row in rows}
    return Groups(tuple(table[name] for name in names), tuple(within[name] for name in names))
