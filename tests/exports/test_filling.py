"""Rows matched with students, and scores put into a column."""

from autograder.exports.filling import GradeColumn, has_decimal_comma, match_rows, roster_of
from autograder.spreadsheets import parse_sheet


def by_id(sheet):
    """Return a function that labels a row by the id in its first cell."""
    return lambda row: (sheet.value(row, 0), [("student", sheet.value(row, 0))]) if sheet.value(row, 0) else None


def test_a_row_matches_one_student(klass):
    """A row of an unknown student and two rows of one student stay unmatched, with a note; an empty row has none."""
    sheet = parse_sheet("id,grade\nada,\nsam,\n,\nbea,\nbea,\n", ",")
    rows, notes = match_rows(sheet, roster_of(klass), by_id(sheet))
    assert {1: "ada"} == rows
    assert ["row 3, 'sam', left unchanged: no student with that name or number is known",
            "several rows are about bea, left unchanged: 5, 6"] == notes


def test_a_score_is_scaled_and_capped(klass):
    """A score is scaled to the file's maximum, has its decimal sign, and is at most the maximum if capped."""
    sheet = parse_sheet('id;grade\nada;"1,5"\nbea;\n', ";")
    assert has_decimal_comma(sheet, 1) and not has_decimal_comma(sheet, 0)
    column = GradeColumn(sheet, 1, klass, zeros=False, decimal_comma=True)
    assert column.put_grade(1, "ada", 15.0) and column.put_grade(2, "bea", 10.0, cap=True)
    assert ["15", "6,05"] == [sheet.value(row, 1) for row in (1, 2)]
    assert {(100.0, 10.0), (100.0, 15.0)} == column.scaled
    assert ["ada (1,5 to 15)"] == column.changed and 2 == column.written


def test_a_missing_score_leaves_the_cell(klass):
    """A cell stays if the submission was not graded; with zeros, a missing submission gets 0."""
    sheet = parse_sheet("id,grade\ncarl,7\ndora,8\n", ",")
    assert not GradeColumn(sheet, 1, klass, zeros=False, decimal_comma=False).put_grade(1, "carl", None)
    column = GradeColumn(sheet, 1, klass, zeros=True, decimal_comma=False)
    assert column.put_grade(1, "carl", None) and not column.put_grade(2, "dora", None)
    assert ["0", "8"] == [sheet.value(row, 1) for row in (1, 2)]
