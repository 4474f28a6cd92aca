"""The students of a class report: marks, needs, links, and what is asked of a few."""

import re
from dataclasses import replace

import pytest

from autograder.model import Check, Diagnosis, Line, Mistake, Report, StudentGrade, Task, Verdict, Work
from autograder.notebooks.worked import take_form
from autograder.pages.class_page import make_class_page
from autograder.pages.class_summary import summarise
from autograder.pages.course_page import AssignmentRow, make_course_page
from autograder.pages.people import Beside
from tests.helpers.courses import NAME

SOLUTION = "def f(x):\n    y = x + 1\n    return np.tanh(y)\n"
MISTAKES = [Mistake("minus", (("x + 1", "x - 1"),), "It is minus.", "Why?", "the sum"),
            Mistake("bare", (("np.tanh(y)", "y"),), "It is bare.", "Why?", "the slope"),
            Mistake("twice", (("x + 1", "2 * x + 1"),), "It is twice.", "Why?", "the sum")]  # fmt: skip
TASKS = {name: Task(name, {"y": ()}, {"y": 1}, {}, dict, (), dict, mistakes=MISTAKES) for name in ("f", "g", "h", "k")}
SOLUTIONS = dict.fromkeys(TASKS, SOLUTION)


def verdict(task, share=1.0, **more):
    """Return a verdict with this share of ten points."""
    checks = (Check("y", share == 1, 10 * share, 10, "`y` is 2; expected 1.", "" if share == 1 else "value"),)
    return Verdict(task, 10 * share, 10, checks, **more)


def report(student, *verdicts, **more):
    """Return a graded report; the tasks that are not given are right."""
    given = {one.task: one for one in verdicts}
    return Report(NAME, student, "graded", tuple(given.get(task) or verdict(task) for task in TASKS), **more)


def summary_of(*reports, grades=(), **more):
    """Return the summary of a class."""
    return summarise({one.student: one for one in reports}, {one.student: one for one in grades}, NAME, TASKS, **more)


def test_each_student_has_a_mark_for_each_task():
    """All points, some, none, and not done: a state and a score of each, in the notebook's order."""
    found = summary_of(report("ada", verdict("g", 0.5), verdict("h", 0.0), verdict("k", 0.0, untouched=True)))
    (ada,) = found["people"]
    assert [("f", "full", 10), ("g", "partly", 5), ("h", "none", 0), ("k", "untouched", 0)] == [
        (mark["task"], mark["state"], mark["score"]) for mark in ada["marks"]]
    assert (15, 40) == (ada["score"], ada["max_score"])
    made = make_class_page(found)
    assert "✓</i>10" in made and "◐</i>5" in made and "✗</i>0" in made and "not done</span>" in made


@pytest.mark.parametrize("hide_names", [False, True])
def test_what_canvas_marks_as_late_is_said(hide_names):
    """Without a time nobody is late by the clock: the class report and the index say whose word it is."""
    found = summary_of(report("ada"), report("bob"), hide_names=hide_names,
                       beside=Beside(marked_late=frozenset({"ada"})))
    assert (0, 1) == (found["counts"]["late"], found["counts"]["marked_late"])
    assert 2 == make_class_page(found).count("late, says Canvas")  # the count, and the note of the student
    if not hide_names:
        assert 2 == make_course_page("c", [AssignmentRow(NAME, None, found)]).count("late, says Canvas")


@pytest.mark.parametrize("verdicts, expected", [
    ([], []),
    ([verdict("g", 0.0), verdict("h", 0.4), verdict("k", 0.4)], ["under half"]),
    ([verdict("h", 0.0, untouched=True), verdict("k", 0.0, untouched=True)], ["stopped"]),
    ([verdict("k", 0.0, untouched=True)], []),
    ([verdict(task, 0.0, untouched=True) for task in "ghk"], ["stopped", "under half"]),
    ([verdict(task, 0.0, untouched=True) for task in "fghk"], ["untouched"]),
])  # fmt: skip
def test_who_needs_help(verdicts, expected):
    """Under half of the points, two or more tasks not done at the end, nothing done; one task left is no need."""
    found = summary_of(report("ada", *verdicts))
    assert expected == [need["kind"] for need in found["people"][0]["needs"]]
    assert expected[:1] == [entry["kind"] for entry in found["help"]]


