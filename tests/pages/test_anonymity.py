"""Hidden names: labels and sentences tell nothing of a student."""

import pytest

from autograder.pages.anonymity import labels_of, without_particulars


def test_labels_are_drawn_by_lot():
    """Every number once, and another order each time: neither the alphabet nor a score is in it."""
    students = [f"s{number}" for number in range(100)]
    first, second = labels_of(students), labels_of(students)
    assert {f"student {n}" for n in range(1, 101)} == set(first.values())
    assert first != second
    assert [f"student {n}" for n in range(1, 101)] != list(first.values())
    assert {"ada": "student 2", "bea": "student 1"} == labels_of(["ada", "bea"], list.reverse)


@pytest.mark.parametrize(("sentence", "expected"), [
    ("/srv/submitted/dora/x: it holds no x.ipynb; what was found is 'a b.txt'",
     "it holds no x.ipynb; what was found is …"),
    ("the file has 1,234 bytes; at most 500 are read", "the file has … bytes; at most … are read"),
    ("the autograder failed: KeyError: 'it\\'s'", "the autograder failed: KeyError: …"),
    ("cell 3 said it was 'cut short…", "cell … said it was …"),
    ("the assignment's own words", "the assignment's own words"),
])  # fmt: skip
def test_particulars_are_left_out(sentence, expected):
    """Paths, numbers and what is quoted; an apostrophe quotes nothing."""
    assert expected == without_particulars(sentence)
