"""Class lists: the students of a course in a file of Canvas, Moodle, Gradescope or nbgrader.

`read_class_list` reads the file, and `enrol` finds its students among those that the gradebook knows.
"""

from .enrolment import Enrolment, enrol
from .formats import ClassList, ListedStudent, read_class_list

__all__ = ["ClassList", "Enrolment", "ListedStudent", "enrol", "read_class_list"]
