"""The mistakes of a class one level up: by theme, and by line of the solution."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from ..model import Line, Mistake, Task
from .findings import Answer, Entry, by_weight, carried_counter, known_mistakes, weigh
from .kinds import words_for_line

MAX_CODE = 100  # characters of a line of the solution that are shown
SHOWN = 3  # findings to teach first
FEWEST, LEAST = 3, 0.05  # students, and their share of the class, that make a finding common


def is_common(count: int, graded: int) -> bool:
    """Tell if so many of a class have a finding that it is worth the time of all."""
    return count >= FEWEST and count >= LEAST * graded


def choose_lesson(
    mistakes: Sequence[Entry], gaps: Sequence[Entry], themes: Sequence[Entry], lines: Sequence[Entry], graded: int
) -> tuple[Entry, list[Entry]]:
    """Return how common the findings are, and what to teach next: common findings, else themes and lines, else all.

    Gaps are counted per identical message, which has one cause. ``level`` is "common", "themes", "rare" (some were made
    twice, but no theme), "single" (nothing was made twice) or "none".
    """
    ranked = [(entry["count"], 1, entry, "mistakes", place) for place, entry in enumerate(mistakes)]
    ranked += [(entry["alike"], 0, entry, "gaps", place) for place, entry in enumerate(gaps)]
    ranked.sort(key=lambda rank: (-rank[0], -rank[1], -rank[2]["points_lost"], rank[4]))
    most, wider = ranked[0][0] if ranked else 0, list_wider(themes, lines)
    head = {"kinds": len(ranked), "most": most}
    if not is_common(most, graded) and wider:
        return head | {"level": "themes"}, wider
    first = [rank for rank in ranked if is_common(rank[0], graded)] or [rank for rank in ranked if rank[0] > 1]
    return head | {"level": "common" if is_common(most, graded) else ("none", "single", "rare")[min(most, 2)]}, [
        {"list": name, "place": place, "tasks": [entry["task"]], "says": entry["says"], "hint": entry.get("hint"),
         "count": count}
        for count, _, entry, name, place in (first or ranked)[:SHOWN]
    ]  # fmt: skip


def list_wider(themes: Sequence[Entry], lines: Sequence[Entry]) -> list[Entry]:
    """Return the themes and lines of the solution with most students, each with students whom no other has."""
    ranked = [(entry, "themes", place, [*entry["tasks"]], entry["theme"]) for place, entry in enumerate(themes)]
    ranked += [(entry, "lines", place, [entry["task"]], entry["code"]) for place, entry in enumerate(lines)
               if entry["code"]]  # fmt: skip
    found, covered = list[Entry](), list[set[str]]()
    for entry, name, place, tasks, says in sorted(ranked, key=lambda rank: by_weight(rank[0])):
        students = set(entry["students"])
        if entry["count"] > 1 and len(found) < SHOWN and not any(students <= other for other in covered):
            covered.append(students)
            found.append({"list": name, "place": place, "tasks": tasks, "says": says, "hint": entry.get("hint"),
                          "count": entry["count"]})
    return found


def count_themes(answers: Sequence[Answer], tasks: Mapping[str, Task], graded: int) -> list[Entry]:
    """Return the themes of the catalogued mistakes, most frequent first; several tasks may share one.

    ``kinds`` counts the different mistakes; ``tasks`` the students of each task; ``hint`` is the most frequent one.
    """
    made: dict[str, list[tuple[Answer, Mistake]]] = defaultdict(list)
    for answer in answers:
        for mistake in known_mistakes(answer, tasks):
            if mistake.theme:
                made[mistake.theme].append((answer, mistake))
    found = [
        {"theme": theme, "kinds": len({(answer.task, mistake.id) for answer, mistake in those}),
         "hint": Counter(mistake.hint for _, mistake in those).most_common(1)[0][0],
         "tasks": dict(Counter(task for task, _ in {(answer.task, answer.student): None for answer, _ in those}))}
        | weigh(list({(answer.student, answer.task): answer for answer, _ in those}.values()), graded)
        for theme, those in made.items()
    ]  # fmt: skip
    return sorted(found, key=lambda entry: (*by_weight(entry), entry["theme"]))


def count_lines(
    answers: Sequence[Answer], tasks: Mapping[str, Task], solutions: Mapping[str, str], graded: int,
    order: Sequence[str],
) -> list[Entry]:
    """Return the lines of the solution that were done wrong, whatever the mistake in them, most frequent first.

    A line counts for a student if a line of theirs that does its work is wrong, or a catalogued mistake is in it. Of a
    wrong line that does the work of no one statement, only the kind is known: ``line`` and ``code`` are None then.
    """
    statements = {task: Statements(source) for task, source in solutions.items()}
    made: dict[tuple[str, int | None, str], dict[str, Answer]] = defaultdict(dict)
    for answer in answers:
        known = statements.get(answer.task)
        for line in answer.verdict.lines if answer.verdict else ():
            number = known.find(line.solution) if known and line.solution else None
            made[answer.task, number, "" if number else describe_line(line)][answer.student] = answer
        for mistake in known_mistakes(answer, tasks) if known else ():
            if known and (number := known.find(known.line_of(mistake))):
                made[answer.task, number, ""][answer.student] = answer
    carried = carried_counter(answers, order)
    found = [
        {"task": task, "line": number, "code": statements[task].text(number) if number else None,
         "says": words or f"Line {number} of the solution"}
        | weigh(list(those.values()), graded) | {"carried": carried(task, list(those.values()))}
        for (task, number, words), those in made.items()
    ]  # fmt: skip
    return sorted(found, key=lambda entry: (*by_weight(entry), order.index(entry["task"]), entry["line"] or 0,
                                            entry["says"]))  # fmt: skip


def describe_line(line: Line) -> str:
    """Return a sentence on the kind of a wrong line."""
    names = "" if line.kind == "raised" else line.name  # the name that an exception misses is a student's own
    return words_for_line(line.kind, names, line.step is not None)


class Statements:
    """The statements of a solution cell by line."""

    def __init__(self, source: str) -> None:
        self.source, self.lines = source, source.split("\n")
        self.starts = {number: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)
                       and not isinstance(node, ast.FunctionDef) for number in self._numbers(node)}  # fmt: skip

    @staticmethod
    def _numbers(node: ast.stmt) -> range:
        """Return the lines of a statement, without those of the statements in it."""
        inner = [child.lineno for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
        return range(node.lineno, min(inner) if inner else (node.end_lineno or node.lineno) + 1)

    def find(self, number: int | None) -> int | None:
        """Return the first line of the statement at a line, or None."""
        node = self.starts.get(number or 0)
        return node.lineno if node else None

    def line_of(self, mistake: Mistake) -> int | None:
        """Return the line at which a mistake is put in."""
        old = mistake.replace[0][0]
        place = self.source.find(old)
        return None if place < 0 else self.source.count("\n", 0, place + len(old) - len(old.lstrip())) + 1

    def text(self, number: int) -> str:
        """Return a line without its indentation."""
        text = self.lines[number - 1].strip()
        return text if len(text) <= MAX_CODE else text[:MAX_CODE] + "…"
