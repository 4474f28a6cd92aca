"""A small graded class, and changes of its assignment after hand-in."""

import hashlib

from nbformat.v4 import new_markdown_cell
from sqlalchemy import create_engine, text

from autograder.course.course import Course
from autograder.notebooks import finding, reading
from tests.helpers.courses import ROWS
from tests.helpers.k_means import NAME, NEAREST, code_cell

FARTHEST = NEAREST.replace("argmin", "argmax")
STATE = ("gradebook.db", "release", "history", "reports", "autograded", "submitted", "source", "feedback")
DOUBLE = '''def double(x):
    """Return twice x."""
    ### START CODE HERE ###
    twice = 2 * x
    ### END CODE HERE ###
    return twice'''
DOUBLE_TASK = """
TASKS = (*TASKS, Task("double", {"twice": ("n",)}, {"twice": 8, "arguments": 1, "repeatable": 1}, **COMMON,
                      returns_value=True, public=lambda functions: {"x": np.arange(3.0)},
                      draw=lambda rng, sizes, functions: {"x": rng.random(sizes["n"])}, printed=("twice",)),)
"""


def essay(name="essay", points=5):
    """Return a question that a person grades."""
    metadata = {"schema_version": 3, "grade_id": name, "cell_type": "markdown", "task": False, "grade": True,
                "solution": True, "locked": False, "points": points}
    return new_markdown_cell("Why does it end?", id=name, metadata={"nbgrader": metadata})


def change(root, deed):
    """Change the source notebook."""
    path = root / "source" / NAME / f"{NAME}.ipynb"
    nb = reading.read_notebook(path)
    deed(nb)
    reading.write_notebook(nb, path)


def cell(nb, name):
    return finding.find_cell(nb, name)


def points_of_a_test(nb):
    cell(nb, "nearest_tests").metadata.nbgrader.points = 0


def source_of_a_test(nb):
    cell(nb, "k_means_tests").source = "# Now look.\n" + cell(nb, "k_means_tests").source


def typo_in_a_locked_cell(nb):
    cell(nb, "look").source += "  # six points"


def typo_in_a_scaffold(nb):
    cell(nb, "k_means").source = cell(nb, "k_means").source.replace("some times", "several times")


def a_task_more(nb):
    test = cell(nb, "nearest_tests").source.replace("nearest", "double")
    nb.cells += [code_cell("double", DOUBLE, solution=True, locked=False),
                 code_cell("double_tests", test, grade=True, points=4)]


def a_locked_cell_more(nb):
    nb.cells.insert(1, code_cell("note", "steps = 3"))


def a_cell_less(nb):
    nb.cells.remove(cell(nb, "essay"))


def a_task_less(nb):
    nb.cells = [other for other in nb.cells if other.id not in ("k_means", "k_means_tests")]


def a_new_name(nb):
    found = cell(nb, "essay")
    found.id = found.metadata.nbgrader.grade_id = "reason"


SAME_CELLS = (points_of_a_test, source_of_a_test, typo_in_a_locked_cell, typo_in_a_scaffold, a_locked_cell_more)
OTHER_CELLS = (a_task_more, a_cell_less, a_task_less, a_new_name)


def add_task(root):
    """Describe the task that `a_task_more` adds."""
    path = root / "source" / NAME / "tasks.py"
    path.write_text(path.read_text() + DOUBLE_TASK)


def table(root, name):
    """Return the rows of a query in `ROWS`, or of a table, as dicts."""
    engine = create_engine(f"sqlite:///{root / 'gradebook.db'}")
    try:
        with engine.connect() as db:
            return [dict(row) for row in db.execute(text(ROWS.get(name, f"SELECT * FROM {name}"))).mappings()]
    finally:
        engine.dispose()


def grades(root):
    """Return each cell's points as (automatic, manual, extra, needs a person), by student and cell."""
    return {(row["student_id"], row["name"]): (row["auto_score"], row["manual_score"], row["extra_credit"],
                                               bool(row["needs_manual_grade"])) for row in table(root, "grades")}


def comments(root):
    """Return the manual comments by student and cell."""
    return {(row["student_id"], row["name"]): row["manual_comment"] for row in table(root, "comments")
            if row["manual_comment"]}


def fingerprint(root):
    """Return a digest of every file of a course, by path."""
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*")) if path.is_file() and "__pycache__" not in path.parts}


def repairs(root):
    """Return the kinds of repairs of each student."""
    return {student: [repair.kind for repair in report.repairs]
            for student, report in Course(root).reports(NAME).load_all().items()}
