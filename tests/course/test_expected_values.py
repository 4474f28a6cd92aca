"""The source notebook's solution cells reproduce the seeds' printed values, to every printed digit."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

FUNCTIONS = json.loads((Path(__file__).parents[1] / "data" / "expected_values.json").read_text())["functions"]
VALUES = [(name, label) for name, function in FUNCTIONS.items() for label in function["values"]]


@pytest.fixture(scope="module")
def namespaces(assignment):
    """The namespaces in which each function's set-up code has run with the instructor's functions."""
    found = {}
    for name, function in FUNCTIONS.items():
        namespace = {"np": np, **assignment.reference.functions}
        exec(function["setup"], namespace)
        found[name] = namespace
    return found


@pytest.mark.parametrize("name, label", VALUES)
def test_printed_value_reproduces(namespaces, name, label):
    """The value is what the seeds print, rounded as they print it."""
    printed, got = FUNCTIONS[name]["values"][label], eval(label, namespaces[name])
    if label.endswith(".shape") or label.startswith("len"):
        assert printed == str(got)
        return
    numbers = re.findall(r"-?\d+\.\d+", printed)
    assert len(numbers) == np.size(got)
    for text, value in zip(numbers, np.ravel(got), strict=True):
        digits = len(text.split(".")[1])
        assert abs(float(text) - value) <= 0.500001 * 10**-digits


def test_there_are_87_values():
    """All of the seeds' values are compared."""
    assert 87 == len(VALUES)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_public_case_is_the_seeds_case(assignment, namespaces, name):
    """The public case's expected outputs hold the seeds' values, so that check cells show them."""
    task, case = assignment.tasks[name], assignment.visible_cases(name)[0]
    names = list(task.outputs)
    outputs = case.expected if task.returns_dict else dict(zip(names, case.expected, strict=True))
    called = {"yt_pred": "yt", "y_pred": "y"}  # as the set-up code calls them
    seeds = namespaces[name]["g"] if task.returns_dict else {
        output: namespaces[name][called.get(output, output)] for output in names
    }
    for output, symbols in task.outputs.items():
        if symbols:
            assert np.array_equal(seeds[output], outputs[output])
