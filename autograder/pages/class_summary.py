"""The class report as plain values: reports and grades in, one dict out, which `class_page` makes a page of.

With hidden names, students are numbered in an order drawn by lot, anew each time: a number tells nothing of a name, a
place in the alphabet or a score. No sentence in which a student or a path could be named is passed on, only its kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import fsum

from ..model import Report, StudentGrade, Task
from .anonymity import labels_of, relabel, without_names, words_in_names
from .class_scores import (
    collect_answers,
    describe_scores,
    describe_task,
    find_hardest,
    order_tasks,
)
from .findings import (
    Entry,
    count_gaps,
    count_limits,
    count_mistakes,
    count_repairs,
    count_signs,
    find_combinations,
    group,
)
from .likeness import describe_checking, find_likeness
from .people import Beside, Person, addresses_of, list_needs, list_people, to_entries
from .themes import choose_lesson, count_lines, count_themes


def summarise(
    reports: Mapping[str, Report], grades: Mapping[str, StudentGrade], assignment: str = "",
    tasks: Mapping[str, Task] | None = None, handed_in: Iterable[str] = (), hide_names: bool = False,
    made: str | None = None, beside: Beside | None = None,
) -> Entry:
    """Return the class report, ready for JSON, in which the weightiest comes first.

    Parameters
    ----------
    reports : mapping of str to Report
        By student, as `ReportStore.load_all` gives them.
    grades : mapping of str to StudentGrade
        By student, as `read_grades` gives them. They count if both have a score.
    assignment : str
    tasks : mapping of str to Task, optional
        The assignment's, for the notebook's order and for the sentences on single mistakes.
    handed_in : iterable of str, optional
        Students with a submission, who may not have been graded yet.
    hide_names : bool
        Put numbers for students, and leave out whatever could name one.
    made : str, optional
        The time, for a later reader.
    beside : Beside, optional
        The solutions, links and attempts. With hidden names, links are left out.
    """
    beside = beside or Beside()
    tasks, names, words = tasks or {}, {} if hide_names else names_of(grades), frozenset[str]()
    students, came = sort_ids({*reports, *grades, *handed_in}), set(handed_in)
    if hide_names:
        words, labels = words_in_names(students, grades.values()), labels_of(students)
        reports, grades = relabel(reports, labels), relabel(grades, labels)
        students, came = sort_ids(labels.values()), {labels[student] for student in came}
        beside = Beside(beside.solutions, attempts={labels[student]: count for student, count in beside.attempts.items()
                                                       if student in labels},
                        marked_late=frozenset(labels[student] for student in beside.marked_late if student in labels))
    status = {student: status_of(reports.get(student), grades.get(student), student in came) for student in students}
    graded = [student for student in students if status[student] == "graded"]
    found = [replace(reports[student], student=student) for student in students if student in reports]
    order = order_tasks(tasks, map(reports.get, graded), map(grades.get, graded))
    answers = [answer for student in graded
               for answer in collect_answers(student, reports.get(student), grades.get(student), order)]  # fmt: skip
    mistakes = count_mistakes(answers, tasks, len(graded), order)
    gaps = count_gaps(answers, len(graded), order, quote=not hide_names)
    themes = count_themes(answers, tasks, len(graded))
    lines = count_lines(answers, tasks, beside.solutions, len(graded), order)
    lesson, teach = choose_lesson(mistakes, gaps, themes, lines, len(graded))
    people = list_people(status, reports, grades, answers, beside)
    repairs, tampering = count_repairs(found, quote=not hide_names)
    by_task = group(answers, lambda answer: answer.task)
    totals = {student: fsum(answer.score for answer in those)
              for student, those in group(answers, lambda answer: answer.student).items()}
    rows = [describe_task(task, by_task.get(task, []), totals) for task in order]
    return {
        "assignment": assignment, "made": made, "names_hidden": hide_names, "names": names,
        "counts": count_students(status, people),
        "lesson": lesson, "teach": teach, "hardest": find_hardest(rows),
        "people": to_entries(people), "help": list_needs(people, {} if hide_names else addresses_of(grades)),
        "not_graded": count_failures(found, lambda reason: without_names(reason, words), quote=not hide_names),
        "waiting": [student for student in students if status[student] == "waiting"],
        "absent": [student for student in students if status[student] == "absent"],
        "by_hand": count_open_cells(graded, grades),
        "scores": describe_scores(graded, reports, grades),
        "tasks": rows,
        "mistakes": mistakes, "gaps": gaps, "themes": themes, "lines": lines,
        "combinations": find_combinations(mistakes, gaps),
        "checking": describe_checking(answers, reports),
        "likeness": find_likeness([report for report in found if report.is_graded], tasks, beside.solutions),
        "repairs": repairs,
        "signs": sorted([*count_signs(answers), *tampering], key=lambda entry: (-entry["count"], entry["says"])),
        "limits": count_limits(answers, found),
    }  # fmt: skip


def sort_ids(students: Iterable[str]) -> list[str]:
    """Return students by id, numbers in it by their size."""

    def key(student: str) -> tuple[list[tuple[bool, int, str]], str]:
        parts = re.split(r"(\d+)", student)
        return [(True, int(part), "") if part.isdecimal() else (False, 0, part) for part in parts], student

    return sorted(students, key=key)


def names_of(grades: Mapping[str, StudentGrade]) -> dict[str, str]:
    """Return the students' names by id, of those who have one in the gradebook."""
    names = {student: " ".join(filter(None, (grades[student].first_name, grades[student].last_name)))
             for student in sort_ids(grades)}  # fmt: skip
    return {student: name for student, name in names.items() if name}


