"""grade_submission: bytes in, a report and a graded notebook out."""

import platform
from contextlib import contextmanager

import pytest

from autograder import demo
from autograder.errors import NotebookError, SandboxError
from autograder.grade import describe_waiting, grade_submission, released_source, say_waiting
from autograder.judging.running import student_cells
from autograder.model import CellRun, Line, Problem, Repair, Verdict
from autograder.notebooks import finding, reading
from autograder.notebooks.waiting import WAITS
from autograder.sandbox import Sandbox
from autograder.sandbox.local import LocalSession
from tests.helpers.courses import NAME, ROOT


class OpenSession(LocalSession):
    """A session whose cells have run already."""

    cells = ()
    peak_memory = None


class OpenSandbox:
    """Runs cells in this process, as `Sandbox` does in another one."""

    level = "none"

    def __init__(self, assignment, problem=None):
        self.assignment, self.problem = assignment, problem

    def time_cells(self, cells, files):
        return {}

    @contextmanager
    def open(self, cells, files, times, own_files=None):
        namespace = self.assignment.reference.run_imports()
        for _, source in cells:
            if finding.defined_functions(source) & self.assignment.tasks.keys():
                exec(source, namespace)
        session = OpenSession(namespace)
        session.cells = tuple(CellRun(problem=self.problem) for _ in cells)
        yield session


@pytest.fixture
def submitted(assignment):
    """Return a submission's bytes: the release, with these sources for tasks."""

    def make(**sources):
        nb = reading.read_notebook(ROOT / "release" / NAME / f"{NAME}.ipynb")
        demo.fill(nb, sources)
        return reading.serialise_notebook(nb)

    return make


def test_right_work_has_all_points(assignment, submitted):
    """Each test cell ends with its points, and the report has no repairs."""
    graded = grade_submission(submitted(**assignment.reference.sources), assignment, OpenSandbox(assignment))
    assert (100, (), "student") == (graded.report.score, graded.report.repairs, graded.report.student)
    for name, cell in finding.test_cells(graded.notebook).items():
        assert {"text/plain": repr(assignment.points[name])} == cell.outputs[-1].data


def test_untouched_work_says_so(assignment, submitted):
    """A task whose cell is as it was released is untouched, and has no points."""
    graded = grade_submission(submitted(), assignment, OpenSandbox(assignment), student="leo")
    assert (0, "leo") == (graded.report.score, graded.report.student)
    assert all(verdict.untouched for verdict in graded.report.verdicts)


def test_half_done_work_names_the_lines_that_wait(assignment, submitted):
    """One line left as released: its number in the note and the report; with all lines left, the task is not done."""
    sources, name = assignment.reference.sources, "rnn_forward"
    line = "        a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)"
    half = sources[name].replace(line, "        a_next, yt_pred, cache = None, None, None")
    number = half.split("\n").index("        a_next, yt_pred, cache = None, None, None") + 1
    verdict = {v.task: v for v in grade_submission(submitted(**sources | {name: half}), assignment,
                                                   OpenSandbox(assignment)).report.verdicts}[name]
    assert ((number,), False) == (verdict.waiting, verdict.untouched)
    said = [f"Line {line.line}: {line.says}" for line in verdict.lines] + list(verdict.notes)
    assert [f"Line {number}"] == [text.partition(":")[0].removesuffix(" of the cell still waits for a value.")
                                  for text in said if "waits for" in text]
    assert "What belongs there in place of `None`?" == verdict.question
    spaced = released_source(assignment, name).replace("    a = None", "    a = None  # later")
    verdict = {v.task: v for v in grade_submission(submitted(**sources | {name: spaced}), assignment,
                                                   OpenSandbox(assignment)).report.verdicts}[name]
    assert ((), True) == (verdict.waiting, verdict.untouched)


def test_a_line_that_waits_is_said_once():
    """At the line, where the judge found it wrong, and in a note for the others."""
    lines = (Line(7, "a", "value", 0, "It is wrong."), Line(9, "b", "value", 0, "It is wrong, too."))
    verdict = say_waiting(Verdict("f", 0, 10, (), lines=lines, notes=("Seen.",), waiting=(5, 7)))
    assert [WAITS, "It is wrong, too."] == [line.says for line in verdict.lines]
    assert ("Line 5 of the cell still waits for a value.", "Seen.") == verdict.notes
    assert ("Seen.",) == say_waiting(Verdict("f", 0, 10, (), lines=lines, notes=("Seen.",), waiting=(7,))).notes


