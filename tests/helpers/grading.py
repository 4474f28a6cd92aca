"""Grade a class in a test's own process, with real workers or with lenient ones."""

import os
from functools import partial

from sqlalchemy import create_engine

from autograder.batch import grader
from autograder.batch.run import grade_class
from autograder.batch.workers import LocalWorkers
from autograder.course.course import Course
from autograder.course.students import students_of
from autograder.model import Report
from autograder.nbgrader_bridge import gradebook
from tests.helpers.courses import NAME, rows


def grade(course, students=None, pool=LocalWorkers, **options):
    students = students or students_of(Course(course), NAME)
    return grade_class(Course(course), NAME, students, partial(pool, jobs=2), **options)


class Lenient:
    """Workers that give full marks without grading, for tests of the writing."""

    def __init__(self, job, jobs):
        self._job = job

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        pass

    def grade(self, submissions):
        return map(self.full_marks, submissions)

    def full_marks(self, submission):
        student, key, known = submission.student, submission.key, self._job.structure
        report = Report(NAME, student, "graded", repairs=submission.repairs)
        return grader.GradedSubmission(student, key, submission.timestamp, report, b"{}", dict(known.points),
                                       dict.fromkeys(known.commented))


def settings(course):
    """Return a course's assignment, its structure in the gradebook, and the configuration."""
    engine = create_engine(f"sqlite:///{course / 'gradebook.db'}")
    known = gradebook.read_structure(engine, NAME)
    engine.dispose()
    return Course(course).assignment(NAME), known, Course(course).config


def penalty(course, student):
    return {row[0]: row[3] for row in rows(course)["submissions"]}[student]


ODD_NAMES = [os.fsdecode(b"caf\xe9"), "new\nline", "x" * 252]  # of a zip that Windows made, of a slip, of a joke
