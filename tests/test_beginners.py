"""What beginners read who misunderstood a task: in their own check cell, and in the graded notebook."""

import io
import linecache
from contextlib import redirect_stdout

import pytest

import public_tests
from autograder.course.public_cases import support_files
from autograder.grade import note_misspelling
from autograder.judging.lines.adding import Solution, add_lines
from autograder.judging.verdicts import judge_task
from autograder.sandbox.local import LocalSession
from tests.helpers.beginners import BEGINNERS


@pytest.fixture
def notebook(assignment, tmp_path, monkeypatch):
    """A function that runs the solutions with one cell in place of a task's, and returns the names."""
    for name, data in support_files(assignment).items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)

    def run(task, source):
        namespace = dict(assignment.reference.namespace)
        for name, cell in {**assignment.reference.sources, task: source}.items():
            file = f"<cell {name}>"
            linecache.cache[file] = (len(cell), None, cell.splitlines(keepends=True), file)
            exec(compile(cell, file, "exec"), namespace)
        return namespace

    return run


@pytest.mark.parametrize("beginner", BEGINNERS, ids=lambda beginner: beginner.name)
def test_the_check_names_the_mistake_or_the_line(assignment, notebook, capsys, beginner):
    """The learner's own check cell says the essential fact, and ends with a question."""
    public_tests.check(notebook(beginner.task, beginner.write(assignment.reference.sources[beginner.task]))[
        beginner.task])
    text = " ".join(capsys.readouterr().err.split())
    assert beginner.check in text
    assert text.endswith("?") or "waits for its value" in text


@pytest.mark.parametrize("beginner", BEGINNERS, ids=lambda beginner: beginner.name)
def test_the_graded_notebook_points_at_the_lines(assignment, notebook, beginner):
    """The wrong lines, and no others, are found when the notebook is graded, each with a sentence."""
    source = beginner.write(assignment.reference.sources[beginner.task])
    session = LocalSession(notebook(beginner.task, source))
    with redirect_stdout(io.StringIO()):
        verdict = judge_task(session, assignment, beginner.task)
        (verdict,) = add_lines(session, assignment, [verdict], {beginner.task: Solution(source, 0, 0)})
    texts = [source.split("\n")[line.line - 1].strip() for line in verdict.lines]
    assert beginner.lines == [text[:len(start)] for text, start in zip(texts, beginner.lines, strict=True)]
    assert all(line.says for line in verdict.lines)
    assert not verdict.passed


def test_a_definition_that_a_stopped_cell_left_behind_is_said_to_be_old(assignment, notebook, capsys):
    """After a cell with a syntax error, the check looks at the function of an earlier cell, and says so."""
    source = assignment.reference.sources["rnn_cell_forward"].replace("+ ba)", ")")
    names = notebook("rnn_cell_forward", source)
    names["In"] = ["", source, source.replace("+ by)", "+ by"), "check(rnn_cell_forward)"]
    public_tests.check(names["rnn_cell_forward"])
    assert capsys.readouterr().err.startswith("This is an earlier rnn_cell_forward: the last cell that was to define")
    names["In"] = ["", source.replace("+ by)", "+ by"), source, "check(rnn_cell_forward)"]
    public_tests.check(names["rnn_cell_forward"])
    assert "earlier" not in capsys.readouterr().err
    names["In"] += ["# def rnn_cell_forward(", "class Cell:\n    def rnn_cell_forward(self):\n        pass"]
    public_tests.check(names["rnn_cell_forward"])
    assert "earlier" not in capsys.readouterr().err
    spaced = source.replace("    # next", "    \n    # next")
    names = notebook("rnn_cell_forward", spaced)
    names["In"] = ["", spaced.replace("\n\n", "\n  \n")]
    public_tests.check(names["rnn_cell_forward"])
    assert "earlier" not in capsys.readouterr().err


@pytest.mark.parametrize(("source", "note"), [
    ("def rnn_cell_foward(xt):\n    pass", "Its cell defines `rnn_cell_foward`. Is `rnn_cell_forward` meant?"),
    ("def rnn_cell_forward(xt):\n    pass\n\ndef rnn_cell_forward2(xt):\n    pass", ""),
    ("def something_else(xt):\n    pass", ""), ("", ""),
])
def test_a_misspelt_function_is_noted(source, note):
    """A function whose name is almost the task's is named beside it; another one is not."""
    assert note == note_misspelling("rnn_cell_forward", source)
