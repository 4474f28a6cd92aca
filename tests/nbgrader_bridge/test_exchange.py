"""Through nbgrader's exchange with its own commands, from the release to each student's page."""

import re
import shutil

import pytest

from autograder.course.course import Course
from autograder.notebooks import finding, reading
from tests.helpers.courses import ROOT, call, run
from tests.helpers.k_means import K_MEANS, NAME, NEAREST, write_assignment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # twenty commands of nbgrader's; the machine may be busy

FARTHEST = NEAREST.replace("argmin", "argmax")
COLLECT = {"autograder": ("autograder", "collect", NAME, "exchange/rnn", "--replace"),
           "nbgrader": ("nbgrader", "collect", NAME, "--update", "--Exchange.root=exchange")}  # fmt: skip


class Exchange:
    """A course and its exchange, in which students fetch and submit from homes of their own."""

    def __init__(self, root):
        self.course = root / "course"
        self._homes = root / "homes"
        self.course.mkdir(parents=True)
        shutil.copyfile(ROOT / "nbgrader_config.py", self.course / "nbgrader_config.py")
        write_assignment(self.course)
        call(self.course, "release", NAME)
        self.teach("nbgrader", "release_assignment", NAME, "--Exchange.root=exchange")

    def teach(self, *command, code=0):
        """Run a command of the instructor's, and return its output."""
        (self.course / "exchange").mkdir(exist_ok=True)
        return run(self.course, *command, code=code)

    def act(self, student, command):
        """Run a command of nbgrader's as a student."""
        home = self._homes / student
        home.mkdir(parents=True, exist_ok=True)
        run(home, "nbgrader", command, NAME, "--course", "rnn", f"--student={student}",
            f"--Exchange.root={self.course / 'exchange'}", f"--Exchange.cache={home / 'cache'}",
            f"--Exchange.assignment_dir={home}")

    def submit(self, student, **sources):
        """Hand in a notebook with these solutions."""
        path = self._homes / student / NAME / f"{NAME}.ipynb"
        if not path.exists():
            self.act(student, "fetch_assignment")
        nb = reading.read_notebook(path)
        for name, source in sources.items():
            finding.find_cell(nb, name).source = source
        reading.write_notebook(nb, path)
        self.act(student, "submit")

    def hand_back(self, code=0):
        """Grade, and hand the pages out. Return what `autograder feedback` says."""
        call(self.course, "grade", NAME)
        said = call(self.course, "feedback", NAME, code=code)
        self.teach("nbgrader", "release_feedback", NAME, "--Exchange.root=exchange")
        return said

    def scores(self, student):
        """Return the score on each page that a student fetches, in the order in which they handed in."""
        self.act(student, "fetch_feedback")
        pages = sorted((self._homes / student / NAME / "feedback").glob(f"*/{NAME}.html"))
        texts = [re.sub(r"<[^>]*>", "", page.read_text(encoding="utf-8")) for page in pages]
        return [float(re.search(r"([\d.]+) of 20 points", text)[1]) for text in texts]


@pytest.mark.parametrize("collect", COLLECT)
def test_each_attempt_gets_its_own_page(tmp_path, collect):
    """Two students hand in twice, are collected by either command, and fetch a page for each graded attempt."""
    exchange = Exchange(tmp_path)
    exchange.submit("ada")
    exchange.submit("bob", nearest=NEAREST)
    exchange.teach(*COLLECT[collect])
    assert "exchange" not in exchange.hand_back()
    assert [0] == exchange.scores("ada")
    assert [10] == exchange.scores("bob")
    exchange.submit("ada", nearest=NEAREST, k_means=K_MEANS)
    exchange.submit("bob", nearest=FARTHEST)  # is replaced before it is collected
    exchange.submit("bob", k_means=K_MEANS)
    exchange.teach(*COLLECT[collect])
    exchange.hand_back()
    assert [0, 20] == exchange.scores("ada")
    assert [10, 10] == exchange.scores("bob")
    submitted = Course(exchange.course).submitted("bob", NAME)
    sent = sorted((exchange.course / "exchange" / "rnn" / "inbound").glob("bob+*"))
    for record in ("timestamp.txt", "submission_secret.txt"):
        assert (sent[-1] / record).read_bytes() == (submitted / record).read_bytes()


def test_a_student_outside_the_exchange_keeps_nobody_from_a_page(tmp_path):
    """Without a secret, or with an odd one, release_feedback stops for all: such a page gets a secret of nobody's."""
    exchange = Exchange(tmp_path)
    for student in ("ada", "bob"):
        exchange.submit(student, nearest=NEAREST)
    exchange.teach(*COLLECT["nbgrader"])
    submitted = Course(exchange.course).submitted("ada", NAME)
    shutil.copytree(submitted, Course(exchange.course).submitted("aaron", NAME))
    (Course(exchange.course).submitted("aaron", NAME) / "submission_secret.txt").unlink()
    (Course(exchange.course).submitted("aaron", NAME) / "timestamp.txt").unlink()
    odd = Course(exchange.course).submitted("bob", NAME)
    (odd / "submission_secret.txt").chmod(0o644)
    (odd / "submission_secret.txt").write_bytes(b"\xff\xfe")
    (odd / "timestamp.txt").chmod(0o644)
    (odd / "timestamp.txt").write_bytes("2026-11-20 12:00:00 UTC".encode("utf-16"))
    said = exchange.hand_back()
    assert "give it to them yourself (2): aaron, bob" in said
    assert [10] == exchange.scores("ada")
    exchange.teach("nbgrader", "generate_feedback", NAME, "--force")
    exchange.teach("nbgrader", "release_feedback", NAME, "--Exchange.root=exchange")
