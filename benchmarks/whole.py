"""A whole class: wall and CPU beside nbgrader on a sample of it; feedback; export; more processes, more workers."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

from autograder import records

from . import classes, courses, scaling
from .courses import GRADED, NAME
from .meter import Cost, measure
from .tables import Bar, megabytes, progress, ratio, table

NBGRADER = (0, 1, 255)
FULL = 100.0


def run(scratch: Path, size: int, sample: int, part: int, endless: bool) -> tuple[dict, list[Bar]]:
    """Measure and show; the numbers and the bars.

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
    cores = os.cpu_count() or 1
    progress(f"the class was written in {made:.1f} s; grading all of it, --jobs {cores}")
    whole = measure(course, "autograder", "grade", NAME, "--jobs", cores, codes=GRADED)
    kinds = show_class(course, members, made)
    peer = peers(course, scratch / "plain", members, sample)
    loop = endless_loop(course, scratch / "endless", members) if endless else None
    grading, bars = show_grading(whole, peer, size, cores)
    pages = feedback(course, size, peer)
    exported = exports(course, size)
    hands = scaling.run(course, [*members][:part], cores)
    numbers = {"size": size, "made_seconds": made, "kinds": kinds, "grading": grading, "feedback": pages,
               "exports": exported, "scaling": hands, "endless": loop}
    return numbers, bars


def show_class(course: Path, members: classes.Class, made: float) -> dict:
    """What came of each kind: so that everybody sees that work was done, and right."""
    reports = records.kept(course, NAME)
    rows, found = [], {}
    for kind, count in Counter(members.values()).most_common():
        some = [reports[student] for student, own in members.items() if own == kind]
        seconds = sum(report["seconds"] for report in some) / count
        graded = [report["score"] for report in some if report["status"] == "graded"]
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


def peers(course: Path, folder: Path, members: classes.Class, sample: int) -> dict:
    """nbgrader as it comes, on a sample in a plain course: one, all with one process, all with two, their feedback."""
    some = [student for student, kind in members.items() if kind in classes.HARMLESS][:sample]
    names = {student: f"{'ab'[number % 2]}{number:03}" for number, student in enumerate(some)}
    plain = courses.plain_course(course, folder, names)
    command = "nbgrader", "autograde", NAME, "--force"
    progress("nbgrader autograde, one submission")
    one = measure(plain, *command, "--student=a000", codes=NBGRADER)
    progress(f"nbgrader autograde, {len(some)} submissions")
    all_ = measure(plain, *command, codes=NBGRADER)
    graded = courses.scores(plain)
    wrong = [name for student, name in names.items() if members[student] == "right" and graded.get(name) != FULL]
    if wrong:
        raise RuntimeError(f"nbgrader does not give full marks to {wrong}: the benchmark is not fair")
    progress(f"nbgrader autograde, {len(some)} submissions, two processes")
    halves = " & ".join(f"{' '.join(command)} --student='{half}*'" for half in "ab") + " & wait"
    two = measure(plain, "sh", "-c", halves)
    progress("nbgrader generate_feedback")
    command = "nbgrader", "generate_feedback", NAME, "--force"
    page = measure(plain, *command, "--student=a000", codes=NBGRADER)
    pages = measure(plain, *command, codes=NBGRADER)
    count, written = len(some), len(list((plain / "feedback").glob(f"*/{NAME}/*.html")))
    return {
        "sample": count, "graded": len(graded), "start": one, "each": (all_ - one).per(count - 1), "all": all_,
        # its start left out here, too: the processes start beside each other
        "two": Cost((two.wall - one.wall) / (count - 2), (two.cpu - 2 * one.cpu) / (count - 2), 0),
        "page": (pages - page).per(written - 1), "pages": written,
    }


