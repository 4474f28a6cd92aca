"""Our page behind nbgrader's generate_feedback and Formgrader's button for it, as nbgrader_config.py names it."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

from nbconvert.exporters import HTMLExporter

from .. import gradebook, hooks
from ..course.course import Course
from . import course_picture, files_of


class FeedbackPage(HTMLExporter):
    """Stands for HTMLExporter in generate_feedback: the page of `autograder feedback`, with what is released beside it.

    A notebook without tasks of ours becomes nbgrader's page as ever.
    """

    def __init__(self, **more):
        super().__init__(**more)
        self._course = Course(Path.cwd())
        # nbgrader makes one exporter for all pages of a run
        self._standings = cache(partial(gradebook.read_grades, self._course))
        course_picture.cache_clear()  # Formgrader's server may have been up since before a figure was changed

    def from_filename(self, filename: str, resources=None, **more):
        if hooks.ours(resources) is None:
            return super().from_filename(filename, resources, **more)
        name, student = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        kept, standing = self._course.reports(name).load(student), self._standings(name).get(student)
        files = files_of(self._course, name, student, kept, standing)
        page = files.pop(f"{name}.html")
        return page, {**resources, "output_extension": self.file_extension, "outputs": files}
