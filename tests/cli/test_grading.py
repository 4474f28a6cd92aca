"""`autograder grade` prints and writes reports."""

import json
import shutil

import pytest

from autograder.cli import grading, results
from autograder.course.course import Course
from autograder.course.students import students_of
from autograder.model import CellGrade, Repair, Report, StudentGrade, Verdict
from tests.helpers.courses import NAME, run
from tests.helpers.grading import ODD_NAMES, Lenient, grade


@pytest.fixture
def course(ungraded, tmp_path):
    """Return a copy of the ungraded course."""
    return shutil.copytree(ungraded, tmp_path / "course")


def test_the_reports_are_streamed_in_the_contracts_form(graded, tmp_path):
    """--json holds the whole class, unchanged submissions included, in the form of the contract."""
    file = tmp_path / "reports.json"
    run(graded, "autograder", "grade", NAME, "--json", str(file), code=1)
    whole = json.loads(file.read_text())
    assert {"assignment", "isolation", "seconds", "submissions"} == whole.keys()
    assert students_of(Course(graded), NAME) == [report["student"] for report in whole["submissions"]]
    task = whole["submissions"][0]["tasks"]["rnn_cell_forward"]
    assert {"score", "max_score", "passed", "checks", "diagnosis", "blamed_on", "public_passed"} <= task.keys()


@pytest.mark.slow
def test_the_command_names_a_folder_that_can_be_no_id(course, tmp_path):
    """The folder is named with the reason, in the JSON, too. No page is made for it, and a line says so."""
    for student in students_of(Course(course), NAME):
        if student != "ada":
            shutil.rmtree(course / "submitted" / student)
    shutil.copytree(course / "submitted" / "ada", course / "submitted" / ODD_NAMES[0])
    out = run(course, "autograder", "grade", NAME, "--json", str(tmp_path / "all.json"), code=1)
    assert "1 graded, 1 not graded of 2" in out and "rename this one" in out and "caf" in out
    assert ["graded", "not graded"] == [
        report["status"] for report in json.loads((tmp_path / "all.json").read_text())["submissions"]]
    out = run(course, "autograder", "feedback", NAME, code=1)
    assert "wrote 1 of 2 pages" in out and "caf" in out


def test_after_ctrl_c_the_json_holds_what_this_run_came_to(course, tmp_path):
    """The file leaves out students whom this run did not process, and says that it was stopped."""
    students = ["ada", "dora", "leo"]
    grade(course, students, Lenient)

    def stop(summary, report):
        if report is not None:
            raise KeyboardInterrupt

    (course / "submitted" / "leo" / NAME / "timestamp.txt").write_text("2026-01-10 11:00:00 UTC")
    summary = grade(course, students, Lenient, progress=stop)
    assert summary.stopped
    grading.write_reports(tmp_path / "all.json", Course(course), NAME, students, summary)
    whole = json.loads((tmp_path / "all.json").read_text())
    assert (["ada"], True) == ([report["student"] for report in whole["submissions"]], whole["stopped"])


def test_an_id_in_brackets_is_shown(course, capsys):
    """Brackets, which the table could take for a style, are part of the id."""
    report = Report(NAME, "ada [late] :smile:", "not graded", reason="no [bold] :smile:")
    results.show_table(NAME, [], [report], {})
    assert 2 == capsys.readouterr().out.count("ada [late] :smile:")


def test_the_table_has_the_gradebooks_total(capsys):
    """With manual points or a penalty the gradebook's total stands beside the automatic one; without, one is enough."""
    reports = [Report(NAME, student, "graded", (Verdict("f", 20 / 3, 10, ()),)) for student in ("ada", "bob")]
    cells = {"f_tests": CellGrade(20 / 3, None, None, 10, False), "essay": CellGrade(None, 4, None, 5, False)}
    grade = StudentGrade("ada", None, None, None, None, None, None, 2.0, 15.0, True, cells)
    results.show_table(NAME, ["f"], reports, {"ada": grade})
    out = capsys.readouterr().out
    assert "6.67/10" in out and "8.67/15" in out and "matic" in out and "total" not in out
    same = StudentGrade("ada", None, None, None, None, None, None, 0.0, 10.0, True, {"f_tests": cells["f_tests"]})
    results.show_table(NAME, ["f"], reports, {"ada": same})
    out = capsys.readouterr().out
    assert "total" in out and "matic" not in out


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_score_is_cut(width, capsys, monkeypatch):
    """With eight tasks and two totals each score is whole; where they do not fit, a line tells of the tasks."""
    monkeypatch.setattr(results.console, "_width", width)
    tasks = [f"{cell}_{way}" for cell in ("rnn_cell", "rnn", "lstm_cell", "lstm") for way in ("forward", "backward")]
    scores = {"ada": 12.5, "bob": 0.0}
    reports = [Report(NAME, student, "graded", tuple(Verdict(task, score, 12.5, ()) for task in tasks))
               for student, score in scores.items()]
    cells = {task: CellGrade(12.5, None, None, 12.5, False) for task in tasks}
    late = StudentGrade("ada", None, None, None, None, None, None, 3.5, 100.0, True, cells)
    results.show_table(NAME, tasks, reports, {"ada": late})
    out = capsys.readouterr().out
    ada, bob = (next(line.split() for line in out.splitlines() if line.split()[:1] == [student]) for student in scores)
    with_tasks = "too narrow for the tasks" not in out
    assert (["ada", *["12.5"] * 8 * with_tasks, "100/100", "96.5/100"],
            ["bob", *["0"] * 8 * with_tasks, "0/100"]) == (ada, bob)
    assert with_tasks == (width >= 80) and max(map(len, out.split("widen")[0].splitlines()[:-1])) <= width


def test_repairs_take_one_line_a_kind(capsys):
    """48 repairs of one kind and one of another: the first of each kind, and how many more there are."""
    repairs = tuple(Repair("cell missing", f"c{n}", f"cell `c{n}` was missing") for n in range(48))
    renamed = Repair("notebook renamed", None, "the notebook was named 'x'")
    results.show_table(NAME, [], [Report(NAME, "ada", "graded", repairs=(*repairs, renamed)),
                                  Report(NAME, "bob", "not graded", reason="no notebook", repairs=repairs[:1])], {})
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("ada:", "bob:"))]
    assert ["ada: cell `c0` was missing (and 47 more like this)", "ada: the notebook was named 'x'",
            "bob: no notebook", "bob: cell `c0` was missing"] == said


def test_the_totals_are_the_gradebooks():
    """Mean with penalties, full marks, repaired; of those who are graded. Nothing is said of nobody."""
    reports = [Report(NAME, student, "graded", (Verdict("f", score, 10, ()),)) for student, score in
               (("ada", 10), ("bob", 8))] + [Report(NAME, "cid", "not graded", repairs=(Repair("copy", None, "x"),))]
    late = StudentGrade("bob", None, None, None, None, None, None, 2.0, 10.0, True,
                        {"f_tests": CellGrade(8.0, None, None, 10, False)})  # fmt: skip
    totals = results.add_up(reports, {"bob": late})
    assert results.Totals(8.0, 10.0, 1, 1) == totals
    assert ["mean 8 of 10 points, 1 with full marks, 1 repaired"] == [*results.describe_totals(totals)]
    assert [] == [*results.describe_totals(results.add_up(reports[2:], {}))]
