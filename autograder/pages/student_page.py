"""The page that a student gets back: the score, what differs and why, a question, then the notebook.

A pure function of what is known of a submission. The gradebook's scores are the truth: manual grades and penalties
included. Nothing of hidden tests is shown, and nothing that a student wrote can run (`cells`).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from .. import render
from ..model import CellGrade, Check, Report, StudentGrade, Verdict
from . import markup

#: nbgrader's marks around what only graders see.
HIDDEN = (("BEGIN HIDDEN TESTS", "END HIDDEN TESTS"), ("BEGIN MARK SCHEME", "END MARK SCHEME"))
NO_RESPONSE = "No response."  # nbgrader's comment on a cell that is as it was released
UNDONE = "not done yet"

MAX_PAGE = 5_000_000  # characters; a lesson has 600,000, most of them its figures
MAX_OUTPUTS = 50  # of one cell
FIRST = 3  # gaps that are shown at once; the others open on demand


# ---- what is said of a task -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A task, or another graded cell, as the page shows it."""

    anchor: str
    name: str
    score: float
    max_score: float
    state: str  # "right" | "differs" | "waiting"
    result: str  # a few words for the table
    cell: int | None = None  # the number of its answer's cell
    gaps: tuple[Check, ...] = ()  # that failed
    passed: tuple[str, ...] = ()  # names of checks that passed
    notes: tuple[str, ...] = ()
    diagnosis: str | None = None
    question: str | None = None
    error: str | None = None  # with which its answer's cell ended
    blamed_on: str | None = None
    by_hand: str | None = None  # what a person changed of the points
    comment: Markup = field(default_factory=Markup)

    @property
    def told(self) -> bool:
        """Whether there is more to say of it than its row in the table."""
        return bool(self.gaps or self.diagnosis or self.comment or self.by_hand)


def parts_of(nb: Mapping | None, report: Report, standing: StudentGrade | None) -> list[Part]:
    """What is said of each task and of each other graded cell, in the notebook's order."""
    tasks, points = verdicts_by_task(report), standing.cells if standing else {}
    known = {grade_id: (number, cell) for number, grade_id, cell in graded_cells(nb)}
    ids = [id for id, (_, cell) in known.items() if asks_for_points(cell)]
    tests = {f"{task}_tests": task for task in tasks}
    found = []
    for grade_id in dict.fromkeys([*ids, *tests, *points]):
        if grade_id not in tests and grade_id not in points:
            continue  # neither judged nor in the gradebook
        task = tests.get(grade_id)
        answer = task or grade_id
        comment = standing.comments.get(answer) if standing else None
        number, cell = known.get(answer, (None, {}))
        made = part(f"task-{len(found) + 1}", answer, tasks.get(task), points.get(grade_id), comment, number)
        found.append(replace(made, error=error_of(cell)) if made.gaps else made)
    return found


def verdicts_by_task(report: Report) -> dict[str, Verdict]:
    return {verdict.task: verdict for verdict in report.verdicts}


def graded_cells(nb: Mapping | None) -> Iterator[tuple[int, str, Mapping]]:
    """The cells that nbgrader knows: number from 1, grade_id, cell."""
    for number, cell in enumerate(nb["cells"] if nb else (), 1):
        metadata = cell.get("metadata", {}).get("nbgrader")
        if isinstance(metadata, Mapping) and isinstance(metadata.get("grade_id"), str):
            yield number, metadata["grade_id"], cell


def asks_for_points(cell: Mapping) -> bool:
    metadata = cell["metadata"]["nbgrader"]
    return bool(metadata.get("grade") or metadata.get("task"))


def error_of(cell: Mapping) -> str | None:
    """The error with which a cell ended, in a line or two."""
    errors = (output for output in cell.get("outputs", ()) if output.get("output_type") == "error")
    return next((f"{error.get('ename')}: {error.get('evalue')}" for error in errors), None)


