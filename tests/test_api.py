"""The public API: about a dozen names, each with a docstring, and an import that costs nothing."""

import subprocess
import sys

import pytest

import autograder

HEAVY = ("numpy", "nbgrader", "IPython", "sqlalchemy", "nbformat")


def test_the_names_are_listed_once():
    """__all__, the table of modules and dir() agree."""
    assert sorted(autograder.__all__) == sorted(name for names in autograder._MODULES.values() for name in names)
    assert set(autograder.__all__) <= set(dir(autograder))


@pytest.mark.parametrize("name", autograder.__all__)
def test_a_name_has_a_docstring(name):
    """Each name can be imported from the package, and its docstring begins with a full sentence."""
    first = getattr(autograder, name).__doc__.partition("\n")[0]
    assert first[0].isupper() and first.endswith((".", ":")), first


def test_an_unknown_name_is_an_attribute_error():
    """A misspelt name is reported as by any module."""
    with pytest.raises(AttributeError, match="has no attribute 'Corse'"):
        autograder.Corse  # noqa: B018


def test_importing_the_package_is_cheap():
    """`import autograder` imports none of the large packages; grading imports no nbgrader."""
    code = f"import sys, autograder\nprint([name for name in {HEAVY} if name in sys.modules])\n"
    code += "from autograder import Course, Sandbox, grade_submission\nprint('nbgrader' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ["[]", "False"] == done.stdout.splitlines()


def test_a_submission_is_graded_through_the_api(assignment):
    """The reference notebook gets full marks in one call."""
    import nbformat

    content = nbformat.writes(assignment.notebook).encode()
    with autograder.Sandbox() as sandbox:
        report = autograder.grade_submission(content, assignment, sandbox, student="ada").report
    assert ("ada", report.max_score) == (report.student, report.score)
