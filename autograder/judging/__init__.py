"""Judging: what a student's functions return is compared with the reference, and mistakes are named."""

from .verdicts import callees_first, judge, judge_task

__all__ = ["callees_first", "judge", "judge_task"]
