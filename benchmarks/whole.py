"""Measure a whole class: wall and CPU beside nbgrader on a sample; feedback; export; more processes and workers."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from autograder.cores import usable_cores
from autograder.course.course import Course

from . import classes, courses, scaling
from .courses import GRADED, NAME
from .meter import Cost, measure
from .tables import Bar, megabytes, progress, ratio, table

NBGRADER = (0, 1, 255)
FULL = 100.0


def run(scratch: Path, size: int, sample: int, part: int, endless: bool) -> tuple[dict, list[Bar]]:
    """Measure, print the tables, and return the numbers and the bars.

    Parameters
    ----------
    size : int
        Of the class.
    sample : int
        How many of it nbgrader grades.
    part : int
        How many of it are graded again and again, to compare numbers of processes and of workers.
    endless : bool
        Let nbgrader also have an endless loop.
    """
    progress(f"a course, and a class of {size}")
    course = courses.ours(scratch / "ours")
    start = time.perf_counter()
    members = classes.make_class(course, NAME, size)
    made = time.perf_counter() - start
    names = sample_of(members, sample)
    theirs = {"our release": courses.stock(course, scratch / "stock", names),
              "asserts": courses.plain_course(course, scratch / "plain", names)}
    cores = len(usable_cores())
    progress(f"the class was written in {made:.1f} s; grading all of it, --jobs {cores}")
    whole = measure(course, "autograder", "grade", NAME, "--jobs", cores, codes=GRADED)
    kinds = show_class(course, members, made)
    right = [name for student, name in names.items() if members[student] == "right"]
    peer = {what: graded_by_nbgrader(place, what, right, len(names)) for what, place in theirs.items()}
    loop = endless_loop(course, scratch / "endless", members) if endless else None
    grading, bars = show_grading(whole, peer, size, sample, cores)
    pages = feedback(course, theirs["asserts"])
    exported = exports(course, size)
    hands = scaling.run(course, [*members][:part], cores)
    numbers = {"size": size, "made_seconds": made, "kinds": kinds, "grading": grading, "feedback": pages,
               "exports": exported, "scaling": hands, "endless": loop}
    return numbers, bars


def show_class(course: Path, members: classes.Class, made: float) -> dict:
    """Print the results of each kind, to show that the work was done, and right."""
    reports = Course(course).reports(NAME).load_all()
    rows, found = [], {}
    for kind, count in Counter(members.values()).most_common():
        some = [reports[student] for student, own in members.items() if own == kind]
        seconds = sum(report.seconds for report in some) / count
        graded = [report.score for report in some if report.is_graded]
        mean = sum(graded) / len(graded) if graded else None
        found[kind] = {"submissions": count, "graded": len(graded), "full": graded.count(FULL), "mean": mean,
                       "seconds": seconds}
        rows.append([kind, *found[kind].values()])
    table("the class", ("", "submissions", "graded", "full marks", "mean score", "s each"), rows,
          [f"Written in {made:.1f} s. Not graded: what is no notebook at all. s each: wall, by the judge's own clock."])
    if found["right"]["full"] != found["right"]["submissions"]:
        raise RuntimeError("not all right submissions have full marks: what was measured is not grading")
    return found


# ---- grading -------------------------------------------------------------------------------------------------


def sample_of(members: classes.Class, sample: int) -> dict[str, str]:
    """Return the students that nbgrader grades, with names whose first letters divide them into halves."""
    some = [student for student, kind in members.items() if kind in classes.HARMLESS][:sample]
    return {student: f"{'ab'[number % 2]}{number:03}" for number, student in enumerate(some)}


def graded_by_nbgrader(place: Path, what: str, right: list[str], count: int) -> dict[str, Cost]:
    """Return the cost of nbgrader's start and of each submission, with one process and with two that share them."""
    command = "nbgrader", "autograde", NAME, "--force"
    progress(f"nbgrader autograde as it comes, {what}: one submission")
    one = measure(place, *command, "--student=a000", codes=NBGRADER)
    progress(f"{count} submissions")
    all_ = measure(place, *command, codes=NBGRADER)
    graded = courses.scores(place)
    if wrong := [name for name in right if graded.get(name) != FULL]:
        raise RuntimeError(f"nbgrader does not give full marks to {wrong}: the benchmark is not fair")
    progress(f"{count} submissions, two processes")
    halves = " & ".join(f"{' '.join(command)} --student='{half}*'" for half in "ab") + " & wait"
    two = measure(place, "sh", "-c", halves)
    # its start is left out there, too: the processes start beside each other
    return {"start": one, "each": (all_ - one).per(count - 1),
            "two": Cost((two.wall - one.wall) / (count - 2), (two.cpu - 2 * one.cpu) / (count - 2), 0)}


