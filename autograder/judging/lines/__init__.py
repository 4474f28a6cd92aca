"""The wrong lines of a student's function: words only, never points.

The reference solution's statements are asked on what the student's own names held, line by line. That is untrusted: it
is bounded before anything is computed with it, and the student's source is parsed, never run.
"""

from .adding import Solution, add_lines, add_lines_if_possible

__all__ = ["Solution", "add_lines", "add_lines_if_possible"]
