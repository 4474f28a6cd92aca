"""Whoever the platform names handed a file in. No name inside changes that, nor the submission of anyone else."""

import os
import tempfile
import unicodedata
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.collect import collect_submissions
from autograder.course.course import Course
from autograder.errors import CourseError
from autograder.roster import Roster, RosterEntry
from tests.helpers.collecting import TIME, read_submitted, write_folder
from tests.helpers.courses import NAME

STUDENTS = [RosterEntry("alice", "Alice", "Smith", "alice@uni.example", "101"),
            RosterEntry("bob", "Bob", "Jones", "bob@uni.example", "102"),
            RosterEntry("zoë", "Zoë", "Çelik", "zoe@uni.example", "103")]
EARLY = "2026-01-01 00:00:00.000000 UTC"


def exchange(student):
    """Return the folder that nbgrader's submit makes."""
    return f"rnn/inbound/{student.student}+{NAME}+{TIME}+x/"


def moodle(student):
    """Return the folder in Moodle's download."""
    return f"{student.first_name} {student.last_name}_7{student.lms_user_id}_assignsubmission_file_/"


def moodle_flat(student):
    """Return the beginning of a name in Moodle's download without folders."""
    return moodle(student)[:-1]


def canvas(student):
    """Return the beginning of a name in Canvas's download."""
    return f"{student.last_name}{student.first_name}_{student.lms_user_id}_5{student.lms_user_id}_".lower()


#: What the platform writes in front of the student's own names, by layout, with the options of the command.
LAYOUTS = {
    "exchange": (exchange, {}),
    "Moodle": (moodle, {}),
    "Moodle, no folders": (moodle_flat, {}),
    "Canvas": (canvas, {}),
    "Canvas, unpacked": (lambda student: canvas(student) + "work/", {}),
    "submitted": (lambda student: f"submitted/{student.student}/{NAME}/", {}),
    "folders": (lambda student: f"in/{student.student}/", {}),
    "files": (lambda student: f"{student.student}_", {}),
    "pattern": (lambda student: f"lab-{student.first_name} {student.last_name}/", {"pattern": "lab-{name}/{anything}"}),
    "pattern of files": (lambda student: f"x/{student.email}=", {"pattern": "{email}={anything}"}),
    "numbers": (lambda student: f"x/{student.lms_user_id}/", {"pattern": "{anything}/{lms_user_id}/{anything}.ipynb"}),
    "expression": (lambda student: f"x/{student.student}/",
                   {"pattern": r"(?P<student>[^/]+)/[^/]+\.ipynb$", "regex": True}),
}  # fmt: skip
FORMS = ["exchange", "Moodle", "Moodle, no folders", "Canvas"]  # whose names no student's own name is like by chance
PREFIXES = [prefix(student).removeprefix("rnn/inbound/").removeprefix("submitted/").strip("/")
            for prefix, _ in LAYOUTS.values() for student in STUDENTS]
NAMES = [
    *PREFIXES, *(prefix + "x.ipynb" for prefix in PREFIXES), *(student.student for student in STUDENTS),
    "alice.ipynb", "alice-x.ipynb", "alice x.ipynb", "ALICE", "Alice", "ａｌｉｃｅ", "аlice", "alice.", "alice ",
    unicodedata.normalize("NFD", "zoë"), unicodedata.normalize("NFD", "Zoë Çelik_7103_assignsubmission_file_"),
    NAME, f"{NAME}.ipynb", f"{NAME.upper()}.IPYNB", "x.ipynb", "y.ipynb", "timestamp.txt", "submission_secret.txt",
    "x.zip", "inbound", "outbound", "feedback", "submitted", "__MACOSX", ".ipynb_checkpoints", "..", ".", "",
    "a\nb.ipynb", "C:", "a\\alice", "x" * 180, "x" * 180 + ".ipynb", "é" * 100, ".ipynb", "-rf", "~", "\u202ealice",
]  # fmt: skip

paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=5).map("/".join)
contents = st.sampled_from([b"bob's", b"bob's other", b"", EARLY.encode(), b"\0" * 3_000_000, b"PK\x03\x04"])
trees = st.lists(st.tuples(paths, contents), max_size=8)
layouts = st.sampled_from(sorted(LAYOUTS))
HONEST = {"alice": [(f"{NAME}.ipynb", b"alice's")], "zoë": [(f"{NAME}.ipynb", b"zoe's")]}


def write_tree(root, files, as_zip):
    """Write files, given in pairs, into a folder, without what the file system refuses, or into a zip as they are."""
    if not as_zip:
        for path, content in files:
            parts = path.split("/")
            try:
                if ".." not in parts and parts[-1] not in ("", "."):
                    write_folder(root, {path: content})
            except OSError:  # a file where a folder is, or a name that is too long
                continue
        return root
    with zipfile.ZipFile(root, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicates
        for path, content in files:
            archive.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED)
    return root


def collect(layout, submissions, roster, as_zip):
    """Return what is submitted after collecting these files of each student, and the result."""
    prefix, options = LAYOUTS[layout]
    files = [(prefix(student) + path, content) for student in STUDENTS
             for path, content in submissions.get(student.student, ())]
    with tempfile.TemporaryDirectory() as folder:
        source = write_tree(Path(folder, "source"), files, as_zip)
        course = Path(folder, "course")
        course.mkdir()
        work = lambda content: content.count(b"other")  # noqa: E731
        result = collect_submissions(Course(course), NAME, source, roster, count_work=work, **options)
        return read_submitted(course), result


def of(student, submitted):
    """Return a student's files."""
    return {path: content for path, content in submitted.items() if path.startswith(f"{student}/")}


@settings(max_examples=100)
@given(layouts, trees, st.booleans(), st.booleans())
def test_no_name_inside_a_submission_changes_anothers(layout, tree, as_zip, known):
    """Two students' submissions are the same, whatever a third one hands in, who may be unknown."""
    roster = Roster([student for student in STUDENTS if known or student.student != "bob"], closed=True)
    alone, _ = collect(layout, HONEST, roster, as_zip)
    assert {"alice", "zoë"} == {path.split("/")[0] for path in alone}
    beside, result = collect(layout, HONEST | {"bob": tree}, roster, as_zip)
    assert alone == {path: content for path, content in beside.items() if not path.startswith("bob/")}
    assert known or not of("bob", beside)
    assert all(content != b"bob's" for path, content in beside.items() if not path.startswith("bob/"))
    rows = result.matched
    assert ["alice", "zoë"] == sorted(file.student for file in rows if file.student != "bob")
    assert len(result.unmatched) + len(result.refused) + len(result.notes) <= 40


@settings(max_examples=50)
@given(st.sampled_from(FORMS), trees, st.booleans())
def test_one_submission_alone_is_its_owners(layout, tree, as_zip):
    """The only submission of a download is its owner's or nobody's."""
    try:
        submitted, _ = collect(layout, {"bob": [(f"{NAME}.ipynb", b"bob's"), *tree]}, Roster(STUDENTS), as_zip)
    except CourseError as error:
        assert "no notebook" in str(error)
        return
    assert {"bob"} >= {path.split("/")[0] for path in submitted}
    times = of("bob", submitted).get(f"bob/{NAME}/timestamp.txt")
    assert times == (TIME.encode() if layout == "exchange" and submitted else None)