def status_of(report: Report | None, grade: StudentGrade | None, handed_in: bool = False) -> str:
    """Return "graded", "not graded", "waiting" to be graded, or "absent"."""
    if report is not None:
        return report.status
    if grade is None or not grade.submitted:
        return "waiting" if handed_in else "absent"
    return "graded" if any(cell.has_points for cell in grade.cells.values()) else "waiting"


def count_students(status: Mapping[str, str], people: Sequence[Person]) -> dict[str, int]:
    """Return how many students there are of each status, how many are late, and how many only by Canvas's mark."""
    states = [*status.values()]
    return {
        "all": len(states), "handed_in": len(states) - states.count("absent"),
        "graded": states.count("graded"), "not_graded": states.count("not graded"),
        "waiting": states.count("waiting"), "absent": states.count("absent"),
        "late": sum(person.late for person in people), "marked_late": sum(person.marked_late for person in people),
    }  # fmt: skip


def count_failures(reports: Sequence[Report], anonymise: Callable[[str], str], quote: bool) -> list[Entry]:
    """Return the submissions that were not graded, by kind and reason; ``reasons`` holds each student's own."""
    failed = [report for report in reports if not report.is_graded]
    groups = group(failed, lambda report: (report.reason_kind, anonymise(report.reason or "No reason is known.")))
    found = [
        {"kind": kind, "reason": reason, "count": len(those), "students": [report.student for report in those],
         "reasons": {report.student: report.reason for report in those if report.reason} if quote else {}}
        for (kind, reason), those in groups.items()
    ]  # fmt: skip
    return sorted(found, key=lambda entry: (-entry["count"], entry["kind"], entry["reason"]))


def count_open_cells(graded: Sequence[str], grades: Mapping[str, StudentGrade]) -> list[Entry]:
    """Return the cells that wait for a person's points, with the students."""
    waiting = [(cell, student) for student in graded if student in grades
               for cell, points in grades[student].cells.items() if points.needs_manual_grade]  # fmt: skip
    found = [{"cell": cell, "count": len(those), "students": [student for _, student in those]}
             for cell, those in group(waiting, lambda pair: pair[0]).items()]  # fmt: skip
    return sorted(found, key=lambda entry: (-entry["count"], entry["cell"]))