def part(
    anchor: str, name: str, verdict: Verdict | None, grade: CellGrade | None, comment: str | None, cell: int | None
) -> Part:
    """What is said of one task: by the judge (``verdict``), in the gradebook (``grade``), by a person (``comment``)."""
    untouched = comment == NO_RESPONSE
    comment = Markup() if untouched or not comment else below_heading(markup.prose(comment), 4)
    counts = grade or verdict
    score, max_score = counts.score, counts.max_score
    said = {"comment": comment, "cell": cell, "by_hand": by_hand(grade)}
    waiting = grade is not None and grade.needs_manual_grade and grade.manual_score is None
    if waiting and not verdict:
        return Part(anchor, name, score, max_score, "waiting", "not graded yet: a person will read it", **said)
    if not verdict:
        result = "graded by a person" if said["by_hand"] or comment else "no answer" if untouched else "graded"
        return Part(anchor, name, score, max_score, "right" if score >= max_score else "differs", result, **said)
    said |= {"notes": verdict.notes, "blamed_on": verdict.blamed_on}
    said["passed"] = tuple(check.name for check in verdict.checks if check.passed)
    if verdict.passed:
        return Part(anchor, name, score, max_score, "right", "right", **said)
    if verdict.untouched:
        return Part(anchor, name, score, max_score, "differs", UNDONE, **said)
    diagnosis = verdict.diagnosis
    said["gaps"] = tuple(shown_failures(verdict.checks))
    said["diagnosis"] = diagnosis and diagnosis.says
    said["question"] = diagnosis.hint if diagnosis else verdict.question
    return Part(anchor, name, score, max_score, "differs", in_few_words(said["gaps"]), **said)


def shown_failures(checks: Sequence[Check]) -> list[Check]:
    """Return the failed checks that do not wait for another; if the call fails, that check alone."""
    failed = [check for check in checks if not check.passed]
    if failed and failed[0].name == "returns":
        return failed[:1]
    return [check for check in failed if check.kind != "waiting"]


def in_few_words(gaps: Sequence[Check]) -> str:
    names = [gap.name for gap in gaps]
    if names == ["returns"]:
        return "nothing to compare yet"
    outputs = [f"`{name}`" for name in names if name not in render.NAMES]
    if not outputs:
        return "not yet: " + " and ".join(render.label(name) for name in names)
    few = ", ".join(outputs[:FIRST]) + (f" and {len(outputs) - FIRST} more" if len(outputs) > FIRST else "")
    return ("differs: " if len(outputs) == 1 else "differ: ") + few


def by_hand(grade: CellGrade | None) -> str | None:
    """What a person changed of a cell's points, in a sentence."""
    if grade is None or (grade.manual_score is None and not grade.extra_credit):
        return None
    said = []
    if grade.manual_score is not None:
        said.append(f"{render.number(grade.manual_score)} of {render.number(grade.max_score)} points")
        if grade.auto_score is not None and grade.auto_score != grade.manual_score:
            said.append(f"in place of the {render.number(grade.auto_score)} given automatically")
    if grade.extra_credit:
        said.append(f"{render.number(grade.extra_credit)} points extra")
    again = " They will look at it once more." if grade.manual_score is not None and grade.needs_manual_grade else ""
    return f"A person gave {', '.join(said)}.{again}"


# ---- the notebook -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A cell as the page shows it."""

    number: int
    kind: str  # "code" | "markdown" | "raw" | "check"
    source: Markup
    outputs: tuple[Markup, ...] = ()
    part: Part | None = None  # whose answer or check it is


def shown_cells(nb: Mapping, parts: Sequence[Part], tasks: Mapping, find: markup.FindPicture) -> Iterator[Shown]:
    """The notebook's cells, without what only graders see, in order; what comes after `MAX_PAGE` is left out."""
    by_name = {part.name: part for part in parts}
    room, level = MAX_PAGE, 2
    for number, cell in enumerate(nb["cells"], 1):
        metadata = cell.get("metadata", {}).get("nbgrader") or {}
        grade_id = metadata.get("grade_id")
        judged = isinstance(grade_id, str) and grade_id.removesuffix("_tests") in tasks and grade_id.endswith("_tests")
        mine = by_name.get(grade_id.removesuffix("_tests") if judged else grade_id)
        source, hidden = without_hidden(markup.joined(cell.get("source", "")), metadata)
        if room <= 0:
            yield Shown(number, "raw", Markup("[From here on the notebook is too long to be shown.]"))
            return
        kind, pieces = cell.get("cell_type"), []
        if kind == "markdown":
            attached = markup.with_attachments(cell, find)
            source, level = markup.with_headings(markup.prose(source), 2, level)
            source = markup.with_pictures(source, attached, number)
        elif kind == "code":
            source = markup.code(source)
            for piece in [] if judged else markup.outputs(cell, number, traceback=not hidden):
                piece, level = markup.with_headings(piece, 2, level)
                pieces.append(markup.with_pictures(piece, find, number))
                room -= len(pieces[-1])
                if room <= 0 or len(pieces) == MAX_OUTPUTS:
                    pieces.append(Markup('<p class="absent">[Further outputs are left out.]</p>'))
                    break
        else:
            source = Markup('<pre class="text">{}</pre>').format(markup.text(source))
        room -= len(source)
        yield Shown(number, "check" if judged else kind or "raw", source, tuple(pieces), mine)


