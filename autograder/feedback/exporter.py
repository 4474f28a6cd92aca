"""The former place of `nbgrader_bridge.feedback`, for course configurations written before version 0.2."""

from ..nbgrader_bridge.feedback import FeedbackPage

__all__ = ["FeedbackPage"]
