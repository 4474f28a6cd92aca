"""The commands. The only package that prints or exits.

Each command imports what it needs when it runs: nbgrader takes seconds.
"""

from __future__ import annotations

import sys

# jsonschema, which reads notebooks for nbformat, looks for this package to check addresses that no notebook has. It
# builds a grammar when it is imported, which takes longer than all else that a command does before its work.
sys.modules.setdefault("rfc3987_syntax", None)

import click  # noqa: E402

from .. import __version__  # noqa: E402
from . import collecting, course, exporting, grading, reporting  # noqa: E402


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main():
    """Release and grade the notebooks of a course that grades itself.

    Run it from the course's root (the folder with nbgrader_config.py), in the activated environment. A class goes
    through these steps:

    \b
      autograder release rnn-step-by-step        source/ becomes release/, for the students
      autograder collect rnn-step-by-step PATH   what they handed in goes to submitted/
      autograder grade rnn-step-by-step          points go to nbgrader's gradebook
      autograder feedback rnn-step-by-step       a page for each student
      autograder report rnn-step-by-step         a page on the class: what to teach next
      autograder export csv rnn-step-by-step     also for Canvas, Moodle, Gradescope, ...

    nbgrader's own commands and Formgrader work on the same folders and give the same points.
    `make demo` shows all of it on a class of twelve.
    """


for command in (
    course.release_command, collecting.collect_command, grading.grade,
    reporting.feedback_command, reporting.report_command,
    exporting.export_group, course.audit_command, course.doctor_command, course.demo_command,
):
    main.add_command(command)
