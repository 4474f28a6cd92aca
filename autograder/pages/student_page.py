"""The page that a student gets back: the score, what differs and why, a question, then the notebook.

A pure function of a notebook, a report and a grade. The gradebook's scores count, with manual points and penalties.
Nothing of hidden tests is shown, and nothing that a student wrote can run (`markup`).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from ..model import CellGrade, Check, Line, Report, StudentGrade, Verdict
from ..notebooks.finding import HIDDEN_TESTS, MARK_SCHEME, NO_RESPONSE, SKIPPED, tests_of, without_parts
from . import markup
from .plain_text import clean_text, join_lines
from .templating import environment, read_font, read_style
from .words import NAMES, code, label, number, question_of, select_failures

UNDONE, HALF_DONE = "not done yet", "half done"

#: A wrong line of an answer, and the sentence beneath it.
MARKED = Markup('<mark id="{}-line-{}">{}</mark>{}')
REMARK = Markup('<span class="remark">▲ {}</span>')

MAX_PAGE = 5_000_000  # characters; a lesson has 600,000, most of them its figures
MAX_HEADING = 80  # characters of a heading that are shown where a part of the lesson is folded
MAX_LINE = 200  # characters of a line of an answer, beside what is said of it on paper
MAX_OUTPUTS = 50  # of one cell
MAX_WORK = 5_000_000  # as `markup.estimate_work` counts it, a second; a lesson's prose has 15,000. Later prose is text
FIRST = 3  # failed checks that are shown at once; the others open on demand


# ---- tasks ------------------------------------------------------------------------------------------------


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
    lines: tuple[Line, ...] = ()  # that are wrong, in its answer's cell
    code: Mapping[int, str] = field(default_factory=dict)  # of these lines, by their numbers: paper has no notebook
    notes: tuple[str, ...] = ()
    diagnosis: str | None = None
    question: str | None = None
    blamed_on: str | None = None
    by_hand: str | None = None  # the manual points, in a sentence
    comment: Markup = field(default_factory=Markup)

    @property
    def has_more(self) -> bool:
        """Tell if there is more about it than its row in the table."""
        return bool(self.gaps or self.diagnosis or self.comment or self.by_hand)


def make_parts(nb: Mapping[str, Any] | None, report: Report, grade: StudentGrade | None) -> list[Part]:
    """Return the parts for the tasks and the other graded cells, in the notebook's order."""
    verdicts, cells = verdicts_by_test(report), grade.cells if grade else {}
    known = {grade_id: (place, cell) for place, grade_id, cell in graded_cells(nb)}
    asking = [grade_id for grade_id, (_, cell) in known.items() if asks_for_points(cell)]
    parts: list[Part] = []
    for grade_id in dict.fromkeys([*asking, *verdicts, *cells]):
        verdict, points = verdicts.get(grade_id), cells.get(grade_id)
        if verdict is None and points is None:
            continue
        name = verdict.task if verdict else grade_id
        place, cell = known.get(name, (None, {}))
        comment = grade.comments.get(name) if grade else None
        part = make_part(f"task-{len(parts) + 1}", name, verdict, points, comment, place)
        source = join_lines(cell.get("source", "")).split("\n")
        parts.append(replace(part, code={line.line: clean_text(source[line.line - 1].strip(), MAX_LINE)
                                         for line in part.lines if 0 < line.line <= len(source)}))
    return parts


def verdicts_by_test(report: Report) -> dict[str, Verdict]:
    """Return the verdicts by the grade_id of their test cells."""
    return {tests_of(verdict.task): verdict for verdict in report.verdicts}


def graded_cells(nb: Mapping[str, Any] | None) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """Yield the number from 1, the grade_id and the cell of each cell that nbgrader knows."""
    for place, cell in enumerate(nb["cells"] if nb else (), 1):
        metadata = cell.get("metadata", {}).get("nbgrader")
        if isinstance(metadata, Mapping) and isinstance(metadata.get("grade_id"), str):
            yield place, metadata["grade_id"], cell


