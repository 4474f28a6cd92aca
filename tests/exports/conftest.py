"""A small class as the gradebook and the report store hold it."""

import pytest

from autograder.exports.grades import combine_grades
from autograder.model import CellGrade
from tests.helpers.exporting import make_failure, make_grade, make_report


@pytest.fixture
def klass():
    """Return the grades of five students.

    Ada has 100. Bea has 60.5 with 10 points off for being late. Carl handed in nothing. The file of Dora is empty. Eve
    has manual points.
    """
    grades = {
        "ada": make_grade("ada", 75.0, first="Ada", last="Lovelace", email="ada@uni.example", lms="101"),
        "bea": make_grade("bea", 45.5, late=10.0, first="Bea", last="Ünal, Jr.", email="bea@uni.example", lms="102"),
        "carl": make_grade("carl", submitted=False, first="Carl", last="Gauß", email="carl@uni.example", lms="103"),
        "dora": make_grade("dora", None, first="Dora", last="=cmd|' /C calc'!A0", email="dora@uni.example",
                           rnn_cell_forward_tests=CellGrade(None, None, None, 75.0, True)),
        "eve": make_grade("eve", first="Eve", last='O"Neil', rnn_forward_tests=25.0,
                          rnn_cell_forward_tests=CellGrade(10.0, 70.0, 2.0, 75.0, True)),
    }
    reports = {"ada": make_report("ada", 75.0), "bea": make_report("bea", 45.5), "dora": make_failure("dora"),
               "eve": make_report("eve", 10.0)}
    return combine_grades(grades, reports)
