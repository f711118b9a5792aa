"""Splits by class, and classes that belong together."""

from __future__ import annotations

import pytest
import torch

from siamese.data.groups import group_classes
from siamese.data.images import LabeledImages
from siamese.data.splits import split_by_class, split_pictures

WRITERS = [f"writer{writer:02d}_name{name}" for writer in range(10) for name in range(3)]


def test_parts_are_disjoint_whole_and_keep_groups_together():
    groups = group_classes(WRITERS, "_")
    split = split_by_class(groups.of_class)
    parts = [split.fit, split.validation, split.test]
    assert sorted(label for part in parts for label in part) == list(range(30))
    assert [len(part) for part in parts] == [18, 6, 6]
    sides = [{groups.of_class[label] for label in part} for part in parts]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]


def test_a_split_follows_from_the_names_alone():
    names = [f"class{number}" for number in range(25)]
    split, backwards = split_by_class(names), split_by_class(names[::-1])
    assert {names[label] for label in split.test} == {names[::-1][label] for label in backwards.test}
    with pytest.raises(ValueError, match="at least 4 groups"):
        split_by_class(["a", "a", "b", "c"])


@pytest.mark.parametrize("by", ["_", r"writer\d+"])
def test_groups_by_separator_and_pattern(by):
    groups = group_classes(WRITERS, by)
    assert groups.of_class[:4] == ("writer00", "writer00", "writer00", "writer01")
    assert groups.within[:4] == ("name0", "name1", "name2", "name0")
    assert len(groups.alike()) == 3  # of one name in several groups
    assert all(len(labels) == 10 for labels in groups.alike())


def test_groups_by_a_table(tmp_path):
    table = tmp_path / "groups.csv"
    table.write_text("class,group\n" + "\n".join(f"c{number},g{number // 2}" for number in range(6)))
    groups = group_classes([f"c{number}" for number in range(6)], str(table))
    assert groups.of_class == ("g0", "g0", "g1", "g1", "g2", "g2")
    assert groups.alike() == ((0, 1), (2, 3), (4, 5))
    with pytest.raises(ValueError, match="no group for 1 classes, such as 'other'"):
        group_classes(["c0", "other"], str(table))
    with pytest.raises(ValueError, match="cannot be read"):
        group_classes(["c0"], str(tmp_path / "none.csv"))


@pytest.mark.parametrize(("by", "message"), [("-", "puts no two classes"), ("(", "neither a file nor a pattern")])
def test_what_groups_nothing_is_refused(by, message):
    with pytest.raises(ValueError, match=message):
        group_classes(WRITERS, by if by != "(" else "writer(")


def test_a_pattern_may_be_longer_than_a_files_name():
    by = "|".join(f"writer{number:02d}" for number in range(60))
    assert group_classes(WRITERS, by).of_class == group_classes(WRITERS, "_").of_class


def test_a_table_may_name_the_classes_within_their_groups(tmp_path):
    table = tmp_path / "groups.csv"
    table.write_text("group,class,name\n" + "\n".join(f"g{n // 3},c{n},n{n % 3}" for n in range(9)), "utf-8-sig")
    groups = group_classes([f"c{number}" for number in range(9)], str(table))
    assert groups.within[:4] == ("n0", "n1", "n2", "n0")
    assert groups.alike() == ((0, 3, 6), (1, 4, 7), (2, 5, 8))
    for text, message in (("class\nc0\n", "must have the columns"), ("class,group\n", "must have the columns")):
        table.write_text(text)
        with pytest.raises(ValueError, match=message):
            group_classes(["c0"], str(table))


def labelled(per_class: int, classes: int) -> LabeledImages:
    labels = torch.arange(classes).repeat_interleave(per_class)
    images = torch.zeros(len(labels), 1, 8, 8, dtype=torch.uint8)
    return LabeledImages(images, labels, tuple(f"class{number}" for number in range(classes)))


@pytest.mark.parametrize("split", ["classes", "pictures"])
def test_pictures_are_in_one_part_each(split):
    pictures = labelled(10, 10)
    parts = split_pictures(pictures, group_classes(pictures.names, None), split)
    assert torch.cat(parts).sort().values.tolist() == list(range(100))
    assert [len(part) for part in parts] == [60, 20, 20]
    shown = [set(pictures.labels[part].tolist()) for part in parts]
    assert shown == [set(range(10))] * 3 if split == "pictures" else sum(map(len, shown)) == len(set.union(*shown))


@pytest.mark.parametrize(
    ("split", "per_class", "classes", "other"), [("pictures", 3, 4, "classes"), ("classes", 8, 5, "pictures")]
)
def test_parts_that_would_show_nothing_are_refused(split, per_class, classes, other):
    pictures = labelled(per_class, classes)
    with pytest.raises(ValueError, match=f"Split by {split}, the part to .* too few. .*--split {other}"):
        split_pictures(pictures, group_classes(pictures.names, None), split)


def test_without_groups_each_class_stands_alone():
    groups = group_classes(WRITERS, None)
    assert groups.trivial and groups.alike() == ()
