"""A whole round on a JupyterHub, as in docs/jupyterhub.md: two users, two attempts each, every page fetched."""

import csv
import re
import shlex

import pytest
from nbformat import from_dict

from autograder.course.course import Course
from tests.helpers import pupils
from tests.helpers.courses import NAME, ROOT
from tests.helpers.docs import commands_of
from tests.hub.hub import TOOLS

pytestmark = [pytest.mark.hub, pytest.mark.timeout(900)]

#: Pupils of the tests whose work the students hand in: first with a mistake and untouched, then all right.
ATTEMPTS = [("dora", "leo"), ("ada", "bea")]


@pytest.fixture(scope="module")
def teacher(hub):
    """The instructor, whose assignment is released."""
    run(hub, commands_of("jupyterhub.md", "One round")[0])
    return hub.users[0]


def run(hub, commands):
    """Run commands of the document in the instructor's terminal, with this hub's exchange."""
    for line in commands.replace("/srv/nbgrader/exchange", str(hub.exchange)).splitlines():
        hub.run(hub.users[0], *shlex.split(line))


@pytest.fixture(scope="module")
def students(hub, teacher):
    """The two students, who have fetched the assignment."""
    for name in hub.users[1:]:
        hub.do(name, "fetch", assignment_id=NAME)
    return hub.users[1:]


def hand_in(hub, student, pupil):
    """Fill in the fetched notebook as a pupil of the tests does, save it and submit it."""
    path = f"{NAME}/{NAME}.ipynb"
    nb = from_dict(hub.read(student, path)["content"])
    assignment = Course(ROOT).assignment(NAME)
    pupils.PUPILS[pupil](nb, dict(assignment.reference.sources), assignment)
    hub.save(student, path, nb)
    hub.do(student, "submit", assignment_id=NAME)


def fetch_pages(hub, student):
    """Fetch a student's feedback by the button; return the pages in the order of the submissions."""
    listed = hub.do(student, "fetch_feedback", assignment_id=NAME)["value"]
    submissions = next(one for one in listed if one["status"] == "submitted")["submissions"]
    folders = [one["local_feedback_path"] for one in sorted(submissions, key=lambda one: one["timestamp"])]
    return [hub.read(student, f"{folder}/{NAME}.html")["content"] for folder in folders]


def score_of(page):
    """Return the score on a feedback page."""
    return float(re.search(r'class="total"><strong>([\d.]+)</strong>', page)[1])


def test_a_round_with_two_attempts(hub, students):
    """Each student gets a page of their own for each attempt; the last has the points that the gradebook has."""
    for number, attempt in enumerate(ATTEMPTS, start=1):
        for student, pupil in zip(students, attempt, strict=True):
            hand_in(hub, student, pupil)
        for commands in commands_of("jupyterhub.md", "One round")[1:]:
            run(hub, commands)
        with (hub.course / f"exports/{NAME}/grades.csv").open(encoding="utf-8") as file:
            grades = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
        pages = {student: fetch_pages(hub, student) for student in students}
        assert [number, number] == [len(own) for own in pages.values()]
        assert grades == {student: score_of(own[-1]) for student, own in pages.items()}
    first, last = ([score_of(own[place]) for own in pages.values()] for place in (0, 1))
    assert 0 == first[1] < first[0] < 100 == last[0] == last[1]


def test_a_student_cannot_look_at_another(hub, students):
    """Neither submissions nor pages of the exchange can be listed by a student."""
    for folder in ("inbound", "feedback"):
        assert "Permission denied" in hub.run(students[0], "ls", f"{hub.exchange}/rnn/{folder}", code=2)


def test_formgrader_has_a_page_of_its_own(hub, teacher):
    """Formgrader shows the instructor's course under its own address."""
    assert "formgrader" in hub.call("GET", f"/user/{teacher}/formgrader").text
    listed = hub.call("GET", f"/user/{teacher}/formgrader/api/assignments").json()
    assert NAME in [one["name"] for one in listed]


def test_students_do_not_see_the_instructors_tools(hub, teacher, students):
    """JupyterLab hides Formgrader and Create Assignment from students."""
    for user, hidden in ((teacher, False), (students[0], True)):
        shown = hub.call("GET", f"/user/{user}/lab").text
        disabled = re.search(r'"disabledExtensions": *(\[[^\]]*\]|\{[^}]*\})', shown)[1]
        assert [hidden] * len(TOOLS) == [tool in disabled for tool in TOOLS]
