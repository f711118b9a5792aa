"""Recordings of a pen are read right, and split by who drew them."""

from __future__ import annotations

import pytest

from siamese.data.pendigits import Recording, load_pendigits, parse_unipen, split_by_writer, split_writers_in_half

UNIPEN = """.VERSION 1.0
.COMMENT two digits and a recording without a stroke
.SEGMENT DIGIT ? ? "1"
.PEN_DOWN
 250 400
 250 250
 250 100
.PEN_UP
.DT 100
.SEGMENT DIGIT ? ? "4"
.COMMENT 4 17 3
.PEN_DOWN
 200 400
 150 250
 300 250
.PEN_UP
.DT 151
.PEN_DOWN
 260 350
 260 100
.PEN_UP
.SEGMENT DIGIT ? ? "7"
.COMMENT the pen never came down
"""


def test_unipen_is_read():
    one, four = parse_unipen(UNIPEN)
    assert (one.label, four.label) == (1, 4)
    assert (one.writer, four.writer) == (0, 17)  # of the 1 it is not said
    assert [len(stroke) for stroke in four.strokes] == [3, 2]
    # On the tablet y grows upwards, in pictures downwards.
    assert one.strokes[0].tolist() == [[250, 100], [250, 250], [250, 400]]


@pytest.mark.parametrize("points", ["250 400 250", "250 here"])
def test_points_that_are_no_pairs_of_numbers_are_refused(points):
    with pytest.raises(ValueError, match="A stroke of segment 1 is not pairs of numbers: '250 400"):
        parse_unipen(UNIPEN.replace("250 250", points, 1))


def test_nobody_who_is_held_out_is_also_fitted_or_both_chosen_by_and_reported_on():
    strokes_of_one = parse_unipen(UNIPEN)[0].strokes
    recordings = [Recording(digit, writer, strokes_of_one) for digit in range(10) for writer in range(1, 31)]
    fit, held = split_by_writer(recordings)
    assert {recording.writer for recording in held} == {6, 12, 18, 24, 30}
    assert len(fit) + len(held) == len(recordings)
    assert not {recording.writer for recording in fit} & {recording.writer for recording in held}
    choose, report = split_writers_in_half(held)
    assert {recording.writer for recording in choose} == {6, 12}
    assert {recording.writer for recording in report} == {18, 24, 30}
    assert len(choose) + len(report) == len(held)


def test_missing_or_foreign_pen_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match="No pen strokes in"):
        load_pendigits(tmp_path)
    (tmp_path / "pendigits").mkdir()
    (tmp_path / "pendigits" / "pendigits-orig.tra").write_text("1,2,3\n")
    with pytest.raises(ValueError, match="no digits in UNIPEN format"):
        load_pendigits(tmp_path)


def test_recordings_are_read_from_their_place(tmp_path):
    (tmp_path / "pendigits").mkdir()
    (tmp_path / "pendigits" / "pendigits-orig.tra").write_text(UNIPEN)
    assert [recording.label for recording in load_pendigits(tmp_path)] == [1, 4]
