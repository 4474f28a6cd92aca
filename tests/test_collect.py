"""Collecting: whose each notebook is, what is taken, what stays, and what a hostile zip cannot do."""

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.collect import bundle, collect
from autograder.collect.sources import CANVAS, MOODLE, resubmission
from autograder.errors import CourseError
from autograder.roster import Person, Roster

NAME = "rnn-step-by-step"
ADA, BEA = b'{"cells": ["ada"]}', b'{"cells": ["bea"]}'
TIME = "2026-03-01 12:00:05.250000 UTC"
ROSTER = Roster([
    Person("ada", "Ada", "Lovelace", "ada@uni.example", "101"), Person("bea", "Bea", "Müller-Ünal", None, "102"),
    Person("a_b", "Al", "Bo"), Person("kim1", "Kim", "Lee"), Person("kim2", "Kim", "Lee"),
])  # fmt: skip


def folder(root, files):
    """A folder with these files."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def zipped(path, files):
    """A zip with these files; a pair gives the member's attributes, too."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if isinstance(content, tuple):
                content, info.external_attr = content
            archive.writestr(info, content)
    return path


@pytest.fixture(params=["folder", "zip"])
def source(request, tmp_path):
    """The same files in a folder and in a zip."""

    def make(files):
        if request.param == "folder":
            return folder(tmp_path / "source", files)
        return zipped(tmp_path / "source.zip", files)

    return make


@pytest.fixture
def course(tmp_path):
    (tmp_path / "course").mkdir()
    return tmp_path / "course"


def submitted(course):
    """What stands under submitted/, by path."""
    root = course / "submitted"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def at(student, file=f"{NAME}.ipynb"):
    return f"{student}/{NAME}/{file}"


def students(lines):
    return [line.student for line in lines]


# ---- kinds of sources ----------------------------------------------------------------------------------------


def test_a_moodle_download_with_folders(source, course):
    """Full names find the students; the rest is named, also who handed in something else."""
    found = collect(course, NAME, source({
        "Ada Lovelace_7001_assignsubmission_file_/my work.ipynb": ADA,
        "Ada Lovelace_7001_assignsubmission_file_/plot.png": b"png",
        "Bea Müller-Ünal_7002_assignsubmission_file/sub/x.ipynb": BEA,
        "Sam Stranger_7003_assignsubmission_file_/x.ipynb": ADA,
        "Al Bo_7004_assignsubmission_file_/report.pdf": b"pdf",
        "Kim Lee_7005_assignsubmission_file_/x.ipynb": ADA,
    }), ROSTER)  # fmt: skip
    assert {at("ada"): ADA, at("bea"): BEA} == submitted(course)
    assert "a bulk download of Moodle" == found.kind
    assert ["ada", "bea"] == students(found.matched)
    assert {
        ("Sam Stranger_7003_assignsubmission_file_/x.ipynb", "nobody of that name or number is known"),
        ("Kim Lee_7005_assignsubmission_file_/x.ipynb", "may be any of kim1, kim2"),
        ("Al Bo_7004_assignsubmission_file_/report.pdf", "was handed in without a notebook"),
    } == set(found.unmatched)
    assert ("2 files that are no notebooks were left aside",) == found.notes


def test_a_moodle_download_without_folders(source, course):
    """The form in one folder, in which the file's name follows."""
    files = source({"Ada Lovelace_7001_assignsubmission_file_rnn-step-by-step.ipynb": ADA})
    found = collect(course, NAME, files, ROSTER)
    assert {at("ada"): ADA} == submitted(course) and ["ada"] == students(found.matched)


