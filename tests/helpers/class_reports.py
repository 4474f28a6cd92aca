"""Classes for the class report: drawn at random, or changed by hand."""

from dataclasses import replace

from hypothesis import strategies as st

from autograder.model import (
    CellGrade,
    Check,
    Diagnosis,
    Repair,
    Report,
    StudentGrade,
    Verdict,
)
from tests.helpers.courses import NAME

TASKS = ("cell", "loop", "extra")
FAILED = [
    ("`a_next` is None.", "missing", "None"), ("ValueError: no (line 3)", "raised", "ValueError"),
    ("`a_next` has shape (); the task asks for (n_a, m) = (5, 10).", "shape", ""),
    ("`a_next[0, 0]` is 0.96804; expected 0.954423. 50 of 50 entries differ, by up to 1.", "value", ""),
    ("`cell` ran past 5 s.", "timed out", ""), ("`cell` sent what cannot be read.", "garbled", ""),
]  # fmt: skip
MENDED = [
    Repair("locked cell changed", "cell_tests", "cell `cell_tests` differed from the assignment's and is restored"),
    Repair("unknown name", None, "cell 4 said it was 'x' and is kept"),
]


@st.composite
def verdicts(draw, task):
    """A verdict on a task: right, mistaken, wrong without a diagnosis, or not begun."""
    share = draw(st.sampled_from([0.0, 0.4, 1.0]))
    passed = share == 1
    checks = (Check("a_next", passed, 0.0, 0.0, *draw(st.sampled_from(FAILED))),
              Check("arguments", passed, 0.0, 0.0, "Can be judged once an output is right.", "waiting"))  # fmt: skip
    mistake = None if passed else draw(st.sampled_from([None, "no_ba", "no_ba+twice"]))
    untouched = not share and draw(st.booleans())
    return Verdict(
        task, 10 * share, 10.0, checks, mistake and Diagnosis(mistake, "Something `is` so.", "Which?"),
        draw(st.sampled_from([None, "cell"])) if task == "loop" else None, draw(st.booleans()),
        untouched=untouched,
    )  # fmt: skip


@st.composite
def members(draw, student):
    """A student's report, or none, and standing, or none."""
    status = draw(st.sampled_from(["graded", "graded", "not graded", None]))
    found = tuple(draw(verdicts(task)) for task in TASKS) if status == "graded" else ()
    reason = None if status == "graded" else f"/{student}/x: 'no'"
    repairs, seconds = tuple(draw(st.lists(st.sampled_from(MENDED), max_size=2))), draw(st.floats(0, 100))
    report = status and Report(NAME, student, status, found, reason, repairs, seconds=seconds)
    cells = {f"{v.task}_tests": CellGrade(v.score, draw(st.sampled_from([None, 3.0])), None, 10.0, draw(st.booleans()))
             for v in found}  # fmt: skip
    standing = StudentGrade(student, "Firstname", student.upper(), None, None, None, None,
                        draw(st.sampled_from([0.0, 5.0])), 30.0, status is not None, cells)  # fmt: skip
    return report, draw(st.sampled_from([standing, standing, standing, None]))


@st.composite
def classes(draw):
    """A class of up to eight: reports and standings."""
    students = [f"qx{n}zk" for n in range(draw(st.integers(0, 8)))]
    drawn = {student: draw(members(student)) for student in students}
    return ({student: report for student, (report, _) in drawn.items() if report},
            {student: standing for student, (_, standing) in drawn.items() if standing})  # fmt: skip


def lists_of_students(summary):
    """Every list of students in a summary."""
    if isinstance(summary, dict):
        for key, value in summary.items():
            who = key in ("students", "waiting", "absent") and isinstance(value, list)
            yield from [value] if who else lists_of_students(value)
    elif isinstance(summary, list):
        for value in summary:
            yield from lists_of_students(value)


def with_verdict(reports, student, task, **changes):
    """The reports with one verdict of one student changed."""
    report = reports[student]
    changed = tuple(replace(verdict, **changes) if verdict.task == task else verdict for verdict in report.verdicts)
    return {**reports, student: replace(report, verdicts=changed)}
