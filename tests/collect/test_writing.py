"""Submissions written into submitted/, beside or over earlier ones."""

import os
from functools import partial
from pathlib import Path

import pytest

from autograder.collect import collect_submissions
from autograder.course.course import Course
from autograder.errors import CourseError
from autograder.notebooks.own_files import MAX_OWN_FILES
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


def test_files_beside_the_notebook_come_along(source, course):
    """The student's own files go with the notebook; copies of the assignment's are left aside."""
    own = {"helpers.py": b"x = 1", "data/a.csv": b"1,2", "changed.py": b"mine"}
    files = {NAME + ".ipynb": ADA, **own, "rnn_utils.py": b"ours", "public_cases.json": b"older",
             "odd:name.py": b"1", "other.ipynb": BEA}
    collect = partial(collect_submissions, Course(course), NAME, roster=ROSTER,
                      ours={"rnn_utils.py": b"ours", "changed.py": b"ours", "public_cases.json": b"{}"})
    collect(source({f"ada+{NAME}+{TIME}/{name}": content for name, content in files.items()}))
    expected = {path_of("ada", name): content for name, content in {f"{NAME}.ipynb": ADA, **own}.items()}
    found = read_submitted(course)
    assert TIME.encode() == found.pop(path_of("ada", "timestamp.txt"))
    assert expected == found


def test_files_of_one_person_in_one_folder(source, course):
    """Where a platform puts all files side by side, those of one person go together, each in its last version."""
    files = source({
        f"lovelaceada_101_5001_{NAME}.ipynb": ADA, "lovelaceada_101_5002_helpers.py": b"old",
        "lovelaceada_101_5003_helpers-1.py": b"new", "lovelaceada_101_5004_timestamp.txt": b"2020-01-01",
        "lovelaceada_101_5005_submission_secret.txt": b"s", f"müllerbea_102_5006_{NAME}.ipynb": BEA})
    collect_submissions(Course(course), NAME, files, ROSTER)
    assert {path_of("ada"): ADA, path_of("ada", "helpers.py"): b"new", path_of("bea"): BEA} == read_submitted(course)


def test_another_helper_makes_another_submission(source, course):
    """The same notebook with another helper is kept until it is replaced; the new helper then takes its place."""
    folder = f"ada+{NAME}+{TIME}/"
    collect_submissions(Course(course), NAME, source({folder + f"{NAME}.ipynb": ADA, folder + "h.py": b"1"}), ROSTER)
    files = {folder + f"{NAME}.ipynb": ADA, folder + "h.py": b"2"}
    (course / "more").mkdir()
    again = write_folder(course / "more", files)
    result = collect_submissions(Course(course), NAME, again, ROSTER)
    assert "the same with another h.py is there" == result.kept[0].note
    collect_submissions(Course(course), NAME, again, ROSTER, replace=True)
    assert b"2" == read_submitted(course)[path_of("ada", "h.py")]


def test_a_link_in_an_earlier_submission_is_not_followed(tmp_path, course):
    """A file is written into the submission's folder, wherever links of an earlier one lead."""
    outside = write_folder(tmp_path / "outside", {"h.py": b"kept"})
    target = course / "submitted" / "ada" / NAME
    write_folder(target, {f"{NAME}.ipynb": BEA})
    (target / "lib").symlink_to(outside)
    (target / "h.py").symlink_to(outside / "h.py")
    files = {f"ada+{NAME}+{TIME}/{name}": b"new" for name in (f"{NAME}.ipynb", "lib/h.py", "h.py")}
    collect_submissions(Course(course), NAME, write_folder(tmp_path / "more", files), ROSTER, replace=True)
    assert b"kept" == (outside / "h.py").read_bytes()
    assert [b"new", b"new"] == [(target / name).read_bytes() for name in ("lib/h.py", "h.py")]
    assert not (target / "lib").is_symlink() and not (target / "h.py").is_symlink()


def test_too_many_and_too_large_files_are_left_aside(tmp_path, course):
    """The notebook is collected whatever lies beside it, and a note says what is not."""
    files = {f"{NAME}.ipynb": ADA, "a.csv": b"1" * 5_000_000, **{f"b{n:03}.txt": b"x" for n in range(100)}}
    path = write_folder(tmp_path / "source", {f"ada+{NAME}+{TIME}/{name}": text for name, text in files.items()})
    result = collect_submissions(Course(course), NAME, path, ROSTER)
    found = read_submitted(course)
    assert ADA == found[path_of("ada")] and path_of("ada", "a.csv") not in found
    assert MAX_OWN_FILES + 2 == len(found)  # with the notebook and the time
    assert "not collected: a.csv is too large, 50 more files" == result.matched[0].note