@pytest.mark.parametrize("lines, words", [
    ((3,), "Line 3 of the cell still waits for a value."),
    ((3, 5), "Lines 3 and 5 of the cell still wait for a value."),
    ((1, 2, 3, 4, 5, 6), "Lines 1, 2, 3, 4 and 2 more of the cell still wait for a value."),
])
def test_waiting_lines_are_listed(lines, words):
    """A few are named, and the others counted."""
    assert words == describe_waiting(lines)


def test_earlier_repairs_come_first(assignment, submitted):
    """The report holds the caller's repairs, then those of the notebook."""
    nb = reading.parse_notebook(submitted())
    nb.cells.remove(finding.find_cell(nb, "rnn_forward_tests"))
    renamed = Repair("notebook renamed", None, "the notebook was named x")
    graded = grade_submission(reading.serialise_notebook(nb), assignment, OpenSandbox(assignment), repairs=[renamed])
    assert ["notebook renamed", "cell missing"] == [repair.kind for repair in graded.report.repairs]


def test_a_limit_is_named_with_its_cell(assignment, submitted):
    """A wrong task whose cell ran into a limit says which cell it was."""
    sources = assignment.reference.sources | {"rnn_forward": "def rnn_forward(x, a0, parameters):\n    pass"}
    sandbox = OpenSandbox(assignment, Problem("timed out", "ran past 2 s"))
    graded = grade_submission(submitted(**sources), assignment, sandbox)
    notes = {verdict.task: verdict.notes for verdict in graded.report.verdicts}
    assert notes["rnn_forward"][-1].endswith("ran past 2 s. `rnn_forward` was judged all the same.")
    assert len(student_cells(graded.notebook, assignment)) == len(graded.report.limits)


@pytest.mark.parametrize("line, reason", [
    ("import no_such_package", "stops with ModuleNotFoundError: No module named 'no_such_package'. The grader has no "
     "module of this name."),
    ("input('Go on?')", "stops with StdinNotImplementedError: input() has nobody to ask while a notebook is graded."),
    ("print(f'{1 !}')", f". The grader runs Python {platform.python_version()}."),
])
def test_what_the_grader_lacks_costs_no_function(assignment, submitted, line, reason):
    """A right function below a line that only stops here has all points; a wrong one has its own, and the reason."""
    sources, wrong = assignment.reference.sources, {}
    for name in ("rnn_cell_forward", "lstm_cell_forward"):
        wrong[name] = f"{line}\n{sources[name]}"
    wrong["lstm_cell_forward"] = wrong["lstm_cell_forward"].replace("return a_next, c_next,", "return c_next, a_next,")
    with Sandbox() as sandbox:
        graded = grade_submission(submitted(**sources | wrong), assignment, sandbox)
    verdicts = {verdict.task: verdict for verdict in graded.report.verdicts}
    assert (15, ()) == (verdicts["rnn_cell_forward"].score, verdicts["rnn_cell_forward"].notes)
    assert 4 < verdicts["lstm_cell_forward"].score < 15
    number = 1 + [finding.nbgrader_metadata(cell).get("grade_id") for cell in graded.notebook.cells].index(
        "lstm_cell_forward")
    assert verdicts["lstm_cell_forward"].notes[-1].startswith(f"Its cell, number {number} of the notebook, stops with ")
    assert verdicts["lstm_cell_forward"].notes[-1].endswith(f"{reason} `lstm_cell_forward` was judged all the same.")
    assert "ipython" not in " ".join(verdicts["lstm_cell_forward"].notes)


def test_a_function_that_this_python_cannot_read_says_so(assignment, submitted):
    """Syntax inside the function itself, which a newer Python may know, costs the function, and the reason is said."""
    sources = assignment.reference.sources
    newer = sources["rnn_cell_forward"].replace("    return a_next", "    print(f'{a_next !}')\n    return a_next")
    with Sandbox() as sandbox:
        graded = grade_submission(submitted(**sources | {"rnn_cell_forward": newer}), assignment, sandbox)
    verdict = graded.report.verdicts[0]
    assert (0, "missing") == (verdict.score, verdict.checks[0].kind)
    assert verdict.notes[-1].endswith(f". The grader runs Python {platform.python_version()}.")
    assert 85 == graded.report.score


def test_what_is_no_notebook_is_an_error(assignment):
    """Bytes that are no notebook raise NotebookError with the caller's name for them."""
    with pytest.raises(NotebookError, match=r"ada\.ipynb: the file is not JSON"):
        grade_submission(b"no notebook", assignment, OpenSandbox(assignment), path="ada.ipynb")


def test_a_failure_of_the_sandbox_is_an_error(assignment, submitted):
    """It is no report, and so never a zero."""

    class Broken(OpenSandbox):
        def open(self, *more):
            raise SandboxError("cannot be started")

    with pytest.raises(SandboxError, match="cannot be started"):
        grade_submission(submitted(), assignment, Broken(assignment))
