"""Exports of a class that was really graded, beside nbgrader's own export of the same gradebook."""

import json
from datetime import datetime

import pytest
from nbgrader.api import Gradebook

from autograder import demo, exports, release
from autograder.course.course import Course
from autograder.exports import canvas
from tests.helpers.courses import NAME, ROOT
from tests.helpers.export_rows import rows
from tests.test_end_to_end import run


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Ada and Dora as in the demo; Leo's points are a person's, and late; Zoe's file is no notebook; Max has none."""
    course = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("exports") / "course").root
    release.release(Course(course), NAME)
    demo.make_class(Course(course), NAME, {pupil: demo.PUPILS[pupil] for pupil in ("ada", "dora", "leo")})
    folder = course / "submitted" / "zoe" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(b"no notebook")
    (course / "submitted" / "ada" / NAME / "timestamp.txt").write_text("2026-03-01 12:00:05.250000 UTC")
    run(course, "autograder", "grade", NAME, code=1)
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
    return exports.class_grades(Course(course), NAME)


def test_scores_are_the_gradebooks(grades):
    """The autograder's, a person's, less the penalty; none for who was not graded or handed in nothing."""
    assert {"ada": 100.0, "dora": 85.0, "leo": 10.25, "max": None, "zoe": None} == {
        student: grade.score for student, grade in grades.items()}
    assert "no submission" == grades["max"].why
    assert grades["zoe"].why.startswith(f"not graded: {NAME}.ipynb: the file is not JSON")  # and no folder of ours


def test_csv_equals_nbgraders_own_export(course, grades):
    """Row by row, but for who was not graded, where nbgrader writes a zero."""
    run(course, "nbgrader", "export", "--to", str(course / "theirs.csv"), "--assignment", NAME)
    ours, theirs = rows(exports.FORMATS["csv"].make(grades, NAME).files["grades.csv"]), rows(
        (course / "theirs.csv").read_bytes())
    assert theirs[0] == ours[0]
    by_id = {row[3]: row for row in ours[1:]}
    assert [row[3] for row in theirs[1:]] != [] and by_id.keys() == {row[3] for row in theirs[1:]}
    for row in theirs[1:]:
        if row[3] != "zoe":
            assert row == by_id[row[3]]
    assert ["", "", "", "100.0"] == by_id["zoe"][7:]


def test_every_format_is_written_and_written_again_unchanged(course, grades):
    """Files where the table says; the second time they are unchanged; what is left of an earlier export is named."""
    worksheet = (b"Identifier,Full name,Grade,Maximum grade,Grade can be changed,Last modified (grade)\n"
                 b"Participant 1,Ada Lovelace,,100.00,Yes,-\n")
    options = {"moodle": {"into": worksheet}}
    for form, shape in exports.FORMATS.items():
        if form == "classroom50":
            continue  # its files say when they were made
        made = shape.make(grades, NAME, **options.get(form, {}))
        target, folder = exports.default_target(Course(course), NAME, form), shape.folder
        assert all(line.startswith("wrote") for line in exports.write(made, target, folder))
        assert all(line.startswith("unchanged") for line in exports.write(made, target, folder))
        if folder:
            one = {path: data for path, data in made.files.items() if path.startswith("ada/")}
            lines = exports.write(exports.Export(one), target, folder)
            assert any("not current" in line and "dora" in line for line in lines)
    results = json.loads((course / "exports" / NAME / "gradescope" / "dora" / "results.json").read_bytes())
    assert 85.0 == results["score"] == sum(test["score"] for test in results["tests"])


def test_canvas_takes_back_what_it_gets(grades):
    """A fresh gradebook, filled in again, is the same."""
    data = canvas.export(grades, NAME).files["canvas.csv"]
    assert data == canvas.export(grades, NAME, data).files["canvas.csv"]
    assert ["Müller, Max", "77", "max", "", ""] in rows(data)
