"""The former place of `nbgrader_bridge.feedback`, for course configurations written before version 0.2."""
