"""Exports of a graded class, compared with nbgrader's own export of the same gradebook."""

import json
import shutil
from datetime import datetime

import pytest
from nbgrader.api import Gradebook

from autograder import demo, exports
from autograder.course.course import Course
from autograder.errors import CourseError
from autograder.exports import canvas
from autograder.nbgrader_bridge import release
from tests.helpers import pupils
from tests.helpers.courses import NAME, ROOT, call, run
from tests.helpers.exporting import read_rows


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return a graded course of five students.

    Ada and Dora are as in the demo. Leo has manual points and a penalty. Zoe's file is no notebook. Max has none.
    """
    course = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("exports") / "course").root
    release.release_assignment(Course(course), NAME)
    demo.make_class(Course(course), NAME, {pupil: pupils.PUPILS[pupil] for pupil in ("ada", "dora", "leo")})
    folder = course / "submitted" / "zoe" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(b"no notebook")
    (course / "submitted" / "ada" / NAME / "timestamp.txt").write_text("2026-03-01 12:00:05.250000 UTC")
    call(course, "grade", NAME, code=1)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_student("ada", first_name="Ada", last_name="Lovelace", email="ada@uni.example")
        gradebook.update_or_create_student("max", first_name="Max", last_name="Müller", lms_user_id="77")
        gradebook.find_assignment(NAME).duedate = datetime(2026, 2, 28)
        gradebook.find_grade("rnn_cell_forward_tests", NAME, NAME, "leo").manual_score = 12.25
        gradebook.find_submission(NAME, "leo").notebooks[0].late_submission_penalty = 2.0
        gradebook.db.commit()
    return course


@pytest.fixture(scope="module")
def grades(course):
    """Return the grades of the class."""
    found, gone = exports.class_grades(Course(course), NAME)
    assert [] == gone
    return found


def test_scores_are_those_of_the_gradebook(grades):
    """Automatic and manual points count less the penalty; no score is given without a graded submission."""
    assert {"ada": 100.0, "dora": 85.0, "leo": 10.25, "max": None, "zoe": None} == {
        student: grade.score for student, grade in grades.items()}
    assert "no submission" == grades["max"].reason
    assert grades["zoe"].reason.startswith(f"not graded: {NAME}.ipynb: the file is not JSON")  # without a folder


def test_csv_equals_nbgraders_own_export(course, grades):
    """Each row equals nbgrader's, but for a submission that was not graded, where nbgrader writes a zero."""
    run(course, "nbgrader", "export", "--to", str(course / "nbgraders.csv"), "--assignment", NAME)
    ours = read_rows(exports.FORMATS["csv"].export(grades, NAME).files["grades.csv"])
    nbgraders = read_rows((course / "nbgraders.csv").read_bytes())
    assert nbgraders[0] == ours[0]
    by_id = {row[3]: row for row in ours[1:]}
    assert [row[3] for row in nbgraders[1:]] != [] and by_id.keys() == {row[3] for row in nbgraders[1:]}
    for row in nbgraders[1:]:
        if row[3] != "zoe":
            assert row == by_id[row[3]]
    assert ["", "", "", "100.0"] == by_id["zoe"][7:]


def test_every_format_is_written_and_then_unchanged(course, grades):
    """Writing again changes nothing, and a file of an earlier export for another student is reported."""
    worksheet = (b"Identifier,Full name,Grade,Maximum grade,Grade can be changed,Last modified (grade)\n"
                 b"Participant 1,Ada Lovelace,,100.00,Yes,-\n")
    options = {"moodle": {"into": worksheet}}
    for name, format_ in exports.FORMATS.items():
        if name == "classroom50":
            continue  # its files hold the time of the export
        export = format_.export(grades, NAME, **options.get(name, {}))
        target, folder = course / "exports" / NAME / format_.target, format_.target.endswith("/")
        assert all(line.startswith("wrote") for line in exports.write_export(export, target, folder))
        assert all(line.startswith("unchanged") for line in exports.write_export(export, target, folder))
        if folder:
            one = {path: data for path, data in export.files.items() if path.startswith("ada/")}
            lines = exports.write_export(exports.Export(one), target, folder)
            assert any("not current" in line and "dora" in line for line in lines)
    results = json.loads((course / "exports" / NAME / "gradescope" / "dora" / "results.json").read_bytes())
    assert 85.0 == results["score"] == sum(test["score"] for test in results["tests"])


def test_a_folder_in_place_of_a_file_is_refused(course, grades):
    """A file's target that is a folder is an error of one line."""
    with pytest.raises(CourseError, match="is a folder"):
        exports.write_export(exports.FORMATS["csv"].export(grades, NAME), course, folder=False)


def test_a_fresh_canvas_gradebook_is_filled_in_unchanged(grades):
    """A fresh gradebook that is filled in with the same grades stays the same."""
    data = canvas.export(grades, NAME).files["canvas.csv"]
    assert data == canvas.export(grades, NAME, data).files["canvas.csv"]
    assert ["Müller, Max", "77", "max", "", ""] in read_rows(data)


def test_who_left_the_class_is_left_out_and_named(course, tmp_path):
    """A graded student whose submission is gone: in no export and not in the class report, and each says so."""
    copy = shutil.copytree(course, tmp_path / "course")
    shutil.rmtree(copy / "submitted" / "dora")
    left = "left out, since their submission is gone from submitted/ (1): dora"
    assert left in call(copy, "export", "csv", NAME, "--to", "grades.csv", code=1)
    assert "dora" not in (copy / "grades.csv").read_text() and "ada" in (copy / "grades.csv").read_text()
    file = tmp_path / "canvas.csv"
    file.write_bytes(canvas.export(exports.class_grades(Course(course), NAME)[0], NAME).files["canvas.csv"])
    call(copy, "export", "canvas", NAME, "--into", str(file), "--zeros", "--to", "canvas.csv", code=1)
    before, after = ([row for row in read_rows(path.read_bytes()) if "dora" in row]
                     for path in (file, copy / "canvas.csv"))
    assert before == after and "85" in str(before)  # no zero in place of what she had
    assert left in call(copy, "report", NAME)
    assert "dora" not in (copy / "reports" / f"{NAME}.html").read_text(encoding="utf-8")