def endless_loop(course: Path, folder: Path, members: classes.Class) -> dict | None:
    """Measure one endless loop in nbgrader, which waits for each cell that runs into it."""
    student = next((student for student, kind in members.items() if kind == "endless"), None)
    if student is None:
        return None
    progress("nbgrader autograde, one endless loop: minutes")
    plain = courses.plain_course(course, folder, {student: student})
    cost = measure(plain, "nbgrader", "autograde", NAME, "--force", codes=NBGRADER)
    report = Course(course).reports(NAME).load(student)
    ours = report.seconds if report else None
    table("one endless loop", ("", "wall, s"), [["autograder", ours], ["nbgrader, its start included", cost.wall]])
    return {"nbgrader": cost.wall, "ours": ours}


def show_grading(whole: Cost, peer: dict, size: int, sample: int, cores: int) -> tuple[dict, list[Bar]]:
    """Print the cost of grading the class, and return the numbers and the bars."""
    mine = whole.per(size)
    rows = [[f"autograder grade --jobs {cores}, all {size}, start included", whole.wall, whole.cpu, 1 / mine.wall,
             mine.wall, mine.cpu, 1.0, 1.0]]
    for what, costs in peer.items():
        for cost, how in (("each", f"nbgrader autograde as it comes, {what}, {sample} of it"),
                          ("two", "the same, two processes with half of them each")):
            each = costs[cost]
            rows.append([how, size * each.wall, size * each.cpu, 1 / each.wall, each.wall, each.cpu,
                         ratio(each.wall, mine.wall), ratio(each.cpu, mine.cpu)])
    heads = (f"{cores} cores", "wall, s", "CPU, s", "a second", "wall each, s", "CPU each, s", "x wall", "x CPU")
    table(f"grading a class of {size}", heads, rows, [
        f"nbgrader: its start left out; wall and CPU of {size} are computed from the sample. Endless loops and",
        "mangled notebooks, which cost it minutes or its batch, are in our class and not in its sample.",
        f"The grading process itself, at its largest: {megabytes(whole.peak) or 0:.0f} MB.",
    ])
    theirs = {course: {what: {"wall": cost.wall, "cpu": cost.cpu} for what, cost in costs.items()}
              for course, costs in peer.items()}
    numbers = {"wall": whole.wall, "cpu": whole.cpu, "peak": whole.peak, "cores": cores, "nbgrader": theirs}
    bars = [
        Bar(says, 40, ratio(peer[course][cost].wall, mine.wall), True) for says, course, cost in (
            ("throughput of `autograder grade` by nbgrader autograde's", "our release", "each"),
            ("the same by that of two nbgrader processes at a time", "our release", "two"),
            ("the first, with plain asserts in place of its tests", "asserts", "each"),
            ("the second, with plain asserts in place of its tests", "asserts", "two"))
    ]
    return numbers, [*bars, Bar("seconds for 1,000 submissions", 60, 1000 * mine.wall, False, "s")]


# ---- after grading -------------------------------------------------------------------------------------------


def feedback(course: Path, plain: Path) -> dict | None:
    """Measure pages for the whole class, beside nbgrader's for the sample, of the plain course."""
    progress("nbgrader generate_feedback")
    command = "nbgrader", "generate_feedback", NAME, "--force"
    page = measure(plain, *command, "--student=a000", codes=NBGRADER)
    pages = measure(plain, *command, codes=NBGRADER)
    some = len(list((plain / "feedback").glob(f"*/{NAME}/*.html")))
    theirs = (pages - page).per(some - 1)
    progress("autograder feedback")
    try:
        ours = measure(course, "autograder", "feedback", NAME, codes=GRADED)
    except RuntimeError as error:
        progress(f"left out: {str(error).strip().splitlines()[-1]}")
        return None
    all_ = len(list((course / "feedback").glob(f"*/{NAME}/*.html")))
    each = ours.per(all_)
    table("feedback", ("", "pages", "wall a page, s", "CPU a page, s", "x wall", "x CPU"), [
        ["autograder feedback, start included", all_, each.wall, each.cpu, 1.0, 1.0],
        ["nbgrader generate_feedback, start left out", some, theirs.wall, theirs.cpu,
         ratio(theirs.wall, each.wall), ratio(theirs.cpu, each.cpu)],
    ])
    return {"pages": all_, "wall": each.wall, "cpu": each.cpu, "nbgrader": {"wall": theirs.wall, "cpu": theirs.cpu}}


def exports(course: Path, size: int) -> dict:
    """Measure the export of the class's grades to CSV, both ways, from the same gradebook."""
    progress("export, both ways")
    ours = measure(course, "autograder", "export", "csv", NAME, "--to", "ours.csv", codes=GRADED)
    theirs = measure(course, "nbgrader", "export", "--to", "theirs.csv")
    lines = [len((course / file).read_text().splitlines()) for file in ("ours.csv", "theirs.csv")]
    table(f"export of {size} students, start included", ("", "lines", "wall, s", "CPU, s", "x wall", "x CPU"), [
        ["autograder export csv", lines[0], ours.wall, ours.cpu, 1.0, 1.0],
        ["nbgrader export", lines[1], theirs.wall, theirs.cpu, ratio(theirs.wall, ours.wall),
         ratio(theirs.cpu, ours.cpu)],
    ])
    return {"wall": ours.wall, "cpu": ours.cpu, "nbgrader": {"wall": theirs.wall, "cpu": theirs.cpu}}