def asks_for_points(cell: Mapping[str, Any]) -> bool:
    """Tell if a cell of nbgrader's has points."""
    metadata = cell["metadata"]["nbgrader"]
    return bool(metadata.get("grade") or metadata.get("task"))


def make_part(
    anchor: str, name: str, verdict: Verdict | None, points: CellGrade | None, comment: str | None, cell: int | None
) -> Part:
    """Return the part for one task or cell, from the judge's verdict, the gradebook and a person's comment.

    At least one of ``verdict`` and ``points`` is given.
    """
    is_empty = comment == NO_RESPONSE
    prose = Markup() if is_empty or not comment else below_heading(markup.prose_html(comment), 4)
    by_hand = describe_manual_points(points)
    counts = points or verdict
    assert counts is not None
    part = Part(anchor, name, counts.score, counts.max_score, "differs", "", cell, by_hand=by_hand, comment=prose)
    if verdict is not None:
        return with_verdict(part, verdict)
    if points is not None and points.needs_manual_grade and points.manual_score is None:
        return replace(part, state="waiting", result="not graded yet: a person will read it")
    result = "graded by a person" if by_hand or prose else "no answer" if is_empty else "graded"
    return replace(part, state="right" if part.score >= part.max_score else "differs", result=result)


def with_verdict(part: Part, verdict: Verdict) -> Part:
    """Return the part with the judge's findings."""
    part = replace(part, notes=verdict.notes, blamed_on=verdict.blamed_on,
                   passed=tuple(check.name for check in verdict.checks if check.passed))
    if verdict.passed:
        return replace(part, state="right", result="right")
    if verdict.untouched:
        return replace(part, result=UNDONE)
    gaps, diagnosis = select_failures(verdict), verdict.diagnosis
    return replace(
        part, result=HALF_DONE if verdict.waiting else in_few_words(gaps, is_paid=verdict.score > 0), gaps=gaps,
        lines=tuple(line for line in verdict.lines if line.says),
        diagnosis=diagnosis.says if diagnosis else None, question=question_of(verdict))


def in_few_words(gaps: Sequence[Check], is_paid: bool = False) -> str:
    """Return what failed, for a row of the table; ``is_paid`` if it earned points all the same."""
    names = [gap.name for gap in gaps]
    if names == ["returns"]:
        return "works on some sizes" if is_paid else "nothing to compare yet"
    outputs = [f"`{name}`" for name in names if name not in NAMES]
    if not outputs:
        return "not yet: " + " and ".join(label(name) for name in names)
    few = ", ".join(outputs[:FIRST]) + (f" and {len(outputs) - FIRST} more" if len(outputs) > FIRST else "")
    return ("differs: " if len(outputs) == 1 else "differ: ") + few


def describe_manual_points(points: CellGrade | None) -> str | None:
    """Return a sentence on the points that a person gave or changed, or None."""
    if points is None or (points.manual_score is None and not points.extra_credit):
        return None
    facts = []
    if points.manual_score is not None:
        facts.append(f"{number(points.manual_score)} of {number(points.max_score)} points")
        if points.auto_score is not None and points.auto_score != points.manual_score:
            facts.append(f"in place of the {number(points.auto_score)} given automatically")
    if points.extra_credit:
        facts.append(f"{number(points.extra_credit)} points extra")
    is_open = points.manual_score is not None and points.needs_manual_grade
    return f"A person gave {', '.join(facts)}." + " They will look at it once more." * is_open


# ---- the notebook -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownCell:
    """A cell as the page shows it."""

    number: int
    kind: str  # "code" | "markdown" | "raw" | "check"
    source: Markup
    outputs: tuple[Markup, ...] = ()
    part: Part | None = None  # whose answer or check it is
    heading: str = ""  # the first in its source
    is_lesson: bool = False  # as it was released, and nothing went wrong in it
    skipped: str = ""  # "not run", or "in part", when it was graded


