"""Settings for nbgrader and for the autograder, each with its reason. This file has no logic."""

from autograder.nbgrader_bridge.steps import steps_with_ours

c = get_config()  # noqa: F821  (nbgrader and Jupyter put it here)

c.CourseDirectory.course_id = "rnn"
# Files that never reach students: the tasks with their hidden cases, and everything that quotes the solution. The
# first four are nbgrader's own.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "tasks.py", "mistakes", "variants",
]

# `autograder grade` waits for up to a minute while another process writes the database. To make nbgrader's own commands
# wait as well, set CourseDirectory.db_url to "sqlite:////absolute/path/gradebook.db?timeout=60". For PostgreSQL
# (pip install -e '.[postgresql]') it is "postgresql+psycopg://user@host/database", with a database for each course.

# The isolation of student code. "best" is the strongest level that this machine supports; reports name it. "strict"
# refuses to grade at a weaker level.
c.Judge.isolation = "best"

# The lists of steps are nbgrader's own, with ours put in. To add one, write for example
# c.Autograde.autograde_preprocessors.insert(1, "my_module.MyStep").
#
# Release: Scaffold replaces ClearSolutions, and keeps comments and targets between the START and END markers. Support
# writes the files of the checks, public_*, beside the notebook.
c.GenerateAssignment.preprocessors = steps_with_ours(
    "GenerateAssignment.preprocessors",
    replace={"ClearSolutions": "autograder.nbgrader_bridge.hooks.Scaffold"},
    append=["autograder.nbgrader_bridge.hooks.Support"],
)

# Autograde, first pass: Restore replaces DeduplicateIds, which aborted the whole class for a copied cell or a changed
# schema version. Restore rebuilds everything that a student may not change from the source notebook.
c.Autograde.sanitize_preprocessors = steps_with_ours(
    "Autograde.sanitize_preprocessors", replace={"DeduplicateIds": "autograder.nbgrader_bridge.hooks.Restore"})

# Autograde, second pass: Judge replaces Execute. The student's cells run in the sandbox, and the judge outside it gives
# the points, so student code cannot change them. SaveGrades replaces SaveAutoGrades: a manual score is to be looked at
# again only if the automatic one has changed.
c.Autograde.autograde_preprocessors = steps_with_ours(
    "Autograde.autograde_preprocessors", replace={"Execute": "autograder.nbgrader_bridge.hooks.Judge",
                                                  "SaveAutoGrades": "autograder.nbgrader_bridge.hooks.SaveGrades"})

# Feedback: nbgrader's generate_feedback and Formgrader's button write the page of `autograder feedback`. The steps
# below are for notebooks that are no assignment of this course; HideTests removes the hidden part of test cells.
c.GenerateFeedback.exporter_class = "autograder.nbgrader_bridge.feedback.FeedbackPage"
c.GenerateFeedback.preprocessors = steps_with_ours(
    "GenerateFeedback.preprocessors", append=["autograder.nbgrader_bridge.hooks.HideTests"])
# A student's script runs neither on the feedback page nor in Formgrader, where it would have the instructor's login.
# nbgrader itself does not sanitise Markdown cells.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {
    "clean_html": "autograder.pages.sanitizer.clean_html",
    "markdown2html": "autograder.pages.sanitizer.markdown2html",
}

# For notebooks that nbgrader executes itself: a tag cannot take a test cell out of the run.
c.Execute.skip_cells_with_tag = "no-such-tag"
c.Execute.timeout = 30
