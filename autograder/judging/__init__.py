"""Judging: what a student's functions return is compared with the reference, and mistakes are named."""

from .lines import Solution, add_lines_if_possible
from .verdicts import Checks, callees_first, judge, judge_at_checks, judge_task

__all__ = ["Checks", "Solution", "add_lines_if_possible", "callees_first", "judge", "judge_at_checks", "judge_task"]
