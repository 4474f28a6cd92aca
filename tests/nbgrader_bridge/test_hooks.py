"""nbgrader's own commands grade with our steps in their lists."""

import copy
import os
from pathlib import Path

import pytest
from traitlets.utils.importstring import import_item

from autograder.notebooks import finding, reading
from autograder.notebooks.matching import Template
from tests.helpers.mangled import DEEDS
from tests.helpers.notebooks import (
    assert_fit,
    repaired,
    trusted,
)


@pytest.mark.filterwarnings("ignore")  # of nbgrader and what it stands on
def test_nbgrader_grades_every_mangled_notebook(tmp_path, monkeypatch, caplog):
    """With restore in place of DeduplicateIds nbgrader takes all of them, in one batch, at the true points."""
    import logging
    import sys

    from nbgrader.api import Gradebook
    from nbgrader.converters import Autograde, GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import (
        CheckCellMetadata,
        ClearOutput,
        NbGraderPreprocessor,
        OverwriteCells,
        OverwriteKernelspec,
        SaveAutoGrades,
    )
    from traitlets.config import Config

    class Restore(NbGraderPreprocessor):
        def preprocess(self, nb, resources):
            return repaired(nb, source)[0], resources

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # it starts alembic by name
    caplog.set_level(logging.CRITICAL, "traitlets")
    config, source = Config(), trusted()
    config.CourseDirectory.update(root=str(tmp_path), assignment_id="ps1", course_id="c")
    config.Autograde.sanitize_preprocessors = [ClearOutput, Restore, OverwriteKernelspec, OverwriteCells,
                                               CheckCellMetadata]
    config.Autograde.autograde_preprocessors = [SaveAutoGrades, CheckCellMetadata]
    (tmp_path / "source" / "ps1").mkdir(parents=True)
    reading.write_notebook(source, tmp_path / "source" / "ps1" / "p.ipynb")
    GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
    release = reading.read_notebook(tmp_path / "release" / "ps1" / "p.ipynb")
    assert [] == repaired(release, source)[1]
    double = release.cells[4]
    assert double.metadata.nbgrader.checksum == Template.from_notebook(source).roles["double"].checksum(double.source)
    students = [deed.__name__ for deed in DEEDS]
    for deed in DEEDS:
        nb = copy.deepcopy(release)
        for name in ("double", "triple"):
            finding.find_cell(nb, name).source = finding.find_cell(source, name).source
        deed(nb)
        folder = tmp_path / "submitted" / deed.__name__ / "ps1"
        folder.mkdir(parents=True)
        reading.write_notebook(reading.normalise_notebook(nb), folder / "p.ipynb")
    Autograde(coursedir=CourseDirectory(config=config), config=config).start()
    with Gradebook("sqlite:///gradebook.db") as gradebook:
        submissions = gradebook.assignment_submissions("ps1")
        assert sorted(students) == sorted(submission.student_id for submission in submissions)
        for submission in submissions:
            grades = {grade.name: (grade.auto_score, grade.max_score) for grade in submission.notebooks[0].grades}
            assert grades == {"double_tests": (15, 15), "triple_tests": (10, 10), "essay": (grades["essay"][0], 5)}
    for student in students:
        assert_fit_after(reading.read_notebook(tmp_path / "autograded" / student / "ps1" / "p.ipynb"), source)


def assert_fit_after(nb, source):
    """OverwriteCells has only added checksums."""
    for cell in nb.cells:
        cell.metadata.get("nbgrader", {}).pop("checksum", None)
    assert_fit(nb, source)


@pytest.mark.parametrize(("former", "now"), [
    *((f"autograder.hooks.{name}", f"autograder.nbgrader_bridge.hooks.{name}")
      for name in ("Scaffold", "Support", "HideTests", "Restore", "Judge")),
    ("autograder.feedback.exporter.FeedbackPage", "autograder.nbgrader_bridge.feedback.FeedbackPage"),
    ("autograder.sanitize.clean_html", "autograder.pages.sanitizer.clean_html"),
    ("autograder.sanitize.markdown2html", "autograder.pages.sanitizer.markdown2html"),
])  # fmt: skip
def test_the_names_of_older_configurations_stay(former, now):
    """A course configured for version 0.1 names the same objects."""
    assert import_item(now) is import_item(former)
