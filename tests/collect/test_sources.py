"""Each kind of source: nbgrader's exchange and submitted folder, Moodle's and Canvas's downloads, names by id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.collect import archive, collect_submissions
from autograder.collect.sources import CANVAS, MOODLE, split_resubmission
from autograder.course.course import Course
from autograder.errors import CourseError
from autograder.roster import Roster, RosterEntry
from tests.helpers.collecting import (
    ADA,
    BEA,
    NAME,
    ROSTER,
    TIME,
    path_of,
    paths_of,
    read_submitted,
    students_of,
    write_folder,
)


def test_a_moodle_download_with_folders(source, course):
    """Full names identify the students; other files go with a notebook, and are reported where there is none."""
    result = collect_submissions(Course(course), NAME, source({
        "Ada Lovelace_7001_assignsubmission_file_/my work.ipynb": ADA,
        "Ada Lovelace_7001_assignsubmission_file_/plot.png": b"png",
        "Bea Müller-Ünal_7002_assignsubmission_file/sub/x.ipynb": BEA,
        "Sam Stranger_7003_assignsubmission_file_/x.ipynb": ADA,
        "Al Bo_7004_assignsubmission_file_/report.pdf": b"pdf",
        "Kim Lee_7005_assignsubmission_file_/x.ipynb": ADA,
    }), ROSTER)  # fmt: skip
    assert {path_of("ada"): ADA, path_of("ada", "plot.png"): b"png", path_of("bea"): BEA} == read_submitted(course)
    assert "a bulk download of Moodle" == result.source
    assert ["ada", "bea"] == students_of(result.matched)
    assert {
        ("Sam Stranger_7003_assignsubmission_file_/x.ipynb", "no student with that name or number is known"),
        ("Kim Lee_7005_assignsubmission_file_/x.ipynb", "may be any of kim1, kim2"),
        ("Al Bo_7004_assignsubmission_file_/report.pdf", "was handed in without a notebook"),
    } == set(result.unmatched)
    assert ["1 files without a notebook beside them were left aside"] == result.notes


def test_a_moodle_download_without_folders(source, course):
    """A download in one folder, where the file's name follows the student's, is read, too."""
    files = source({"Ada Lovelace_7001_assignsubmission_file_rnn-step-by-step.ipynb": ADA})
    result = collect_submissions(Course(course), NAME, files, ROSTER)
    assert {path_of("ada"): ADA} == read_submitted(course) and ["ada"] == students_of(result.matched)


def test_a_canvas_download(source, course):
    """User numbers, then names, identify the students; the last resubmission counts; lateness is noted."""
    result = collect_submissions(Course(course), NAME, source({
        "lovelaceada_LATE_101_5001_rnn-step-by-step.ipynb": b"old",
        "lovelaceada_LATE_101_5009_rnn-step-by-step-2.ipynb": ADA,
        "lovelaceada_LATE_101_5005_rnn-step-by-step-1.ipynb": b"older",
        "boal_77_5002_my_notebook-3.ipynb": BEA,
        "strangersam_999_5003_x.ipynb": ADA,
        "müllerünalbea_102_5004_x.pdf": b"pdf",
    }), ROSTER)  # fmt: skip
    assert {path_of("ada"): ADA, path_of("a_b"): BEA} == read_submitted(course)
    assert "a bulk download of Canvas" == result.source
    assert "late, says Canvas; the last of 3" == result.matched[1].note
    assert {"strangersam_999_5003_x.ipynb", "müllerünalbea_102_5004_x.pdf"} == set(paths_of(result.unmatched))


def test_nbgraders_exchange(source, course):
    """The last submission counts, with the time of its folder; other assignments are ignored."""
    first, last = "ada+rnn-step-by-step+2026-02-01 10:00:00.000000 UTC+aaa", f"ada+rnn-step-by-step+{TIME}+bbb"
    result = collect_submissions(Course(course), NAME, source({
        f"rnn/inbound/{first}/rnn-step-by-step.ipynb": b"old", f"rnn/inbound/{first}/timestamp.txt": b"old",
        f"rnn/inbound/{last}/rnn-step-by-step.ipynb": ADA, f"rnn/inbound/{last}/timestamp.txt": b"forged",
        f"rnn/inbound/new+one+rnn-step-by-step+{TIME}/rnn-step-by-step.ipynb": BEA,
        f"rnn/inbound/bea+another+{TIME}/another.ipynb": BEA, "rnn/outbound/another/another.ipynb": BEA,
    }), ROSTER)  # fmt: skip
    assert {path_of("ada"): ADA, path_of("ada", "timestamp.txt"): TIME.encode(),
            path_of("new+one"): BEA, path_of("new+one", "timestamp.txt"): TIME.encode()} == read_submitted(course)
    assert "nbgrader's exchange" == result.source
    assert ["the last of 2", "not in the gradebook yet"] == [file.note for file in result.matched]
    assert [] == result.unmatched


@pytest.mark.parametrize("above", ["", "rnn/"])
def test_what_an_exchange_hands_out_is_no_submission(source, course, above):
    """The release in ``outbound/ASSIGNMENT/`` and the pages beside it are not taken for a student's folder."""
    result = collect_submissions(Course(course), NAME, source({
        f"{above}inbound/ada+{NAME}+{TIME}+aaa/{NAME}.ipynb": ADA, f"{above}outbound/{NAME}/{NAME}.ipynb": BEA,
        f"{above}feedback/{NAME}/{NAME}.ipynb": BEA,
    }), ROSTER)  # fmt: skip
    assert {path_of("ada"): ADA, path_of("ada", "timestamp.txt"): TIME.encode()} == read_submitted(course)
    assert ("nbgrader's exchange", []) == (result.source, result.unmatched)