def endless_loop(course: Path, folder: Path, members: classes.Class) -> dict | None:
    """What one endless loop costs nbgrader: it waits for each cell that runs into it."""
    student = next((student for student, kind in members.items() if kind == "endless"), None)
    if student is None:
        return None
    progress("nbgrader autograde, one endless loop: minutes")
    plain = courses.plain_course(course, folder, {student: student})
    cost = measure(plain, "nbgrader", "autograde", NAME, "--force", codes=NBGRADER)
    ours = records.kept_of(course, NAME, student)["seconds"]
    table("one endless loop", ("", "wall, s"), [["autograder", ours], ["nbgrader, its start included", cost.wall]])
    return {"nbgrader": cost.wall, "ours": ours}


def show_grading(whole: Cost, peer: dict, size: int, cores: int) -> tuple[dict, list[Bar]]:
    each, two, mine = peer["each"], peer["two"], whole.per(size)
    rows = [
        [f"autograder grade --jobs {cores}, all {size}, start included", whole.wall, whole.cpu, 1 / mine.wall,
         mine.wall, mine.cpu, 1.0, 1.0],
        [f"nbgrader autograde, {peer['sample']} of it, start left out", size * each.wall, size * each.cpu,
         1 / each.wall, each.wall, each.cpu, ratio(each.wall, mine.wall), ratio(each.cpu, mine.cpu)],
        ["the same, two processes with half of them each", size * two.wall, size * two.cpu, 1 / two.wall, two.wall,
         two.cpu, ratio(two.wall, mine.wall), ratio(two.cpu, mine.cpu)],
    ]
    heads = (f"{cores} cores", "wall, s", "CPU, s", "a second", "wall each, s", "CPU each, s", "x wall", "x CPU")
    table(f"grading a class of {size}", heads, rows, [
        f"nbgrader: as it comes, plain asserts; wall and CPU of {size} are computed from the sample. Endless loops and",
        "mangled notebooks, which cost it minutes or its batch, are in our class and not in its sample.",
        f"The grading process itself, at its largest: {megabytes(whole.peak) or 0:.0f} MB.",
    ])
    theirs = {what: {"wall": peer[what].wall, "cpu": peer[what].cpu} for what in ("start", "each", "two")}
    numbers = {"wall": whole.wall, "cpu": whole.cpu, "peak": whole.peak, "cores": cores, "nbgrader": theirs}
    bars = [
        Bar("throughput of `autograder grade` by nbgrader autograde's", 40, ratio(each.wall, mine.wall), True),
        Bar("the same by that of two nbgrader processes at a time", 40, ratio(two.wall, mine.wall), True),
        Bar("seconds for 1,000 submissions", 60, 1000 * mine.wall, False, "s"),
    ]
    return numbers, bars


# ---- after grading -------------------------------------------------------------------------------------------


def feedback(course: Path, size: int, peer: dict) -> dict | None:
    """Pages for the whole class, beside nbgrader's for the sample."""
    progress("autograder feedback")
    try:
        ours = measure(course, "autograder", "feedback", NAME, codes=GRADED)
    except RuntimeError as error:
        progress(f"left out: {str(error).strip().splitlines()[-1]}")
        return None
    pages = len(list((course / "feedback").glob(f"*/{NAME}/*.html")))
    each, theirs = ours.per(pages), peer["page"]
    table("feedback", ("", "pages", "wall a page, s", "CPU a page, s", "x wall", "x CPU"), [
        ["autograder feedback, start included", pages, each.wall, each.cpu, 1.0, 1.0],
        ["nbgrader generate_feedback, start left out", peer["pages"], theirs.wall, theirs.cpu,
         ratio(theirs.wall, each.wall), ratio(theirs.cpu, each.cpu)],
    ])
    return {"pages": pages, "wall": each.wall, "cpu": each.cpu, "nbgrader": {"wall": theirs.wall, "cpu": theirs.cpu}}


def exports(course: Path, size: int) -> dict:
    """The class's grades as a CSV file, both ways, from the same gradebook."""
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