def test_the_most_urgent_come_first():
    """Not graded, not handed in, then low scores; each student once; who waits for the grader needs no help."""
    absent = StudentGrade("dan", "Dan", None, None, None, None, None, 0.0, 40.0, False)
    found = summary_of(report("ada", *[verdict(task, 0.1) for task in "fghk"]), report("bob"),
                       Report(NAME, "cid", "not graded", reason="no"), grades=[absent], handed_in=["eve"])
    assert [("not graded", ["cid"]), ("absent", ["dan"]), ("under half", ["ada"])] == [
        (entry["kind"], entry["students"]) for entry in found["help"]]
    assert "4 of 40 points" == found["help"][-1]["says"]["ada"]


def test_a_row_links_to_what_is_there():
    """The feedback page and the notebook, where they are; neither if names are hidden, since a path has the id."""
    beside = Beside(pages={"ada": "../feedback/ada/x.html"}, notebooks={"ada": "../autograded/ada/x.ipynb"},
                    attempts={"ada": 3, "bob": 1})
    made = make_class_page(summary_of(report("ada"), report("bob"), beside=beside))
    assert 1 == made.count('href="../feedback/ada/x.html"') == made.count('href="../autograded/ada/x.ipynb"')
    assert "attempts</th>" in made and ">3</td>" in made
    hidden = summary_of(report("ada"), report("bob"), beside=beside, hide_names=True)
    assert "../" not in make_class_page(hidden) and {1, 3} == {row["attempts"] for row in hidden["people"]}


def test_names_can_be_hidden_in_the_browser_by_random_labels():
    """Each name has a label beside it, of a lot drawn anew; with --hide-names there is nothing left to hide."""
    found = summary_of(*[report(f"s{n}") for n in range(9)])
    labels = [re.findall(r'data-as="student (\d+)"><span>s\d', make_class_page(found)) for _ in range(5)]
    assert all({*map(str, range(1, 10))} == set(one) for one in labels)
    assert 1 < len({tuple(one) for one in labels})
    made = make_class_page(summary_of(report("ada"), hide_names=True))
    assert "<bdi>student 1" in made.replace("<span>", "") and "checkbox" not in made


def test_those_in_need_can_be_written_to():
    """One link a reason, with all addresses as blind copies; what is no address is left out, and so are hidden ones."""
    absent = [StudentGrade(s, None, None, address, None, None, None, 0.0, 40.0, False) for s, address in
              (("ada", "a+b@x.example"), ("bob", "b@x.example?subject=hi"), ("cid", None), ("dan", "d@x.example"))]
    assert 'href="mailto:?bcc=a+b@x.example,d@x.example"' in make_class_page(summary_of(grades=absent))
    assert "x.example" not in make_class_page(summary_of(grades=absent, hide_names=True))


# ---- one level up -------------------------------------------------------------------------------------------------


def named(task, mistake):
    """Return a wrong verdict with a diagnosis."""
    return verdict(task, 0.0, diagnosis=Diagnosis(mistake, "So.", "Why?"))


def test_themes_are_counted_over_tasks_and_mistakes():
    """Two mistakes of one theme in two tasks are one theme of three students."""
    found = summary_of(report("ada", named("f", "minus")), report("bob", named("g", "twice"), named("f", "bare")),
                       report("cid", named("f", "minus+bare")))  # fmt: skip
    assert [("the sum", 3, 2, {"f": 2, "g": 1}), ("the slope", 2, 1, {"f": 2})] == [
        (entry["theme"], entry["count"], entry["kinds"], entry["tasks"]) for entry in found["themes"]]


def test_wrong_lines_and_mistakes_meet_in_a_line_of_the_solution():
    """A wrong line that does line 2's work, and a mistake in line 2: one entry with both students and the code."""
    lines = (Line(9, "y", "value", None, None, solution=2),)
    found = summary_of(report("ada", verdict("f", 0.0, lines=lines)), report("bob", named("f", "minus")),
                       beside=Beside(SOLUTIONS))  # fmt: skip
    (entry,) = found["lines"]
    assert (2, "y = x + 1", ["ada", "bob"]) == (entry["line"], entry["code"], entry["students"])