def test_a_canvas_download(source, course):
    """User numbers, else names, find the students; the last resubmission counts; lateness is said."""
    found = collect(course, NAME, source({
        "lovelaceada_LATE_101_5001_rnn-step-by-step.ipynb": b"old",
        "lovelaceada_LATE_101_5009_rnn-step-by-step-2.ipynb": ADA,
        "lovelaceada_LATE_101_5005_rnn-step-by-step-1.ipynb": b"older",
        "boal_77_5002_my_notebook-3.ipynb": BEA,
        "strangersam_999_5003_x.ipynb": ADA,
        "müllerünalbea_102_5004_x.pdf": b"pdf",
    }), ROSTER)  # fmt: skip
    assert {at("ada"): ADA, at("a_b"): BEA} == submitted(course)
    assert "a bulk download of Canvas" == found.kind
    assert "late, says Canvas; the last of 3" == found.matched[1].note
    assert {"strangersam_999_5003_x.ipynb", "müllerünalbea_102_5004_x.pdf"} == {file for file, _ in found.unmatched}


def test_nbgraders_exchange(source, course):
    """The last submission, with its time in nbgrader's form; other assignments' are not looked at."""
    first, last = "ada+rnn-step-by-step+2026-02-01 10:00:00.000000 UTC+aaa", f"ada+rnn-step-by-step+{TIME}+bbb"
    found = collect(course, NAME, source({
        f"rnn/inbound/{first}/rnn-step-by-step.ipynb": b"old", f"rnn/inbound/{first}/timestamp.txt": b"old",
        f"rnn/inbound/{last}/rnn-step-by-step.ipynb": ADA, f"rnn/inbound/{last}/timestamp.txt": b"forged",
        f"rnn/inbound/new+one+rnn-step-by-step+{TIME}/rnn-step-by-step.ipynb": BEA,
        f"rnn/inbound/bea+another+{TIME}/another.ipynb": BEA, "rnn/outbound/another/another.ipynb": BEA,
    }), ROSTER)  # fmt: skip
    assert {at("ada"): ADA, at("ada", "timestamp.txt"): TIME.encode(),
            at("new+one"): BEA, at("new+one", "timestamp.txt"): TIME.encode()} == submitted(course)
    assert "nbgrader's exchange" == found.kind
    assert ["the last of 2", "not in the gradebook yet"] == [line.note for line in found.matched]
    assert () == found.unmatched


def test_the_exchange_of_several_courses_is_not_mixed(source, course):
    """The same assignment in two courses: one line that asks for one."""
    files = source({f"{one}/inbound/ada+{NAME}+{TIME}/{NAME}.ipynb": ADA for one in ("algebra", "rnn")})
    with pytest.raises(CourseError, match="algebra, rnn: this is the exchange of several courses"):
        collect(course, NAME, files, ROSTER)


def test_nbgraders_submitted_folder(source, course):
    """submitted/STUDENT/ASSIGNMENT/ of another course, with its times."""
    found = collect(course, NAME, source({
        f"submitted/ada/{NAME}/{NAME}.ipynb": ADA, f"submitted/ada/{NAME}/timestamp.txt": TIME.encode(),
        f"submitted/bea/{NAME}/{NAME}.ipynb": BEA, "submitted/bea/other/other.ipynb": BEA,
    }), Roster())  # fmt: skip
    assert {at("ada"): ADA, at("ada", "timestamp.txt"): TIME.encode(), at("bea"): BEA} == submitted(course)
    assert [("submitted/bea/other/other.ipynb", f"is not in a folder STUDENT/{NAME}")] == list(found.unmatched)


@pytest.mark.parametrize("path", ["ada.ipynb", "ada/x.ipynb", "ada_final (2).ipynb", "in/a/folder/ada-x.ipynb",
                                  "ada (1).ipynb", "ADA.IPYNB"])
def test_files_that_begin_with_a_known_id_need_no_pattern(source, course, path):
    """A student's id as the folder or at the beginning of the name is enough."""
    assert ["ada"] == students(collect(course, NAME, source({path: ADA}), ROSTER).matched)


