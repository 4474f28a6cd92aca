"""Who is meant, and cells that no spreadsheet runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import CourseError
from autograder.roster import FORMULA, Person, Roster, plain, read_roster, safe, safe_id

ROSTER = Roster([
    Person("ada", "Ada", "Lovelace", "ada@uni.example", "101"), Person("bea", "Bea María", "Müller-Lüdenscheid"),
    Person("kim1", "Kim", "Lee"), Person("kim2", "Kim", "Lee"), Person("42", None, None),
])  # fmt: skip


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r\n \"abc＝"), max_size=8))
def test_a_safe_cell_says_the_same_and_cannot_run(text):
    """`plain` gives back what `safe` was given, and what is safe begins with no sign of a formula."""
    assert text == plain(safe(text))
    assert not FORMULA.match(safe(text)) or safe(text).startswith("'")


@given(st.text(alphabet=st.sampled_from("'=+-@a1.(|! "), max_size=8))
def test_an_id_is_touched_only_where_it_could_run(text):
    """An id comes back from its cell; one of letters, digits and signs stays as it is."""
    assert text == plain(safe_id(text))
    assert "-ana" == safe_id("-ana") and "@bo" == safe_id("@bo")
    assert "'=cmd|x" == safe_id("=cmd|x") and "'-1+f(2)" == safe_id("-1+f(2)")


@pytest.mark.parametrize("kind, text, student", [
    ("student", "ada", "ada"), ("student", "ADA", "ada"), ("email", "Ada@Uni.Example", "ada"),
    ("lms_user_id", " 101", "ada"), ("name", "Ada Lovelace", "ada"), ("name", "lovelace, ada", "ada"),
    ("name", "lovelaceada", "ada"), ("name", "ada Ada Lovelace", "ada"), ("name", "müllerlüdenscheidbeamaría", "bea"),
    ("name", "Bea Maria Muller-Ludenscheid", "bea"),
])  # fmt: skip
def test_a_student_is_found_by_what_others_call_them(kind, text, student):
    """Ids, addresses, numbers and names in either order, with or without case, spaces, punctuation and accents."""
    assert [student] == ROSTER.find(kind, text)


@pytest.mark.parametrize("kind, text", [
    ("name", ""), ("name", "--"), ("email", ""), ("student", "bob"), ("name", "Ada"),
])  # fmt: skip
def test_nobody_is_found_by_nothing(kind, text):
    """An empty clue, or half a name, means nobody."""
    assert [] == ROSTER.find(kind, text)


def test_two_of_one_name_are_not_guessed():
    """A name that two students have tells nothing, and says whose it may be; a better clue decides."""
    assert (None, "may be any of kim1, kim2") == ROSTER.who(("name", "Kim Lee"))
    assert ("kim2", "") == ROSTER.who(("student", "kim2"), ("name", "Kim Lee"))
    assert ("kim2", "") == ROSTER.who(("name", "Kim Lee"), ("student", "kim2"))


@pytest.mark.parametrize("clue, student", [
    (("lms_user_id", "102"), None), (("email", "other@uni.example"), None), (("email", "lovelace"), "ada"),
    (("lms_user_id", " "), "ada"), (("lms_user_id", "101"), "ada"), (("student", "lovelace"), "ada"),
])  # fmt: skip
def test_a_name_does_not_outdo_a_number_or_an_address(clue, student):
    """Who has the name, but is known by another number or address, is not meant: it may be somebody of that name."""
    found, problem = ROSTER.who(clue, ("name", "Ada Lovelace"))
    assert student == found
    known = ROSTER.people["ada"].email if clue[0] == "email" else "101"
    said = f"looks like ada, whose {clue[0]} is {known}, not {clue[1]}: correct ada's entry if it is the same person"
    assert ("" if student else said) == problem


def test_a_number_that_nobody_knows_contradicts_nobody():
    """Of Bea neither number nor address is known: her name is enough, whatever stands beside it."""
    name = ("name", "Müller-Lüdenscheid, Bea María")
    assert ("bea", "") == ROSTER.who(("lms_user_id", "102"), ("email", "bea@uni.example"), name)


def test_one_of_several_numbers_may_be_the_known_one():
    """Canvas has two numbers of everyone; the gradebook knows one of them."""
    assert ("ada", "") == ROSTER.who(("lms_user_id", "5001"), ("lms_user_id", "101"), ("name", "Ada Lovelace"))


def test_numbers_of_two_students_mean_neither():
    """A number of the one and the id of the other: no guess; a mere name beside a number changes nothing."""
    assert (None, "may be any of ada, bea") == ROSTER.who(("lms_user_id", "101"), ("student", "bea"))
    assert ("ada", "") == ROSTER.who(("lms_user_id", "101"), ("name", "Bea María Müller-Lüdenscheid"))
    two = Roster([Person("li1", lms_user_id="7"), Person("li2", lms_user_id="7"), Person("bo", "Bo", "Li")])
    assert (None, "may be any of li1, li2") == two.who(("lms_user_id", "7"), ("name", "Bo Li"))


def test_a_roster_is_read_from_csv(tmp_path):
    """nbgrader's columns, with a byte order mark, semicolons, another name for the id, and columns of no use."""
    file = tmp_path / "roster.csv"
    file.write_text("\ufeffUsername;first_name;last_name;Section\nada;Ada;'=1+1;7\n;x;y;z\n", encoding="utf-8")
    roster = read_roster(file)
    assert {"ada": Person("ada", "Ada", "=1+1")} == roster.people
    assert roster.closed


@pytest.mark.parametrize("content, said", [(b"first_name\nAda\n", "no column 'id'"), (b"id\n\xff\n", "cannot be read")])
def test_a_bad_roster_is_refused(tmp_path, content, said):
    """One clear line."""
    (tmp_path / "roster.csv").write_bytes(content)
    with pytest.raises(CourseError, match=said):
        read_roster(tmp_path / "roster.csv")
