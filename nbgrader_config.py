"""Settings for nbgrader and for the autograder; each with its reason. No logic lives here."""

c = get_config()  # noqa: F821  (nbgrader and Jupyter put it here)

c.CourseDirectory.course_id = "rnn"
# What never reaches students: the tasks with their hidden cases, and everything that quotes the solution. The first
# four are nbgrader's own.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "tasks.py", "mistakes", "variants",
]

# `autograder grade` waits a minute for a database that someone else is writing. For nbgrader's own commands to do so as
# well, set CourseDirectory.db_url to "sqlite:////absolute/path/gradebook.db?timeout=60". For PostgreSQL
# (pip install -e '.[postgresql]') it is "postgresql+psycopg://user@host/database": one database a course.

# How student code is kept apart: "best" takes the strongest walls that the machine gives and says which; "strict"
# refuses to grade without all of them.
c.Judge.isolation = "best"

# Release: the whole list must be given. Two entries are ours: Scaffold stands where ClearSolutions stood, and keeps
# comments and targets between the START and END markers; Support writes public_tests.py and
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

# Autograde, first pass: Restore stands where DeduplicateIds stood. A copied cell or a changed schema version made
# that one abort the whole class; Restore rebuilds from the source notebook all that a student may not change.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "autograder.nbgrader_bridge.hooks.Restore",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Autograde, second pass: Judge stands where Execute stood. The student's cells run in the sandbox, the judge outside it
# gives the points; nothing a student's code does to its own process changes them.
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_bridge.hooks.Judge",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Feedback: nbgrader's generate_feedback, and Formgrader's button for it, write the page of `autograder feedback`. The
# steps below are for notebooks without tasks of ours; HideTests takes the hidden part out of test cells.
c.GenerateFeedback.exporter_class = "autograder.nbgrader_bridge.feedback.FeedbackPage"
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    "autograder.nbgrader_bridge.hooks.HideTests",
]
# Script in a student's cells and outputs runs neither on the feedback page nor in Formgrader, where it would have the
# instructor's login: nbgrader itself prints Markdown cells as they come.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {
    "clean_html": "autograder.pages.sanitizer.clean_html",
    "markdown2html": "autograder.pages.sanitizer.markdown2html",
}

# For notebooks without tasks of ours, which nbgrader executes itself: a tag cannot take a test cell out of the run.
c.Execute.skip_cells_with_tag = "no-such-tag"
c.Execute.timeout = 30