@pytest.mark.parametrize("pattern, path, student", [
    ("{student}_{anything}.ipynb", "a_b_lab_1.ipynb", "a_b"), ("lab1-{name}.ipynb", "x/lab1-Ada Lovelace.ipynb", "ada"),
    ("{anything}/{lms_user_id}/{anything}.ipynb", "x/102/y.ipynb", "bea"),
    ("{email}.ipynb", "ada@uni.example.ipynb", "ada"),
])  # fmt: skip
def test_a_pattern_says_whose_a_file_is(source, course, pattern, path, student):
    """The fields of a pattern; known ids are preferred where an id has the pattern's own separator in it."""
    assert [student] == students(collect(course, NAME, source({path: ADA}), ROSTER, pattern).matched)


def test_a_pattern_reads_times(source, course):
    """{timestamp} is read, and the last of a student's files counts."""
    found = collect(course, NAME, source({
        "ada 2026-03-01 10-00.ipynb": b"?", "ada@2026-03-01T12:00:05.25Z.ipynb": ADA,
        "ada@2026-02-01T12:00:00Z.ipynb": b"old",
    }), Roster(), "{student}@{timestamp}.ipynb")  # fmt: skip
    assert {at("ada"): ADA, at("ada", "timestamp.txt"): TIME.encode()} == submitted(course)
    assert ["ada 2026-03-01 10-00.ipynb"] == [file for file, _ in found.unmatched]


def test_a_regular_expression_as_with_nbgrader(source, course):
    """nbgrader's own kind of expression, with its group student_id."""
    path = "ps1_ada_attempt_2016-01-30-15-00-00_problem1.ipynb"
    expression = r".*_(?P<student_id>\w+)_attempt_(?P<when>[0-9\-]+)_(?P<file_id>\w+)"
    assert ["ada"] == students(collect(course, NAME, source({path: ADA}), ROSTER, expression, regex=True).matched)


@pytest.mark.parametrize("pattern, regex, said", [
    ("{anything}.ipynb", False, "names the student once"), ("{student}{student}", False, "names the student once"),
    ("{student}_{colour}.ipynb", False, "knows these fields"), ("(", True, "not a regular expression"),
    ("x", True, "no group that names a student"),
])  # fmt: skip
def test_a_bad_pattern_is_one_clear_line(source, course, pattern, regex, said):
    """A pattern that cannot tell is refused before anything is read."""
    with pytest.raises(CourseError, match=said) as caught:
        collect(course, NAME, source({"ada.ipynb": ADA}), ROSTER, pattern, regex)
    assert 1 == len(str(caught.value).splitlines())


def test_without_names_and_roster_the_way_out_is_named(source, course):
    """Nobody known and no pattern: one line with both ways."""
    with pytest.raises(CourseError, match=r"--pattern.*--roster"):
        collect(course, NAME, source({"ada.ipynb": ADA}), Roster())


def test_a_given_roster_admits_nobody_else(source, course):
    """With --roster, an id that is not in it is not matched; without, it is taken and said."""
    files = source({"ada_x.ipynb": ADA, "tom_x.ipynb": ADA})
    closed = Roster(ROSTER.people.values(), closed=True)
    found = collect(course, NAME, files, closed, "{student}_{anything}.ipynb", dry_run=True)
    assert ["ada"] == students(found.matched) and ["tom_x.ipynb"] == [file for file, _ in found.unmatched]
    found = collect(course, NAME, files, ROSTER, "{student}_{anything}.ipynb")
    assert [("ada", ""), ("tom", "not in the gradebook yet")] == [(line.student, line.note) for line in found.matched]


def test_several_notebooks_of_one_student_are_not_guessed(source, course):
    """The one with the assignment's name counts; where none has it, all are refused and named."""
    found = collect(course, NAME, source({
        "Ada Lovelace_1_assignsubmission_file_/a.ipynb": BEA,
        "Ada Lovelace_1_assignsubmission_file_/RNN step by step.ipynb": ADA,
        "Al Bo_2_assignsubmission_file_/a.ipynb": ADA, "Al Bo_2_assignsubmission_file_/b.ipynb": BEA,
    }), ROSTER)  # fmt: skip
    assert {at("ada"): ADA} == submitted(course)
    assert 2 == len(found.refused) and "a_b has several notebooks: a.ipynb, b.ipynb" == found.refused[0][1]