@pytest.mark.parametrize("layout, path", [
    ("exchange", f"alice+{NAME}+{TIME}/{NAME}.ipynb"),
    ("Moodle", f"Alice Smith_7101_assignsubmission_file_{NAME}.ipynb"),
    ("Moodle", f"Alice Smith_7101_assignsubmission_file_/{NAME}.ipynb"),
    ("Moodle, no folders", f"Alice Smith_7101_assignsubmission_file_{NAME}.ipynb"),
    ("Canvas", f"smithalice_101_5101_{NAME}.ipynb"), ("Canvas, unpacked", f"smithalice_101_5101_{NAME}.ipynb"),
    ("submitted", f"alice/{NAME}/{NAME}.ipynb"), ("folders", f"alice/{NAME}.ipynb"), ("folders", "x/alice_1.ipynb"),
    ("files", f"alice_{NAME}.ipynb"), ("pattern", f"lab-Alice Smith/{NAME}.ipynb"),
    ("numbers", f"101/{NAME}.ipynb"), ("expression", f"alice/{NAME}.ipynb"),
])  # fmt: skip
@pytest.mark.parametrize("as_zip", [False, True])
def test_a_second_name_is_part_of_the_submission(layout, path, as_zip):
    """A file named as another student's is its owner's, and beside one of that student it changes nothing."""
    submitted, _ = collect(layout, HONEST | {"bob": [(path, b"bob's")]}, Roster(STUDENTS, closed=True), as_zip)
    assert b"alice's" == submitted[f"alice/{NAME}/{NAME}.ipynb"]
    assert layout == "expression" or b"bob's" == submitted[f"bob/{NAME}/{NAME}.ipynb"]


@pytest.mark.parametrize("layout, path, says", [
    ("exchange", f"alice+{NAME}+{TIME}/{NAME}.ipynb", "the student's own name for it"),
    ("Moodle", f"Alice Smith_7101_assignsubmission_file_{NAME}.ipynb", "the student's own name for it"),
    ("folders", f"alice/{NAME}.ipynb", "does not make it a submission of alice"),
])  # fmt: skip
def test_a_second_name_is_noted(layout, path, says):
    """The row of a submission says that a name in it is another student's, or like one of the platform."""
    _, result = collect(layout, HONEST | {"bob": [(path, b"bob's")]}, Roster(STUDENTS), False)
    assert [says] == [says for file in result.matched if file.student == "bob" and says in file.note]


@pytest.mark.parametrize("other", ["ALICE", "ａｌｉｃｅ"])
def test_an_id_in_another_spelling_is_not_the_student(other, tmp_path):
    """Of two folders of the exchange, the one with the very id counts; the other one is unmatched."""
    names = {"alice": b"alice's", other: b"mallory's"}
    source = write_folder(tmp_path / "x", {f"{name}+{NAME}+{TIME}/{NAME}.ipynb": names[name] for name in names})
    (tmp_path / "course").mkdir()
    result = collect_submissions(Course(tmp_path / "course"), NAME, source, Roster(STUDENTS))
    assert b"alice's" == read_submitted(tmp_path / "course")[f"alice/{NAME}/{NAME}.ipynb"]
    assert ["alice"] == [file.student for file in result.matched]
    assert [f"{other!r} is not 'alice', who handed in, too"] == [reason for _, reason in result.unmatched]


def test_links_in_a_submission_lead_nowhere(tmp_path):
    """A link to another student's folder, beside a notebook of one's own, is refused and not followed."""
    folder = write_folder(tmp_path / "x", {f"{student}+{NAME}+{TIME}/{NAME}.ipynb": student.encode()
                                           for student in ("alice", "bob")})
    os.symlink(folder / f"alice+{NAME}+{TIME}", folder / f"bob+{NAME}+{TIME}" / "more")
    os.symlink(folder / f"alice+{NAME}+{TIME}", folder / f"bob+{NAME}+2027-03-01 12:00:05.250000 UTC")
    (tmp_path / "course").mkdir()
    result = collect_submissions(Course(tmp_path / "course"), NAME, folder, Roster(STUDENTS))
    assert b"bob" == read_submitted(tmp_path / "course")[f"bob/{NAME}/{NAME}.ipynb"]
    assert 2 == len(result.refused) and {"is a link"} == {reason for _, reason in result.refused}
