"""Make the tests of a plain course: asserts in the student's kernel, on the seeds' arguments and numbers.

Instructors write such tests by hand for nbgrader or otter. Here they are made from the assignment's public case, so
that peers are measured on tests of their own kind.
"""

from __future__ import annotations

import numpy as np
from nbformat import NotebookNode

from autograder.course.assignment import Assignment
from autograder.course.public_cases import by_name, parse_label
from autograder.model import Task, Value
from autograder.notebooks import finding, reading
from public_tests import find_gap

RNN = """\
parameters["{0}"] = np.random.randn(5, {1})
parameters["{2}"] = np.random.randn(5, {3})
parameters["Wya"] = np.random.randn(2, 5)
parameters["ba"] = np.random.randn(5, 1)
parameters["by"] = np.random.randn(2, 1)
"""
FORWARD, BACKWARD = RNN.format("Waa", 5, "Wax", 3), RNN.format("Wax", 3, "Waa", 5)
GATES = """\
for gate in "fioc":
    parameters["W" + gate] = np.random.randn(5, 8)
    parameters["b" + gate] = np.random.randn(5, 1)
"""
LSTM = GATES + 'parameters["Wy"], parameters["by"] = np.random.randn(2, 5), np.random.randn(2, 1)\n'
STEP = "np.random.seed(1)\nparameters = {}\nxt, a_prev = np.random.randn(3, 10), np.random.randn(5, 10)\n"
LSTM_STEP = STEP + "c_prev = np.random.randn(5, 10)\n"
SEQUENCE = "np.random.seed(1)\nparameters = {{}}\nx, a0 = np.random.randn(3, 10, {}), np.random.randn(5, 10)\n"

#: How the seeds make the arguments of each task; the names are those of its signature.
SETUPS = {
    "rnn_cell_forward": STEP + FORWARD,
    "rnn_forward": SEQUENCE.format(4) + FORWARD,
    "rnn_cell_backward": SEQUENCE.format(4) + FORWARD + 'ba = parameters["ba"]\n' + STEP + BACKWARD
    + 'parameters["ba"] = ba\ncache = rnn_cell_forward(xt, a_prev, parameters)[-1]\nda_next = np.random.randn(5, 10)\n',
    "rnn_backward": SEQUENCE.format(4) + BACKWARD + "caches = rnn_forward(x, a0, parameters)[-1]\n"
    "da = np.random.randn(5, 10, 4)\n",
    "lstm_cell_forward": LSTM_STEP + LSTM,
    "lstm_forward": SEQUENCE.format(7) + LSTM,
    "lstm_cell_backward": LSTM_STEP + LSTM + "cache = lstm_cell_forward(xt, a_prev, c_prev, parameters)[-1]\n"
    "da_next, dc_next = np.random.randn(5, 10), np.random.randn(5, 10)\n",
    "lstm_backward": SEQUENCE.format(7) + GATES
    + 'parameters["Wy"], parameters["by"] = np.zeros((2, 5)), np.zeros((2, 1))\n'
    "caches = lstm_forward(x, a0, parameters)[-1]\nda = np.random.randn(5, 10, 4)\n",
}


def asserts(assignment: Assignment, name: str) -> str:
    """Return the body of a task's test: the seeds' set-up, one call, an assert for each shape and printed number.

    Raises
    ------
    ValueError
        If the set-up does not make the arguments of the public case.
    """
    task, case = assignment.tasks[name], assignment.visible_cases(name)[0]
    made: dict[str, Value] = {"np": np, **assignment.reference.functions}
    exec(SETUPS[name], made)
    if gap := find_gap(name, case.arguments, {argument: made[argument] for argument in case.arguments}):
        raise ValueError(f"benchmarks/plain.py makes other arguments than the public case: {gap.text}")
    call = f"{name}({', '.join(case.arguments)})"
    target = "gradients" if task.returns_dict else ", ".join(task.outputs)
    lines = [*SETUPS[name].splitlines(), f"{target} = {call}"]
    expected = by_name(task, case.expected)
    for output, value in expected.items():
        if isinstance(value, np.ndarray):
            lines.append(f"assert {expression(task, [output])}.shape == {value.shape}")
    for label in task.printed:
        path = parse_label(label)
        entry: Value = expected
        for key in path:
            entry = entry[key]
        lines.append(f"assert np.allclose({expression(task, path)}, {np.asarray(entry).tolist()!r}, atol=1e-8)")
    return "\n".join(lines) + "\n"


def expression(task: Task, path: list) -> str:
    """Return the expression for an output, or for an entry of it."""
    first = f'gradients["{path[0]}"]' if task.returns_dict else path[0]
    return first + "".join(f"[{key!r}]" for key in path[1:])


def indented(body: str) -> str:
    """Return the lines indented by four spaces."""
    return "".join(f"    {line}\n" for line in body.splitlines())


def plain_source(assignment: Assignment) -> NotebookNode:
    """Return the source notebook with asserts in its test cells, hidden from the release as nbgrader hides them."""
    if assignment.path is None:
        raise ValueError("the assignment was not read from a file")
    nb = reading.parse_notebook(assignment.path.read_bytes())
    for name, cell in finding.test_cells(nb).items():
        if name in assignment.tasks:
            test = f"def test_{name}():\n{indented(asserts(assignment, name))}\n\ntest_{name}()"
            cell.source = f"### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"
    return nb


def otter_test(assignment: Assignment, name: str) -> str:
    """Return the same asserts as a test file for otter."""
    callees = [other for other in assignment.tasks if f"{other}(" in asserts(assignment, name)]
    found = "".join(f'    {other} = env["{other}"]\n' for other in callees)
    return (
        "import numpy as np\nfrom otter.test_files import test_case\n\n"
        f'OK_FORMAT = False\nname = "{name}"\npoints = {assignment.points[name]}\n\n\n'
        f"@test_case(hidden=True)\ndef test_values(env):\n{found}{indented(asserts(assignment, name))}"
    )