def test_notebooks_that_do_not_count_are_named(source, course):
    """Beside the notebook with the assignment's name, another one of the same student is said to be left aside."""
    files = {f"lovelaceada_101_5001_{NAME}.ipynb": ADA, "lovelaceada_101_5002_extra.ipynb": BEA}
    found = collect(course, NAME, source(files), ROSTER)
    assert {at("ada"): ADA} == submitted(course)
    assert (f"left aside: lovelaceada_101_5002_extra.ipynb: what counts of ada is {NAME}.ipynb",) == found.notes


# ---- two of one name, of whom one is known -----------------------------------------------------------------------


@pytest.mark.parametrize("number, taken", [("101", {at("anna"): ADA}), (None, {})])
def test_two_users_of_canvas_are_not_one_student(source, course, number, taken):
    """A user whose number is another's is not found by name; where no number is known, neither of the two is."""
    files = source({f"smithanna_101_5001_{NAME}.ipynb": ADA, f"smithanna_102_5002_{NAME}.ipynb": BEA})
    found = collect(course, NAME, files, Roster([Person("anna", "Anna", "Smith", None, number)]))
    assert taken == submitted(course)
    assert 2 - len(taken) == len(found.unmatched)
    assert f"smithanna_102_5002_{NAME}.ipynb" == found.unmatched[-1][0]
    said = "looks like anna, whose lms_user_id is 101, not 102" if number else "the users 101 and 102 may both be anna"
    assert said in found.unmatched[-1][1]


@pytest.mark.parametrize("other", ["final.ipynb", f"{NAME}.ipynb", "report.pdf"])
def test_two_users_of_moodle_are_not_one_student(source, course, other):
    """Two numbers with the one name that is known: both are named, whatever either handed in."""
    files = {f"Anna Smith_7001_assignsubmission_file_/{NAME}.ipynb": ADA,
             f"Smith Anna_7002_assignsubmission_file_/{other}": BEA}
    found = collect(course, NAME, source(files), Roster([Person("anna", "Anna", "Smith")]))
    assert {} == submitted(course)
    assert {*files} == {file for file, _ in found.unmatched}
    assert all("the users 7001 and 7002 may both be anna" in reason for _, reason in found.unmatched)


def test_a_participants_number_is_nobodys_id_where_names_are_shown(source, course):
    """Moodle's own number is a student's only in a blind download, where it stands for the name."""
    roster = Roster([Person("42", "Zed", "Zee"), Person("43")])
    found = collect(course, NAME, source({
        "Sam Stranger_42_assignsubmission_file_/x.ipynb": ADA, "Participant_43_assignsubmission_file_/x.ipynb": BEA,
    }), roster)  # fmt: skip
    assert {at("43"): BEA} == submitted(course)
    assert ["Sam Stranger_42_assignsubmission_file_/x.ipynb"] == [file for file, _ in found.unmatched]


@pytest.mark.parametrize("pattern, path, said", [
    ("{lms_user_id}_{name}.ipynb", "999_Ada Lovelace.ipynb", "whose lms_user_id is 101"),
    ("{name}_{email}.ipynb", "Ada Lovelace_other@uni.example.ipynb", "whose email is ada@uni.example"),
    ("{student}_{name}.ipynb", "ada2_Ada Lovelace.ipynb", "may be any of ada, ada2"),
    ("{student}_{lms_user_id}.ipynb", "ada_102.ipynb", "may be any of ada, bea"),
])  # fmt: skip
def test_fields_that_name_two_students_name_neither(source, course, pattern, path, said):
    """An id, a number or an address that is not theirs keeps a file from a student of that name."""
    found = collect(course, NAME, source({path: ADA}), ROSTER, pattern)
    assert {} == submitted(course)
    assert [True] == [said in reason for _, reason in found.unmatched]


