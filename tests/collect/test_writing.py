"""Submissions written into submitted/, beside or over earlier ones."""

import os
from pathlib import Path

import pytest

from autograder.collect import collect_submissions
from autograder.course.course import Course
from autograder.errors import CourseError
from tests.helpers.collecting import (
    ADA,
    BEA,
    NAME,
    ROSTER,
    TIME,
    path_of,
    read_submitted,
    students_of,
    write_folder,
)


def test_the_same_again_is_unchanged(source, course):
    """Collecting the same files again writes nothing."""
    files = source({"ada.ipynb": ADA})
    collect_submissions(Course(course), NAME, files, ROSTER)
    before = (course / "submitted" / path_of("ada")).stat()
    result = collect_submissions(Course(course), NAME, files, ROSTER)
    assert ["ada"] == students_of(result.unchanged) and [] == result.matched
    assert before.st_mtime_ns == (course / "submitted" / path_of("ada")).stat().st_mtime_ns


def test_another_submission_stays_unless_replaced(source, course):
    """An earlier submission is kept; with replace it goes with its timestamp, and its other files stay."""
    write_folder(course / "submitted", {
        path_of("ada"): BEA, path_of("ada", "timestamp.txt"): b"old", path_of("ada", "data.csv"): b"1"})
    files = source({"ada.ipynb": ADA})
    result = collect_submissions(Course(course), NAME, files, ROSTER)
    assert [("ada", "another submission is there")] == [(file.student, file.note) for file in result.kept]
    assert BEA == read_submitted(course)[path_of("ada")]
    result = collect_submissions(Course(course), NAME, files, ROSTER, replace=True)
    assert ["ada"] == students_of(result.replaced)
    assert {path_of("ada"): ADA, path_of("ada", "data.csv"): b"1"} == read_submitted(course)


def test_a_renamed_notebook_counts_as_the_submission(source, course):
    """The same notebook under another name is unchanged."""
    write_folder(course / "submitted", {path_of("ada", "mine.ipynb"): ADA})
    result = collect_submissions(Course(course), NAME, source({"ada.ipynb": ADA}), ROSTER)
    assert ["ada"] == students_of(result.unchanged)


def test_another_time_is_another_submission(source, course):
    """The same notebook with another time is kept or replaced like another one, since lateness depends on it."""
    before = b"2026-01-01 00:00:00.000000 UTC"
    write_folder(course / "submitted", {path_of("ada"): ADA, path_of("ada", "timestamp.txt"): before})
    files = source({f"ada+{NAME}+{TIME}/{NAME}.ipynb": ADA})
    result = collect_submissions(Course(course), NAME, files, ROSTER)
    assert "the same with another time (2026-01-01 00:00:00.000000 UTC) is there" == result.kept[0].note
    collect_submissions(Course(course), NAME, files, ROSTER, replace=True)
    assert TIME.encode() == read_submitted(course)[path_of("ada", "timestamp.txt")]


def test_a_dry_run_writes_nothing(source, course):
    """A dry run gives the same result and writes no file."""
    files = source({"ada.ipynb": ADA, "bea.ipynb": BEA})
    assert ["ada", "bea"] == students_of(collect_submissions(Course(course), NAME, files, ROSTER, dry_run=True).matched)
    assert not (course / "submitted").exists()


def test_an_interrupted_replacement_leaves_the_old_one(course, tmp_path, monkeypatch):
    """If the new folder cannot be put in place, the old one is restored and no scratch folder is left."""
    write_folder(course / "submitted", {path_of("ada"): BEA})
    rename = os.rename

    def fail_on_new(old, new):
        if Path(old).name == "new":
            raise OSError(28, "No space left on device")
        rename(old, new)

    monkeypatch.setattr(os, "rename", fail_on_new)
    with pytest.raises(CourseError, match="No space left"):
        collect_submissions(
            Course(course), NAME, write_folder(tmp_path / "x", {"ada.ipynb": ADA}), ROSTER, replace=True)
    assert {path_of("ada"): BEA} == read_submitted(course)
    assert ["ada"] == [path.name for path in (course / "submitted").iterdir()]
