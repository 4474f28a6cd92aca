"""The commands: the only package that prints or exits.

Each command imports its modules when it runs, since nbgrader takes seconds.
"""

from __future__ import annotations

import click

from .. import __version__
from . import collecting, common, course, exporting, grading, reporting, students


@click.group(cls=common.OrderedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Release and grade the notebooks of a course that grades itself.

    Run it from the course's root (the folder with nbgrader_config.py), in the activated environment. ASSIGNMENT is the
    name of a folder in source/. A class goes through these steps:

    \b
      autograder release ASSIGNMENT        make release/ from source/
      autograder roster FILE               write the class into the gradebook
      autograder collect ASSIGNMENT PATH   put submissions into submitted/
      autograder grade ASSIGNMENT          write points into the gradebook
      autograder feedback ASSIGNMENT       make a page for each student
      autograder report ASSIGNMENT         show what to teach next
      autograder export csv ASSIGNMENT     write the grades, also for Canvas etc.

    nbgrader's own commands and Formgrader work on the same folders and give the same points.
    To see all of it on a class of twelve, run `make demo`.
    """


for command in (
    course.new_command, course.audit_command, course.release_command, students.roster_command,
    collecting.collect_command, grading.grade, reporting.feedback_command, reporting.report_command,
    exporting.export_group, students.drop_command, students.archive_command, course.doctor_command,
    course.demo_command,
):
    main.add_command(command)
