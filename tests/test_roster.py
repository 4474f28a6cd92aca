"""Students found by the identifiers of other systems."""

import pytest

from autograder.roster import Roster, RosterEntry

ROSTER = Roster([
    RosterEntry("ada", "Ada", "Lovelace", "ada@uni.example", "101"),
    RosterEntry("bea", "Bea María", "Müller-Lüdenscheid"),
    RosterEntry("kim1", "Kim", "Lee"), RosterEntry("kim2", "Kim", "Lee"), RosterEntry("42", None, None),
])  # fmt: skip


def identify(*identifiers, roster=ROSTER):
    """Return the match as (student, reason)."""
    match = roster.identify(*identifiers)
    return match.student, match.reason


@pytest.mark.parametrize("kind, text, student", [
    ("student", "ada", "ada"), ("student", "ADA", "ada"), ("email", "Ada@Uni.Example", "ada"),
    ("lms_user_id", " 101", "ada"), ("name", "Ada Lovelace", "ada"), ("name", "lovelace, ada", "ada"),
    ("name", "lovelaceada", "ada"), ("name", "ada Ada Lovelace", "ada"), ("name", "müllerlüdenscheidbeamaría", "bea"),
    ("name", "Bea Maria Muller-Ludenscheid", "bea"),
])  # fmt: skip
def test_a_student_is_found_by_any_identifier(kind, text, student):
    """Ids, addresses, numbers and names fit in either order, without case, spaces, punctuation and accents."""
    assert [student] == ROSTER.find(kind, text)


@pytest.mark.parametrize("kind, text", [
    ("name", ""), ("name", "--"), ("email", ""), ("student", "bob"), ("name", "Ada"),
])  # fmt: skip
def test_an_empty_identifier_finds_nobody(kind, text):
    """An empty text, an unknown id and half a name fit no student."""
    assert [] == ROSTER.find(kind, text)


def test_a_name_of_two_students_is_ambiguous():
    """A name that two students share is ignored and reported; an id decides, before or after it."""
    assert (None, "may be any of kim1, kim2") == identify(("name", "Kim Lee"))
    assert ROSTER.identify(("name", "Kim Lee")).ambiguous
    assert ("kim2", "") == identify(("student", "kim2"), ("name", "Kim Lee"))
    assert ("kim2", "") == identify(("name", "Kim Lee"), ("student", "kim2"))


@pytest.mark.parametrize("identifier, student", [
    (("lms_user_id", "102"), None), (("email", "other@uni.example"), None), (("email", "lovelace"), "ada"),
    (("lms_user_id", " "), "ada"), (("lms_user_id", "101"), "ada"), (("student", "lovelace"), "ada"),
])  # fmt: skip
def test_a_number_or_an_address_overrules_a_name(identifier, student):
    """A student with the name but another number or address does not match: it may be a namesake."""
    found, reason = identify(identifier, ("name", "Ada Lovelace"))
    assert student == found
    kind, text = identifier
    known = ROSTER.entries["ada"].email if kind == "email" else "101"
    expected = f"looks like ada, whose {kind} is {known}, not {text}: correct the entry of ada if it is the same person"
    assert ("" if student else expected) == reason


def test_an_unknown_number_contradicts_nobody():
    """The entry of Bea has neither number nor address, so her name is enough beside any of them."""
    name = ("name", "Müller-Lüdenscheid, Bea María")
    assert ("bea", "") == identify(("lms_user_id", "102"), ("email", "bea@uni.example"), name)


def test_one_of_several_numbers_may_be_the_known_one():
    """Canvas has two numbers for each student, of which the gradebook knows one."""
    assert ("ada", "") == identify(("lms_user_id", "5001"), ("lms_user_id", "101"), ("name", "Ada Lovelace"))


def test_identifiers_of_two_students_match_neither():
    """A number of one and the id of another give no match; a name beside a number changes nothing."""
    assert (None, "may be any of ada, bea") == identify(("lms_user_id", "101"), ("student", "bea"))
    assert ("ada", "") == identify(("lms_user_id", "101"), ("name", "Bea María Müller-Lüdenscheid"))
    two = Roster([RosterEntry("li1", lms_user_id="7"), RosterEntry("li2", lms_user_id="7"),
                  RosterEntry("bo", "Bo", "Li")])
    assert (None, "may be any of li1, li2") == identify(("lms_user_id", "7"), ("name", "Bo Li"), roster=two)


def test_nobody_is_found_with_a_reason():
    """Without any match the reason says so, and the match is not ambiguous."""
    assert (None, "no student with that name or number is known") == identify(("name", "Sam Stranger"))
    assert not ROSTER.identify(("name", "Sam Stranger")).ambiguous


def test_a_participants_number_tells_twins_apart():
    """Moodle's number of the assignment decides, before any name; that of somebody unknown means nobody."""
    roster = Roster(ROSTER.entries.values(), participants={"kim1": "7001", "kim2": "7002", "ada": "7003", "gone": "9"})
    assert ("kim2", "") == identify(("participant", "7002"), ("name", "Kim Lee"), roster=roster)
    assert ("ada", "") == identify(("participant", "7003"), ("name", "Kim Lee"), roster=roster)
    assert [] == roster.find("participant", "9")