# ---- what names say ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file, title, number", [
    ("x-2.ipynb", "x.ipynb", 2), ("x.ipynb", "x.ipynb", 0), (f"{NAME}.ipynb", f"{NAME}.ipynb", 0),
    ("y-1-3.ipynb", "y-1.ipynb", 3),
])  # fmt: skip
def test_canvas_numbers_resubmissions(file, title, number):
    """The number at the end is Canvas's."""
    assert (title, number) == resubmission(file, NAME)
    assert ("lab-2.ipynb", 0) == resubmission("lab-2.ipynb", "lab-2")
    assert ("lab-2.ipynb", 1) == resubmission("lab-2-1.ipynb", "lab-2")


@given(st.text(alphabet=st.sampled_from("Aüñ '-._1"), min_size=1, max_size=12).map(str.strip).filter(bool))
def test_names_of_bulk_downloads_are_read_back(name):
    """Any name that Moodle or Canvas puts before their numbers comes out as it went in."""
    assert name == MOODLE.fullmatch(f"{name}_123_assignsubmission_file_/x.ipynb")["name"]
    sortable = "".join(c for c in name if c.isalnum()).lower() or "x"
    match = CANVAS.fullmatch(f"{sortable}_LATE_12_345_a_1_2_b.ipynb")
    assert (sortable, "12", "a_1_2_b.ipynb") == (match["name"], match["user"], match["rest"])


# ---- what is there already -------------------------------------------------------------------------------------


def test_the_same_again_is_unchanged(source, course):
    """Collected twice, nothing is written the second time."""
    files = source({"ada.ipynb": ADA})
    collect(course, NAME, files, ROSTER)
    before = (course / "submitted" / at("ada")).stat()
    found = collect(course, NAME, files, ROSTER)
    assert ["ada"] == students(found.unchanged) and () == found.matched
    assert before.st_mtime_ns == (course / "submitted" / at("ada")).stat().st_mtime_ns


def test_another_submission_stays_unless_it_is_to_be_replaced(source, course):
    """The old one is kept and named; with --replace it goes, named too: its other files stay, its time goes."""
    folder(course / "submitted", {at("ada"): BEA, at("ada", "timestamp.txt"): b"old", at("ada", "data.csv"): b"1"})
    files = source({"ada.ipynb": ADA})
    found = collect(course, NAME, files, ROSTER)
    assert [("ada", "another submission is there")] == [(line.student, line.note) for line in found.kept]
    assert BEA == submitted(course)[at("ada")]
    found = collect(course, NAME, files, ROSTER, replace=True)
    assert ["ada"] == students(found.replaced)
    assert {at("ada"): ADA, at("ada", "data.csv"): b"1"} == submitted(course)


def test_a_renamed_notebook_counts_as_the_submission(source, course):
    """The same work under another name is unchanged."""
    folder(course / "submitted", {at("ada", "mine.ipynb"): ADA})
    assert ["ada"] == students(collect(course, NAME, source({"ada.ipynb": ADA}), ROSTER).unchanged)


def test_another_time_is_another_submission(source, course):
    """The same notebook handed in at another time is not quietly dated anew: lateness hangs on it."""
    folder(course / "submitted", {at("ada"): ADA, at("ada", "timestamp.txt"): b"2026-01-01 00:00:00.000000 UTC"})
    files = source({f"ada+{NAME}+{TIME}/{NAME}.ipynb": ADA})
    found = collect(course, NAME, files, ROSTER)
    assert "the same with another time (2026-01-01 00:00:00.000000 UTC) is there" == found.kept[0].note
    collect(course, NAME, files, ROSTER, replace=True)
    assert TIME.encode() == submitted(course)[at("ada", "timestamp.txt")]


def test_a_dry_run_writes_nothing(source, course):
    """It says the same, and no file is there."""
    files = source({"ada.ipynb": ADA, "bea.ipynb": BEA})
    assert ["ada", "bea"] == students(collect(course, NAME, files, ROSTER, dry_run=True).matched)
    assert not (course / "submitted").exists()


