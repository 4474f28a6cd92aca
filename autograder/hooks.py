"""The former place of `nbgrader_bridge.hooks`, for course configurations written before version 0.2."""

from .nbgrader_bridge.hooks import HideTests, Judge, Restore, Scaffold, Support

__all__ = ["HideTests", "Judge", "Restore", "Scaffold", "Support"]
