"""Our page behind nbgrader's generate_feedback and Formgrader's button for it, as nbgrader_config.py names it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from nbconvert.exporters import HTMLExporter

from .. import gradebook, hooks, records
from . import course_picture, files_of


class FeedbackPage(HTMLExporter):
    """Stands for HTMLExporter in generate_feedback: the page of `autograder feedback`, with what is released beside it.

    A notebook without tasks of ours becomes nbgrader's page as ever.
    """

    def __init__(self, **more):
        super().__init__(**more)
        self._standings = cache(gradebook.read_grades)  # nbgrader makes one exporter for all pages of a run
        course_picture.cache_clear()  # Formgrader's server may have been up since before a figure was changed

    def from_filename(self, filename: str, resources=None, **more):
        if hooks.ours(resources) is None:
            return super().from_filename(filename, resources, **more)
        root, name, student = Path.cwd(), resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        kept, standing = records.kept_of(root, name, student), self._standings(root, name).get(student)
        files = files_of(root, name, student, kept, standing)
        page = files.pop(f"{name}.html")
        return page, {**resources, "output_extension": self.file_extension, "outputs": files}
