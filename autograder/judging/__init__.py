"""Judging: what a student's functions return is compared with the reference, and mistakes are named."""

from .verdicts import Checks, callees_first, judge, judge_at_checks, judge_task

__all__ = ["Checks", "callees_first", "judge", "judge_at_checks", "judge_task"]
