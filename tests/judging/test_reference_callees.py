"""The reference's functions accept the forms and sizes of the cases, and no more."""

import numpy as np
import pytest

from autograder.course.course import Course
from autograder.judging.reference_callees import has_form_of, largest_number, reference_callee
from autograder.sandbox.guest.codec import Foreign, NamedFunction
from tests.course.test_new_subject import NAME, write_assignment

POINTS, CENTERS = np.arange(8.0).reshape(4, 2), np.ones((2, 2))


@pytest.fixture(scope="module")
def k_means(tmp_path_factory):
    """An assignment whose tasks take functions, integers, booleans and texts."""
    root = tmp_path_factory.mktemp("callees")
    write_assignment(root)
    return Course(root).assignment(NAME)


def test_a_function_is_found_by_its_name(k_means):
    """A function of the cases, named by the student's process, is called."""
    nearest = reference_callee(k_means, "nearest")
    assert [0, 0, 1, 1] == nearest(POINTS, np.array([[0, 1.0], [5, 6]]), NamedFunction("helpers", "euclidean")).tolist()


@pytest.mark.parametrize("module, name", [("helpers", "load_points"), ("os", "getcwd"), ("helpers", "__import__")])
def test_no_other_function_can_be_named(k_means, module, name):
    """A function that no case has is refused, whichever module it is in."""
    with pytest.raises(ValueError, match="cannot work with"):
        reference_callee(k_means, "nearest")(POINTS, CENTERS, NamedFunction(module, name))


def test_a_form_of_any_case_is_accepted(k_means):
    """The public case of `nearest` has no weights, a fresh one has: both are forms that a caller may use."""
    nearest, arguments = reference_callee(k_means, "nearest"), (POINTS, CENTERS, NamedFunction("helpers", "euclidean"))
    assert nearest(*arguments, None).tolist() == nearest(*arguments, np.ones(2)).tolist()
    with pytest.raises(ValueError, match="as weights"):
        nearest(*arguments, "heavy")


@pytest.mark.parametrize("steps", [101, -101, 10**9, True, 2.0, "3", None])
def test_an_integer_is_bounded(k_means, steps):
    """The host counts no further than the cases do; a float, a truth value or a text is no integer."""
    step = reference_callee(k_means, "k_means")
    arguments = POINTS, CENTERS, NamedFunction("helpers", "euclidean")
    with pytest.raises(ValueError, match="as steps"):
        step(*arguments, steps, True, "first")
    assert step(*arguments, 3, True, "first")[3].startswith("3 steps")


@pytest.mark.parametrize("template, good, bad", [
    (True, False, 1), ("a", "b", b"b"), (None, None, 3), (1.5, 2, "x"),
    (np.array([True]), np.array([1]), np.array(["x"])),
    ({"a": 1}, {"a": 2}, {"b": 2}), ([1, "x"], (2, "y"), [1]), (np.float64(1), np.float32(2), 1j),
])  # fmt: skip
def test_each_form_admits_its_like(template, good, bad):
    """A value of the template's form passes, and one of another does not."""
    assert has_form_of(template, good)
    assert not has_form_of(template, bad)


def test_larger_cases_allow_larger_arguments(k_means):
    """The bound is a hundred, or the largest side or integer of the cases."""
    assert 100 == largest_number(k_means)
    assert not has_form_of(np.ones(2), np.ones(200)) and has_form_of(np.ones(2), np.ones(200), 300)


@pytest.mark.parametrize(
    "name, change",
    [
        ("rnn_cell_forward", {"xt": np.ones((3, 10, 4))}),
        ("rnn_cell_forward", {"parameters": {}}),
        ("rnn_cell_forward", {"xt": None}),
        ("rnn_cell_forward", {"a_prev": Foreign("Evil")}),
        ("lstm_cell_backward", {"cache": ()}),
        ("rnn_cell_backward", {"da_next": np.ones((5, 10), dtype=complex)}),
        ("rnn_cell_forward", {"xt": np.ones((99, 10))}),
    ],
)
def test_the_stand_in_takes_one_step_only(assignment, name, change):
    """Whole sequences, other types and forms are refused with a sentence: the loop is still the student's to write."""
    arguments = {**assignment.visible_cases(name)[0].arguments, **change}
    with pytest.raises(ValueError, match=name):
        reference_callee(assignment, name)(*arguments.values())


def test_same_form_leaves_sizes_free():
    """A form fixes types, keys and numbers of axes, not lengths."""
    assert has_form_of({"W": np.ones((2, 3)), "c": (np.ones(2),)}, {"W": np.ones((7, 1)), "c": [np.zeros(5)]})
    assert not has_form_of(np.ones((2, 3)), np.ones(6))