@dataclass(frozen=True)
class Stretch:
    """Neighbouring cells of the lesson, which are folded away, or of the student's own."""

    is_lesson: bool
    cells: tuple[ShownCell, ...]

    @property
    def title(self) -> str:
        """Return words for the place where it is folded."""
        first, last = self.cells[0].number, self.cells[-1].number
        where = f"cell {first}" if first == last else f"cells {first} to {last}"
        headings = [cell.heading for cell in self.cells if cell.heading]
        return f"The lesson, {where}" + (f": {headings[0]}" if headings else "")


def show_cells(
    nb: Mapping[str, Any], parts: Sequence[Part], judged: Mapping[str, Verdict], find: markup.FindPicture,
    released: Container[tuple[str, str]] = (),
) -> Iterator[ShownCell]:
    """Yield the notebook's cells in order, without the parts for graders; what comes after `MAX_PAGE` is left out.

    Parameters
    ----------
    nb : mapping
    parts : sequence of Part
    judged : mapping of str to Verdict
        By the grade_id of the test cell.
    find : FindPicture
    released : container of (str, str)
        The types and sources of the released cells.
    """
    by_name = {part.name: part for part in parts}
    places = {cell["execution_count"]: place for place, cell in enumerate(nb["cells"], 1)
              if cell.get("execution_count")}
    room, work, level = MAX_PAGE, 0, 2
    for place, cell in enumerate(nb["cells"], 1):
        if room <= 0:
            yield ShownCell(place, "raw", Markup("[From here on the notebook is too long to be shown.]"))
            return
        metadata = cell.get("metadata", {}).get("nbgrader") or {}
        grade_id, kind = metadata.get("grade_id"), cell.get("cell_type")
        verdict = judged.get(grade_id) if isinstance(grade_id, str) else None
        text, hidden = without_hidden(join_lines(cell.get("source", "")), metadata)
        pieces: list[Markup] = []
        work += markup.estimate_work(cell)
        if kind == "markdown" and work <= MAX_WORK:
            source, level = markup.with_headings(markup.prose_html(text), 2, level)
            source = markup.with_pictures(source, markup.with_attachments(cell, find), place)
        elif kind == "code":
            source = mark_lines(markup.code_html(text), None if verdict else by_name.get(str(grade_id)))
            cell = cell if work <= MAX_WORK else markup.without_prose(cell)
            outputs = [] if verdict else [output for output in cell.get("outputs", ()) if not skipped_by(output)]
            for piece in markup.outputs_html({"outputs": outputs}, place, places, traceback=not hidden):
                piece, level = markup.with_headings(piece, 2, level)
                pieces.append(markup.with_pictures(piece, find, place))
                room -= len(pieces[-1])
                if room <= 0 or len(pieces) == MAX_OUTPUTS:
                    pieces.append(Markup('<p class="absent">[Further outputs are left out.]</p>'))
                    break
        else:
            source = markup.TEXT.format(clean_text(text))
        room -= len(source)
        part = by_name.get(verdict.task if verdict else str(grade_id))
        stopped = any(output.get("output_type") == "error" for output in cell.get("outputs", ()))
        skipped = next(filter(None, map(skipped_by, cell.get("outputs", ()))), "")
        yield ShownCell(place, "check" if verdict else kind or "raw", source, tuple(pieces), part,
                        find_heading(text) if kind == "markdown" else "",
                        part is None and not stopped and (kind, text) in released, skipped)


def skipped_by(output: Mapping[str, Any]) -> str:
    """Return what an output says of its cell when it was graded: "not run", "in part", or "" if it is no such note."""
    kind = output.get("metadata", {}).get(SKIPPED)
    return kind if kind in ("not run", "in part") else ""


def find_heading(prose: str) -> str:
    """Return the text of the first heading in Markdown, without its marks; "" if there is none."""
    found = re.search(r"^#{1,6}[ \t]+(.+)$", prose, re.MULTILINE)
    return clean_text(found[1].strip("# \t").replace("*", "").replace("`", ""), MAX_HEADING) if found else ""


def fold_lesson(cells: Iterable[ShownCell]) -> list[Stretch]:
    """Return the cells in stretches of the lesson, and of everything else."""
    return [Stretch(is_lesson, tuple(those)) for is_lesson, those in groupby(cells, lambda cell: cell.is_lesson)]