def test_an_interrupted_replacement_leaves_the_old_one(course, tmp_path, monkeypatch):
    """Where the new folder cannot be put in place, the old one is back, and no scratch is left."""
    folder(course / "submitted", {at("ada"): BEA})
    rename = os.rename

    def fails(old, new):
        if Path(old).name == "new":
            raise OSError(28, "No space left on device")
        rename(old, new)

    monkeypatch.setattr(os, "rename", fails)
    with pytest.raises(CourseError, match="No space left"):
        collect(course, NAME, folder(tmp_path / "x", {"ada.ipynb": ADA}), ROSTER, replace=True)
    assert {at("ada"): BEA} == submitted(course)
    assert ["ada"] == [path.name for path in (course / "submitted").iterdir()]


# ---- what cannot be trusted ------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", ["..", ".", ".hidden", "-rf", "a:b", "a\\b", "x" * 101, "a\nb", " a"])
def test_an_id_that_cannot_name_a_folder_is_refused(course, tmp_path, student):
    """Whatever a pattern finds, only a plain name becomes a folder."""
    files = zipped(tmp_path / "x.zip", {f"f={student}=.ipynb": ADA})
    found = collect(course, NAME, files, Roster(), r"f=(?P<student>(?s:.*))=\.ipynb", regex=True)
    assert () == found.matched
    assert 1 == len(found.refused)
    assert not (course / "submitted").exists()


@pytest.mark.parametrize("name, content, said", [
    ("../ada.ipynb", ADA, "leads out of the zip"), ("x/../../ada.ipynb", ADA, "leads out of the zip"),
    ("/etc/ada.ipynb", ADA, "absolute name"), ("C:/ada.ipynb", ADA, "absolute name"),
    ("..\\ada.ipynb", ADA, "leads out"),
    ("ada_\x1b[31m.ipynb", ADA, "cannot be printed"),
    ("ada.ipynb", (b"/etc/passwd", (stat.S_IFLNK | 0o777) << 16), "is a link"),
    ("ada.ipynb", (b"", (stat.S_IFIFO | 0o666) << 16), "not a regular file"),
    pytest.param("ada.ipynb", b" " * 3_000_000, "would unpack to", id="bomb"),
    pytest.param("ada.ipynb", os.urandom(20_000_001), "more than 20,000,000 bytes", id="huge"),
])  # fmt: skip
def test_a_bad_member_is_refused_and_the_others_are_taken(course, tmp_path, name, content, said):
    """Names that lead elsewhere, links, pipes and bombs: named with the reason; an honest file beside it is taken."""
    found = collect(course, NAME, zipped(tmp_path / "x.zip", {name: content, "bea.ipynb": BEA}), ROSTER)
    assert ["bea"] == students(found.matched)
    assert [True] == [said in why for _, why in found.refused]
    assert {at("bea"): BEA} == submitted(course)


