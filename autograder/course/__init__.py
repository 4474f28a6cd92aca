"""What is taught: one `Task` for each function that a student writes. Knows no process and no nbgrader.

To add a task: a solution cell ``NAME`` and a test cell ``NAME_tests`` in a source notebook, a `Task` in one of
this package's modules, and, where there are catalogued mistakes, ``mistakes/NAME.toml``.
"""

from . import lstm, rnn

TASKS = {task.name: task for task in (*rnn.TASKS, *lstm.TASKS)}