def mark_lines(source: Markup, part: Part | None) -> Markup:
    """Return an answer's code with a mark on each wrong line and the sentence beneath it."""
    if part is None or not part.lines:
        return source
    lines = source.split("\n")
    for place in {line.line for line in part.lines}:
        # a line inside a text of several lines has the start or the end of its colour alone
        if place <= len(lines) and lines[place - 1].count("<span") == lines[place - 1].count("</span>"):
            remarks = [REMARK.format(code(line.says or "")) for line in part.lines if line.line == place]
            lines[place - 1] = MARKED.format(part.anchor, place, Markup(lines[place - 1]), Markup("").join(remarks))
    return Markup("\n").join(map(Markup, lines))


def without_hidden(source: str, metadata: Mapping[str, Any]) -> tuple[str, bool]:
    """Return a cell's source without the parts between nbgrader's marks, and True if there was one.

    Only cells that no student writes: an answer that happens to quote a mark stays whole.
    """
    if not (metadata.get("task") or (metadata.get("grade") and not metadata.get("solution"))):
        return source, False
    shown = without_parts(source, HIDDEN_TESTS, MARK_SCHEME)
    return shown.rstrip(), shown != source


def below_heading(prose: Markup, level: int) -> Markup:
    """Return prose for a place below a heading of the page, without pictures."""
    return markup.with_pictures(markup.with_headings(prose, level, level)[0], lambda source: None, 0)


# ---- the page ---------------------------------------------------------------------------------------------


def make_page(
    nb: Mapping[str, Any] | None, report: Report, grade: StudentGrade | None,
    find: markup.FindPicture = lambda source: None, released: Container[tuple[str, str]] = (),
) -> str:
    """Return the feedback page, one self-contained HTML file without script.

    Parameters
    ----------
    nb : mapping or None
        The autograded notebook, nbformat 4; None if there is none.
    report : Report
    grade : StudentGrade or None
    find : FindPicture
        For pictures that are not in the notebook itself.
    released : container of (str, str)
        The types and sources of the released cells. Those that are still the same are folded away.
    """
    parts = make_parts(nb, report, grade) if report.is_graded else []
    shown = list(show_cells(nb, parts, verdicts_by_test(report), find, released)) if nb and report.is_graded else []
    total = grade if grade and grade.cells else None
    return _template().render(
        assignment=report.assignment, student=report.student, standing=grade, full_name=full_name(grade),
        graded=report.is_graded, reason=report.reason or "", repairs=report.repairs, parts=parts,
        shown=fold_lesson(shown), score=total.score if total else sum(part.score for part in parts),
        max_score=total.max_score if total else sum(part.max_score for part in parts),
        late=describe_lateness(grade), waiting=[part for part in parts if part.state == "waiting"],
        told=[part for part in parts if part.has_more], summary=summarise_parts(parts), first=FIRST,
        formulas=any("<math" in cell.source or "<math" in "".join(cell.outputs) for cell in shown),
        css=read_style("feedback.css"), font=read_font("math.woff2"),
    )


def summarise_parts(parts: Sequence[Part]) -> str:
    """Return a sentence if all rows of the table say the same, else ""."""
    undone = sum(part.result == UNDONE for part in parts)
    if not parts or undone == len(parts):
        return "Nothing was filled in yet: the cells are as they were released." if parts else ""
    return "Everything is right." if all(part.state == "right" for part in parts) else ""


def full_name(grade: StudentGrade | None) -> str:
    """Return a student's first and last name, as far as the gradebook has them."""
    return " ".join(filter(None, (grade.first_name, grade.last_name))) if grade else ""


def describe_lateness(grade: StudentGrade | None) -> str | None:
    """Return by how much a submission was late, if that cost points."""
    if not grade or not grade.late_penalty:
        return None
    if not grade.seconds_late:
        return "handed in late"
    minutes = max(1, round(grade.seconds_late / 60))
    counts = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    words = [f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in counts if count]
    return "handed in " + " and ".join(words[:2]) + " after the due date"


@cache
def _template() -> Template:
    return environment().get_template("feedback.html.j2")
