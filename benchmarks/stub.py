"""Grade a class with a stub for the workers; everything else is the real program.

The memory of the grading process does not depend on who grades, and to grade ten thousand submissions takes ten
minutes. So a real worker grades one submission, and every other one gets a copy of its result.
"""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from autograder.batch.grader import GradedSubmission, Submission
from autograder.batch.job import Job
from autograder.batch.run import grade_class
from autograder.batch.workers import LocalWorkers
from autograder.course.course import Course


class StubWorkers:
    """Answers with a copy of one result, through the same pickles as a worker's."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._graded: bytes | None = None

    def grade(self, submissions: Iterable[Submission]) -> Iterator[GradedSubmission]:
        """Yield a result for each submission."""
        return map(self._copy, submissions)

    def _copy(self, submission: Submission) -> GradedSubmission:
        if self._graded is None:
            with LocalWorkers(self._job, 1) as pool:
                self._graded = pickle.dumps(next(filter(None, pool.grade([submission]))))
        submission = pickle.loads(pickle.dumps(submission))
        graded: GradedSubmission = pickle.loads(self._graded)
        report = replace(graded.report, student=submission.student)
        return replace(graded, student=submission.student, key=submission.key, report=report)

    def __enter__(self) -> StubWorkers:
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass


def main(root: Path, name: str) -> None:
    """Grade a class with the stub and print the counts."""
    students = sorted(path.parents[1].name for path in (root / "submitted").glob(f"*/{name}/{name}.ipynb"))
    summary = grade_class(Course(root), name, students, StubWorkers)
    print(json.dumps({"graded": summary.graded, "not_graded": summary.not_graded,
                      "isolation": sorted(summary.isolation)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
