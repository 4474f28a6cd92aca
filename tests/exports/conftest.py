"""A small class as the gradebook and the reports have it, without either."""

import pytest

from autograder.exports.grades import grades
from autograder.model import CellGrade
from tests.helpers.export_rows import report, standing


@pytest.fixture
def klass():
    """Ada has 100, Bea 60.5 and is 10 points late, Carl handed in nothing, Dora's file is empty, Eve is by hand."""
    standings = {
        "ada": standing("ada", 75.0, first="Ada", last="Lovelace", email="ada@uni.example", lms="101"),
        "bea": standing("bea", 45.5, late=10.0, first="Bea", last="Ünal, Jr.", email="bea@uni.example", lms="102"),
        "carl": standing("carl", submitted=False, first="Carl", last="Gauß", email="carl@uni.example", lms="103"),
        "dora": standing("dora", None, first="Dora", last="=cmd|' /C calc'!A0", email="dora@uni.example",
                         rnn_cell_forward_tests=CellGrade(None, None, None, 75.0, True)),
        "eve": standing("eve", first="Eve", last='O"Neil', rnn_forward_tests=25.0,
                        rnn_cell_forward_tests=CellGrade(10.0, 70.0, 2.0, 75.0, True)),
    }
    reports = {"ada": report("ada", 75.0), "bea": report("bea", 45.5),
               "dora": report("dora", 0, status="not graded"), "eve": report("eve", 10.0)}
    return grades(standings, reports)
