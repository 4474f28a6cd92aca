"""Settings for nbgrader and for the autograder, each with its reason. This file has no logic."""

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

# Release: nbgrader needs the whole list. Two entries are ours. Scaffold replaces ClearSolutions, and keeps comments and
# targets between the START and END markers. Support writes public_tests.py and
# public_cases.json beside the notebook.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "autograder.nbgrader_bridge.hooks.Scaffold",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.nbgrader_bridge.hooks.Support",
]

# Autograde, first pass: Restore replaces DeduplicateIds, which aborted the whole class for a copied cell or a changed
# schema version. Restore rebuilds everything that a student may not change from the source notebook.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "autograder.nbgrader_bridge.hooks.Restore",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Autograde, second pass: Judge replaces Execute. The student's cells run in the sandbox, and the judge outside it gives
# the points, so student code cannot change them.
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_bridge.hooks.Judge",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Feedback: nbgrader's generate_feedback and Formgrader's button write the page of `autograder feedback`. The steps
# below are for notebooks that are no assignment of this course; HideTests removes the hidden part of test cells.
c.GenerateFeedback.exporter_class = "autograder.nbgrader_bridge.feedback.FeedbackPage"
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    "autograder.nbgrader_bridge.hooks.HideTests",
]
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