def test_where_no_mistake_is_common_it_goes_up_to_themes():
    """Forty students, two of each mistake: the themes of four, and a sentence that no mistake is common."""
    made = [report(f"s{n}", *[named("f", mistake)] * (mistake is not None))
            for n, mistake in enumerate(["minus", "twice"] * 2 + [None] * 36)]  # fmt: skip
    found = summary_of(*made)
    assert {"kinds": 2, "most": 2, "level": "themes"} == found["lesson"]
    assert [("themes", "the sum", 4, "Why?")] == [
        (entry["list"], entry["says"], entry["count"], entry["hint"]) for entry in found["teach"]]
    assert "No mistake is common (2 kinds, at most 2 students each)." in make_class_page(found)
    common = summary_of(*made[:4])
    assert "rare" != common["lesson"]["level"]


def test_a_share_is_of_the_whole_class():
    """Three of twelve have a bar of a quarter, and words that are no other number."""
    made = [report(f"s{n}", *[named("f", "minus")] * (n < 3)) for n in range(12)]
    page = make_class_page(summary_of(*made))
    assert "<strong>3 students</strong> <span class=\"soft\">(25 %)</span>" in page
    assert 'width="25.0%" height="10"' in page


# ---- questions ----------------------------------------------------------------------------------------------------


def working(student, task, source, **more):
    """Return a report of a student whose cell has this source, with wrong numbers of their own."""
    wrong = replace(verdict(task, 0.0, **more), checks=(Check("y", False, 0, 10, f"`y` is {student}.", "value"),))
    return report(student, wrong, work={task: Work(True, *take_form(source, SOLUTION))})


ODD = "def f(x):\n    y = 3 * x\n    z = y - 7\n    y = z * z\n    return y / 5\n"


def crowd(*some):
    """Return a class of thirty with these among them."""
    return [*some, *[report(f"r{n}") for n in range(30 - len(some))]]


def test_odd_wrong_code_of_two_is_a_question():
    """The same code but for names and layout: both are listed, with the task."""
    two = working("ada", "f", ODD), working("bob", "f", ODD.replace("z", "other").replace(" * ", "*"))
    found = summary_of(*crowd(*two), beside=Beside(SOLUTIONS))
    assert [(["ada", "bob"], ["f"])] == [
        (entry["students"], [one["task"] for one in entry["shared"]]) for entry in found["likeness"]]
    made = make_class_page(found)
    assert "Did they work together?" in made and "it proves nothing" in made


@pytest.mark.parametrize("class_", [
    [working("ada", "f", ODD), working("bob", "f", ODD)],
    crowd(working("ada", "f", ODD), working("bob", "f", ODD.replace("3", "4"))),
    crowd(*[working(f"s{n}", "f", ODD) for n in range(6)]),
    crowd(*[working(f"s{n}", "f", SOLUTION.replace("x + 1", "x - 1"), diagnosis=Diagnosis("minus", "So.", "Why?"))
            for n in range(2)]),
    crowd(*[working(f"s{n}", "f", ODD, waiting=(3,)) for n in range(2)]),
], ids=["small class", "other code", "many", "a known mistake", "half done"])  # fmt: skip
def test_what_is_not_odd_is_no_question(class_):
    """Nothing is said in a small class, of other code, of what many have, of a known mistake, of what is half done."""
    assert not summary_of(*class_, beside=Beside(SOLUTIONS))["likeness"]


def test_equal_unexplained_numbers_in_three_tasks_are_a_question():
    """Two with the same odd numbers in three tasks are listed; in one task it may be chance."""
    three, one = ([report(student, *[verdict(task, 0.0) for task in tasks]) for student in ("ada", "bob")]
                  for tasks in ("fgh", "f"))
    assert [["ada", "bob"]] == [entry["students"] for entry in summary_of(*crowd(*three))["likeness"]]
    assert [] == summary_of(*crowd(*one))["likeness"]


def test_who_never_ran_a_check_cell():
    """Named if the notebook has outputs, of the tasks that were begun; nothing is claimed of one without outputs."""
    ran, not_run = {task: Work(True) for task in TASKS}, {task: Work(False) for task in TASKS}
    found = summary_of(report("ada", verdict("g", 0.0), work=not_run), report("bob", work=ran), report("cid"))
    assert {"known": 2, "never": {"count": 1, "students": ["ada"]},
            "wrong": [{"task": "g", "count": 1, "students": ["ada"]}]} == found["checking"]
    assert "1 student of 2 whose notebooks came with outputs never ran" in make_class_page(found)
    assert summary_of(report("cid"))["checking"] is None
