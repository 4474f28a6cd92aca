"""Students of a class list, found in the gradebook or given an id."""

import pytest

from autograder.class_lists import ClassList, ListedStudent, enrol
from autograder.platforms import Participant
from autograder.roster import Roster, RosterEntry

KNOWN = Roster([
    RosterEntry("ada", "Ada", "Lovelace", "ada@uni.example", "101"), RosterEntry("kim1", "Kim", "Lee"),
    RosterEntry("kim2", "Kim", "Lee"), RosterEntry("bo", "Bo", "Ek"),
])  # fmt: skip


def enrol_rows(*rows, known=KNOWN, platform="canvas"):
    """Return the enrolment of rows, each given by its fields."""
    return enrol(ClassList(platform, tuple(ListedStudent(number, **row) for number, row in enumerate(rows, 2))), known)


def test_a_known_student_is_updated_and_keeps_the_id():
    """A number finds Ada, whose new address and name are taken; nothing that was known is lost."""
    found = enrol_rows({"login": "lovelace1", "lms_user_id": "101", "first_name": "Ada", "last_name": "King"})
    assert [RosterEntry("ada", "Ada", "King", "ada@uni.example", "101")] == found.changed
    assert [] == found.new and ["bo", "kim1", "kim2"] == found.left


def test_the_same_list_again_changes_nothing():
    """A second run finds everybody unchanged, though the name may be divided elsewhere."""
    first = enrol_rows({"email": "x@uni.example", "first_name": "Bea María", "last_name": "Ünal"}, known=Roster())
    assert ["x"] == [entry.student for entry in first.new]
    again = enrol_rows({"email": "x@uni.example", "first_name": "Bea", "last_name": "María Ünal"},
                       known=Roster(first.entries))
    assert ([], [], ["x"], []) == (again.new, again.changed, [one.student for one in again.unchanged], again.left)


def test_a_name_alone_decides_where_nothing_contradicts():
    """Bo is found by the name, and gets the number; a namesake of Ada with another number is somebody else."""
    found = enrol_rows({"login": "ek77", "lms_user_id": "105", "first_name": "Bo", "last_name": "Ek"},
                       {"login": "ada2", "lms_user_id": "106", "first_name": "Ada", "last_name": "Lovelace"})
    assert [RosterEntry("bo", "Bo", "Ek", None, "105")] == found.changed and ["bo"] == found.by_name
    assert ["ada2"] == [entry.student for entry in found.new]


def test_a_name_is_not_enough_where_both_have_more():
    """Ada has an address, and the row another login: nobody knows if it is she, so it is somebody new."""
    found = enrol_rows({"login": "lovelace7", "first_name": "Ada", "last_name": "Lovelace"})
    assert ["lovelace7"] == [entry.student for entry in found.new] and "ada" in found.left
    found = enrol_rows({"first_name": "Ada", "last_name": "Lovelace", "participant": Participant("7001")})
    assert {"ada"} == found.participants.keys() and ["ada"] == found.by_name


def test_a_login_in_the_address_tells_twins_apart():
    """kim2@uni.example with the name of kim2 is kim2; with another name it is somebody new."""
    lee = {"first_name": "Kim", "last_name": "Lee"}
    found = enrol_rows({"email": "kim2@uni.example", **lee}, {"email": "kim1@uni.example", "first_name": "Kimberly"})
    assert [RosterEntry("kim2", "Kim", "Lee", "kim2@uni.example")] == found.changed
    assert ["kim1@uni.example"] == [entry.student for entry in found.new] and [] == found.by_name


def test_twins_stay_two():
    """Two of one name are told apart by logins; by the name alone they are not taken."""
    lee = {"first_name": "Kim", "last_name": "Lee"}
    found = enrol_rows({"login": "kim1", "lms_user_id": "7", **lee}, {"login": "kim2", "lms_user_id": "8", **lee})
    assert {"kim1": "7", "kim2": "8"} == {entry.student: entry.lms_user_id for entry in found.changed}
    assert [] == found.by_name
    found = enrol_rows({**lee, "participant": Participant("7001")}, {**lee, "participant": Participant("7002")})
    reason = "may be any of kim1, kim2: only the name is in the file"
    assert [("row 2, Kim Lee", reason), ("row 3, Kim Lee", reason)] == found.unclear and [] == found.new


@pytest.mark.parametrize("rows, ids", [
    ([{"login": "lin"}], ["lin"]), ([{"email": "lin@uni.example"}], ["lin"]),
    ([{"email": "lin@a.example", "number": "1"}, {"email": "lin@b.example"}], ["1", "lin@b.example"]),
    ([{"email": "ada@b.example"}], ["ada@b.example"]),
    ([{"first_name": "Bea María", "last_name": "Müller-Ünal", "lms_user_id": "9"}], ["bea-maria-muller-unal"]),
    ([{"first_name": "A", "last_name": "B", "lms_user_id": "8"}, {"first_name": "A", "last_name": "B",
                                                                 "lms_user_id": "9"}], ["8", "9"]),
    ([{"participant": Participant("7001")}], ["7001"]),
    ([{"login": "../up", "first_name": "U", "last_name": "P"}], []), ([{}], []),
])  # fmt: skip
def test_a_new_student_gets_an_id(rows, ids):
    """It is the login; else the address before the @; else number, address or name; and never a path."""
    found = enrol_rows(*rows)
    assert ids == [entry.student for entry in found.new]
    assert len(rows) - len(ids) == len(found.unclear)


def test_a_row_of_two_students_is_not_taken():
    """A number of one and the login of another are reported, and neither student has left."""
    found = enrol_rows({"login": "bo", "lms_user_id": "101", "first_name": "X"})
    assert [("row 2, X", "belongs to ada and bo at once")] == found.unclear
    assert ["kim1", "kim2"] == found.left


def test_two_rows_of_one_student_are_not_taken():
    """Both are reported, and nothing is changed."""
    found = enrol_rows({"login": "bo"}, {"login": "BO"})
    assert ["several rows are about bo"] * 2 == [reason for _, reason in found.unclear]
    assert [] == found.entries


def test_participants_are_kept_by_student():
    """Moodle's numbers are kept by the students' ids, also those of new ones."""
    found = enrol_rows({"email": "ada@uni.example", "participant": Participant("7001")},
                       {"email": "new@uni.example", "participant": Participant("7002"), "unread_time": "?"})
    assert {"ada": Participant("7001"), "new": Participant("7002")} == found.participants
    assert ["new"] == found.unread_times


def test_ids_of_a_list_are_taken_as_they_are():
    """In nbgrader's form, an id is the student's, whatever the name; one that cannot name a folder is not taken."""
    rows = ({"login": "ek77", "first_name": "Bo", "last_name": "Ek"}, {"login": "ada", "email": "a@b.example"},
            {"login": "x/y"}, {"login": "Ada"})
    found = enrol_rows(*rows, platform="nbgrader")
    assert ["ek77", "Ada"] == [entry.student for entry in found.new]
    assert [RosterEntry("ada", "Ada", "Lovelace", "a@b.example", "101")] == found.changed
    assert [("row 4, x/y", "'x/y' cannot name a folder")] == found.unclear and ["bo", "kim1", "kim2"] == found.left