def test_a_member_that_stands_twice_is_refused(course, tmp_path):
    """Two members of one name: neither is taken."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive, pytest.warns(UserWarning):
        for content in (ADA, BEA):
            archive.writestr("ada.ipynb", content)
        archive.writestr("bea.ipynb", BEA)
    found = collect(course, NAME, tmp_path / "x.zip", ROSTER)
    assert {("ada.ipynb", "stands in it twice")} == set(found.refused)


def test_a_broken_member_is_refused(course, tmp_path):
    """A member whose bytes were changed on the way is named; the others are taken."""
    data = zipped(tmp_path / "x.zip", {"ada.ipynb": os.urandom(1000), "bea.ipynb": BEA}).read_bytes()
    (tmp_path / "x.zip").write_bytes(data[:200] + b"?" * 9 + data[209:])
    found = collect(course, NAME, tmp_path / "x.zip", ROSTER)
    assert ["bea"] == students(found.matched) and "cannot be unpacked" in found.refused[0][1]


def test_a_bomb_a_crowd_and_a_locked_zip_are_one_clear_line_each(course, tmp_path, monkeypatch):
    """Too much in all, too many files, encrypted, cut off, no zip, nothing there, no notebooks."""
    def refused(path, said):
        with pytest.raises(CourseError, match=said) as caught:
            collect(course, NAME, path, ROSTER)
        assert 1 == len(str(caught.value).splitlines())

    bomb = zipped(tmp_path / "bomb.zip", {f"{n}.ipynb": b"\0" * 15_000_000 for n in range(8)})
    refused(bomb, "would unpack to 120,000,000")
    whole = zipped(tmp_path / "a.zip", {"ada.ipynb": ADA}).read_bytes()
    locked = bytearray(whole)
    locked[6] |= 1
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    refused(tmp_path / "locked.zip", "encrypted")
    (tmp_path / "cut.zip").write_bytes(whole[:-30])
    refused(tmp_path / "cut.zip", "nor a whole zip file")
    (tmp_path / "text.zip").write_bytes(b"no zip")
    refused(tmp_path / "text.zip", "nor a whole zip file")
    refused(tmp_path / "nowhere", "no such folder or zip")
    refused(zipped(tmp_path / "pdf.zip", {"ada.pdf": ADA}), "no notebook in it")
    monkeypatch.setattr(bundle, "MAX_FILES", 2)
    many = {f"{n}.ipynb": ADA for n in range(4)}
    refused(zipped(tmp_path / "many.zip", many), "files in it")
    refused(folder(tmp_path / "many", many), "files are in it")


def test_the_total_that_is_read_is_bounded(course, tmp_path, monkeypatch):
    """What lies beyond is refused, however small it says it is."""
    monkeypatch.setattr(bundle, "MAX_TOTAL_BYTES", len(ADA) + 5)
    found = collect(course, NAME, zipped(tmp_path / "x.zip", {"ada.ipynb": ADA, "bea.ipynb": BEA}), ROSTER)
    assert ["ada"] == students(found.matched) and "is beyond the" in found.refused[0][1]


def test_links_and_pipes_in_a_folder_are_not_followed(course, tmp_path):
    """A link to somebody else's file, a linked folder and a pipe are refused; opening the pipe would wait for ever."""
    (tmp_path / "secret.ipynb").write_bytes(b"secret")
    files = folder(tmp_path / "x", {"bea.ipynb": BEA, ".hidden/ada.ipynb": ADA, "__MACOSX/ada.ipynb": ADA})
    (files / "ada.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (files / "more").symlink_to(tmp_path)
    os.mkfifo(files / "a_b.ipynb")
    found = collect(course, NAME, files, ROSTER)
    refused = {("ada.ipynb", "is a link"), ("more", "is a link"), ("a_b.ipynb", "is not a regular file")}
    assert refused == set(found.refused)
    assert {at("bea"): BEA} == submitted(course)


def test_umlauts_from_any_system_are_read(course, tmp_path):
    """UTF-8 that does not say so, as macOS writes it, and decomposed letters find the student."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo("Bea Mu\u0308ller-U\u0308nal_1_assignsubmission_file_/x.ipynb"), BEA)
    raw = data.getvalue().replace(b"\x00\x08\x00\x00", b"\x00\x00\x00\x00")  # without the flag that says UTF-8
    (tmp_path / "x.zip").write_bytes(raw)
    assert [0] == [info.flag_bits for info in zipfile.ZipFile(tmp_path / "x.zip").infolist()]
    assert ["bea"] == students(collect(course, NAME, tmp_path / "x.zip", ROSTER).matched)


def test_a_folder_owned_by_another_is_said(course, tmp_path, monkeypatch):
    """In the exchange everyone can write as anyone: a submission that belongs to another user is named."""
    monkeypatch.setattr(bundle, "_user", lambda number: "mallory")
    found = collect(course, NAME, folder(tmp_path / "x", {f"ada+{NAME}+{TIME}/{NAME}.ipynb": ADA}), ROSTER)
    assert "belongs to the user mallory: did ada hand it in?" == found.matched[0].note