def without_hidden(source: str, metadata: Mapping) -> tuple[str, bool]:
    """A cell's source without what stands between nbgrader's marks, and whether there was such a part.

    Only cells that no student writes: an answer that happens to quote a mark stays whole.
    """
    if not (metadata.get("task") or (metadata.get("grade") and not metadata.get("solution"))):
        return source, False
    kept, until = [], None
    for line in source.split("\n"):
        if until is None:
            until = next((end for begin, end in HIDDEN if begin in line), None)
            if until is None:
                kept.append(line)
        elif until in line:
            until = None
    return "\n".join(kept).rstrip(), len(kept) < source.count("\n") + 1


def below_heading(prose: Markup, level: int) -> Markup:
    """Return prose for a place below a heading of the page, without pictures."""
    return markup.with_pictures(markup.with_headings(prose, level, level)[0], lambda source: None, 0)


# ---- the page ---------------------------------------------------------------------------------------------


def make_page(
    nb: Mapping | None, report: Report, standing: StudentGrade | None, find: markup.FindPicture = lambda source: None
) -> str:
    """The feedback page, one self-contained HTML file without script.

    Parameters
    ----------
    nb : mapping or None
        The autograded notebook, nbformat 4; None where there is none.
    report : Report
    standing : model.StudentGrade or None
    find : FindPicture
        For pictures that are not in the notebook itself.
    """
    graded = report.is_graded
    parts = parts_of(nb, report, standing) if graded else []
    shown = list(shown_cells(nb, parts, verdicts_by_task(report), find)) if nb and graded else []
    score = standing.score if standing and standing.cells else sum(part.score for part in parts)
    max_score = standing.max_score if standing and standing.cells else sum(part.max_score for part in parts)
    return template().render(
        assignment=report.assignment, student=report.student, standing=standing,
        full_name=full_name(standing), graded=graded, reason=report.reason or "",
        repairs=report.repairs, parts=parts, shown=shown, score=score, max_score=max_score,
        late=late(standing), waiting=[part for part in parts if part.state == "waiting"],
        told=[part for part in parts if part.told], summary=summary(parts), first=FIRST,
        formulas=any("<math" in cell.source or "<math" in "".join(cell.outputs) for cell in shown),
    )


def summary(parts: Sequence[Part]) -> str:
    """A sentence where all rows of the table say the same."""
    undone = sum(part.result == UNDONE for part in parts)
    if not parts or undone == len(parts):
        return "Nothing was filled in yet: the cells are as they were released." if parts else ""
    if all(part.state == "right" for part in parts):
        return "Everything is right."
    return ""


def full_name(standing: StudentGrade | None) -> str:
    return " ".join(filter(None, (standing.first_name, standing.last_name))) if standing else ""


def late(standing: StudentGrade | None) -> str | None:
    """By how much a submission was late, where that cost points."""
    if not standing or not standing.late_penalty:
        return None
    if not (standing.timestamp and standing.duedate and standing.timestamp > standing.duedate):
        return "handed in late"
    minutes = max(1, round((standing.timestamp - standing.duedate).total_seconds() / 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    words = [f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in
             ((days, "day"), (hours, "hour"), (minutes, "minute")) if count]
    return "handed in " + " and ".join(words[:2]) + " after the due date"


@cache
def template():
    environment = Environment(
        loader=PackageLoader("autograder.pages", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )  # fmt: skip
    environment.filters |= {
        "spans": lambda text: Markup(render.code(markup.text(text, 2000))), "points": render.number,
        "day": lambda moment: f"{moment.day} {moment:%B %Y, %H:%M} UTC",
        "label": lambda check: "the call" if check == "returns" else render.label(check),
        "text": lambda text: markup.text(text, 500),
        # a name may break after each underscore
        "breakable": lambda name: Markup("_<wbr>").join(escape(part) for part in name.split("_")),
    }
    folder = Path(__file__).parent / "templates"
    environment.globals |= {
        "css": Markup((folder / "feedback.css").read_text(encoding="utf-8")),
        "font": Markup(b64encode((folder / "math.woff2").read_bytes()).decode()),
    }
    return environment.get_template("feedback.html.j2")