def test_the_exchange_of_several_courses_is_not_mixed(source, course):
    """The same assignment in two courses is an error that asks for one of them."""
    files = source({f"{one}/inbound/ada+{NAME}+{TIME}/{NAME}.ipynb": ADA for one in ("algebra", "rnn")})
    with pytest.raises(CourseError, match="algebra, rnn: this is the exchange of several courses"):
        collect_submissions(Course(course), NAME, files, ROSTER)


def test_nbgraders_submitted_folder(source, course):
    """The folder submitted/STUDENT/ASSIGNMENT/ of another course is read with its timestamps."""
    result = collect_submissions(Course(course), NAME, source({
        f"submitted/ada/{NAME}/{NAME}.ipynb": ADA, f"submitted/ada/{NAME}/timestamp.txt": TIME.encode(),
        f"submitted/bea/{NAME}/{NAME}.ipynb": BEA, "submitted/bea/other/other.ipynb": BEA,
    }), Roster())  # fmt: skip
    assert {path_of("ada"): ADA, path_of("ada", "timestamp.txt"): TIME.encode(),
            path_of("bea"): BEA} == read_submitted(course)
    assert [("submitted/bea/other/other.ipynb", f"is not in a folder STUDENT/{NAME}")] == result.unmatched


@pytest.mark.parametrize("path", ["ada.ipynb", "ada/x.ipynb", "ada_final (2).ipynb", "in/a/folder/ada-x.ipynb",
                                  "ada (1).ipynb", "ADA.IPYNB"])
def test_files_that_begin_with_a_known_id_need_no_pattern(source, course, path):
    """A known id as a folder or at the beginning of the name identifies the student."""
    assert ["ada"] == students_of(collect_submissions(Course(course), NAME, source({path: ADA}), ROSTER).matched)


def test_names_without_a_roster_need_a_pattern(source, course):
    """Without known students and a pattern, the error names both options."""
    with pytest.raises(CourseError, match=r"--pattern.*--roster"):
        collect_submissions(Course(course), NAME, source({"ada.ipynb": ADA}), Roster())


def test_a_participants_number_is_an_id_only_without_names(source, course):
    """Moodle's own number identifies a student only in an anonymous download, where it replaces the name."""
    roster = Roster([RosterEntry("42", "Zed", "Zee"), RosterEntry("43")])
    result = collect_submissions(Course(course), NAME, source({
        "Sam Stranger_42_assignsubmission_file_/x.ipynb": ADA, "Participant_43_assignsubmission_file_/x.ipynb": BEA,
    }), roster)  # fmt: skip
    assert {path_of("43"): BEA} == read_submitted(course)
    assert ["Sam Stranger_42_assignsubmission_file_/x.ipynb"] == paths_of(result.unmatched)


@pytest.mark.parametrize("file, title, number", [
    ("x-2.ipynb", "x.ipynb", 2), ("x.ipynb", "x.ipynb", 0), (f"{NAME}.ipynb", f"{NAME}.ipynb", 0),
    ("y-1-3.ipynb", "y-1.ipynb", 3),
])  # fmt: skip
def test_canvas_numbers_resubmissions(file, title, number):
    """Canvas's number at the end of a name is split off; a number of the assignment's name is not."""
    assert (title, number) == split_resubmission(file, NAME)
    assert ("lab-2.ipynb", 0) == split_resubmission("lab-2.ipynb", "lab-2")
    assert ("lab-2.ipynb", 1) == split_resubmission("lab-2-1.ipynb", "lab-2")


@given(st.text(alphabet=st.sampled_from("Aüñ '-._1"), min_size=1, max_size=12).map(str.strip).filter(bool))
def test_names_of_bulk_downloads_are_read_back(name):
    """Any name in front of Moodle's or Canvas's numbers is read back unchanged."""
    assert name == MOODLE.fullmatch(f"{name}_123_assignsubmission_file_/x.ipynb")["name"]
    sortable = "".join(c for c in name if c.isalnum()).lower() or "x"
    match = CANVAS.fullmatch(f"{sortable}_LATE_12_345_a_1_2_b.ipynb")
    assert (sortable, "12", "a_1_2_b.ipynb") == (match["name"], match["user"], match["rest"])


def test_a_submission_of_another_owner_is_noted(course, tmp_path, monkeypatch):
    """In the exchange, everyone can write under any id: a submission that another user owns is noted."""
    monkeypatch.setattr(archive, "_owner", lambda uid: "mallory")
    files = write_folder(tmp_path / "x", {f"ada+{NAME}+{TIME}/{NAME}.ipynb": ADA})
    result = collect_submissions(Course(course), NAME, files, ROSTER)
    assert "belongs to the user mallory: did ada hand it in?" == result.matched[0].note
