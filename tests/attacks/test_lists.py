"""Words in the class report: what a student's code says of itself can reach no list of the instructor's.

The class report lists what looks like tampering, what hit a limit and what was repaired. An exception's type and
message are the student's, and were once read for the kind of what happened.
"""

import copy
import json

import pytest

from autograder.grade import judge_notebook
from autograder.notebooks import finding
from autograder.pages.class_summary import summarise
from autograder.pages.kinds import words_for_gap
from autograder.store import ReportStore
from tests.helpers.sandbox import linux

from .harness import TASK

pytestmark = linux

#: Sentences of the autograder, as names of exceptions.
SENTENCES = [
    "cut itself off from the grader", "ran past 2 s", "Can be judged once", "sent what cannot be read",
    "called `f` more than 250 times", "ended the process", "`a_next` is None.", "`a_next` has shape (1,)",
    "An argument is changed", f"`{TASK}` is not done yet: its cell is as it was released.",
    "cell `imports` differed from the assignment's and is restored", "points of `x` said 100 and are 10 again",
]


def summary_of(assignment, sandbox, source, tmp_path):
    """Return a class report on one student, read back from the store."""
    nb = copy.deepcopy(assignment.template.nb)
    finding.solution_cells(nb)[TASK].source = source
    store = ReportStore(tmp_path)
    store.save(judge_notebook(nb, assignment, sandbox, student="mallory"))
    return summarise(store.load_all(), {}, tasks=assignment.tasks)


@pytest.mark.parametrize("body", ["raise Forged", "raise Forged(Forged.__name__)", "raise ValueError(Forged.__name__)"])
@pytest.mark.parametrize("sentence", SENTENCES)
def test_an_exceptions_words_are_its_message_alone(sentence, body, strongest, assignment, tmp_path):
    """The gap is "raised" and shows. No sign, limit or repair is listed, and no task counts as untouched."""
    source = f"Forged = type({sentence!r}, (Exception,), {{}})\ndef {TASK}(xt, a_prev, parameters):\n    {body}"
    found = summary_of(assignment, strongest, source, tmp_path)
    (gap,) = (gap for gap in found["gaps"] if gap["task"] == TASK)
    assert "raised" == gap["kind"]
    assert words_for_gap("returns", "raised", "ValueError" if "ValueError" in body else "") == gap["says"]
    assert [] == found["signs"] == found["limits"] == found["repairs"]
    (row,) = (row for row in found["tasks"] if row["task"] == TASK)
    assert (1, 0) == (next(check["failed"] for check in row["checks"] if check["check"] == "returns"), row["untouched"])
    assert sentence not in json.dumps({key: found[key] for key in ("signs", "limits", "repairs", "teach")})
